"""What needs no training draws what it says."""

from __future__ import annotations

import numpy as np
import pytest

from models.face.landmarks import pose_and_expression
from pipeline.evaluation.faces.baselines import (
    BASELINES,
    copied,
    shifted,
    true,
    warped_across,
    warped_and_posed,
    warped_to_driver,
)
from pipeline.evaluation.metrics.pictures import psnr
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import moving

ROLLED = np.array([[0.0, 0, 8], [0, 0, -8]])


def test_names_and_order() -> None:
    assert [each.name for each in BASELINES] == ["copy", "similarity", "mesh warp", "true frame"]
    assert [each.name for each in BASELINES if each.posed is not None] == ["mesh warp"]
    assert BASELINES[-1].across is None


def test_copying_and_the_true_frame(man: FaceCrop, woman: FaceCrop) -> None:
    assert all(picture is man.picture for picture in copied(man, [woman, woman], "both"))
    assert [*true(man, [woman], "both")][0] is woman.picture


def test_a_similarity_follows_a_tilted_head(man: FaceCrop) -> None:
    drivers = moving(man, ROLLED)
    for picture, driver in zip(shifted(man, drivers, "both"), drivers, strict=True):
        middle = np.s_[28:68, 28:68]
        assert psnr(picture[middle], driver.picture[middle]) > psnr(man.picture[middle], driver.picture[middle]) + 4
    assert all(picture is man.picture for picture in shifted(man, drivers, "dynamics"))


def test_the_warp_onto_the_driver_is_the_driver_when_only_the_mesh_moved(man: FaceCrop) -> None:
    drivers = moving(man, np.array([[4.0, 9, 0]]))
    assert np.array_equal(warped_to_driver(man, drivers, "both")[0], drivers[0].picture)


def test_the_warp_into_a_pose_is_that_onto_the_turned_mesh(man: FaceCrop) -> None:
    own = pose_and_expression(man.landmarks[None])[0][0, :3]
    turned, still = warped_and_posed(man, np.stack([own + [0, 20, 0], own]))
    assert psnr(still, man.picture) > 35
    (driver,) = moving(man, np.array([[0.0, 20, 0]]))
    assert psnr(turned, driver.picture) > psnr(man.picture, driver.picture) + 4


@pytest.mark.parametrize("moved", ["both", "pose", "dynamics"])
def test_across_people_the_source_stays_itself(man: FaceCrop, woman: FaceCrop, moved: str) -> None:
    drivers = moving(woman, ROLLED)
    pictures = warped_across(man, drivers, moved)  # type: ignore[arg-type]
    assert len(pictures) == 2
    for picture in pictures:
        assert psnr(picture, man.picture) > psnr(picture, woman.picture) + 3
    if moved == "dynamics":
        assert psnr(pictures[0], man.picture) > 30
