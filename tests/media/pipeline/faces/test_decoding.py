"""Clips drawn from stored latents: as they would be drawn directly, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import catalogs
from catalogs.errors import CatalogError, NoFrames
from catalogs.schema import conform
from catalogs.staging import stage_span
from models.face.camera import WHOLE
from models.face.landmarks import pose_and_expression
from models.face.presets import PRESETS
from pipeline.faces.decoding import decoded, preview_view, stored_latents, stored_picture
from pipeline.faces.driving import Drive
from pipeline.faces.face_crop import FaceCrop
from tests.made import random_face
from tests.made.face_views import moving

CLIP, BARE = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def drive() -> Drive:
    return Drive(random_face.random_model())


@pytest.fixture(scope="module")
def views(woman: FaceCrop) -> list[FaceCrop]:
    """Twenty frames; the sixth is the most frontal."""
    return moving(woman, np.array([[n - 5.0, 2 * (n - 5), 3 * n - 20] for n in range(20)]) - turn(woman))


def turn(view: FaceCrop) -> np.ndarray:
    return pose_and_expression(view.landmarks[None])[0][0, :3]


@pytest.fixture(scope="module")
def catalog(drive: Drive, views: list[FaceCrop], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("decoding") / "catalog"
    stage_views(root, drive, views)
    return root


def stage_views(root: Path, drive: Drive, views: list[FaceCrop]) -> None:
    """A catalog of one clip with latents and frames, and one with neither."""
    motion = drive.filmed(views)
    identity = drive.person(views[5])[0].identity.flatten()
    crops = [cv2.imencode(".webp", view.picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 101])[1] for view in views]
    with catalogs.Writer.open(root, {}, "r") as writer:
        for clip in (CLIP, BARE):
            row = {
                "clip_id": clip,
                "source_uri": "/a.mp4",
                "source_key": clip,
                "span_index": 0,
                "span_count": 1,
                "status": "accepted",
                "recipe": "r",
                "run_id": "run",
            }
            latents = {"clip_id": clip, "frames": 20, "pose": np.zeros((20, 6))}
            tables = {"clips": [row], "latents": [latents], "previews": []}
            if clip == CLIP:
                latents |= {"face_pose": motion.pose.numpy(), "dynamics": motion.dynamics.numpy(), "identity": identity}
                tables["frames"] = [
                    {
                        "clip_id": clip,
                        "frames": 20,
                        "size": 96,
                        "crops": [data.tobytes() for data in crops],
                        "landmarks": np.stack([view.landmarks.ravel() for view in views]),
                        "eyes": np.zeros((20, 6)),
                        "seen": np.ones(20, bool),
                        "camera": np.stack([view.camera for view in views]),
                    }
                ]
            stage_span(root, clip, 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()


def test_stored_latents_draw_what_the_direct_ones_do(catalog: Path, drive: Drive, views: list[FaceCrop]) -> None:
    person, _ = drive.person(views[5])
    direct = drive.draw(person, drive.motion(views))
    found = decoded(drive, catalog, CLIP)
    assert found.shape == (20, 96, 96, 3)
    assert np.abs(found.astype(int) - direct).mean() < 1
    assert np.abs(np.diff(direct.astype(int), axis=0)).mean() > 0.3
    part = decoded(drive, catalog, CLIP, frames=slice(3, 5))
    assert np.abs(part.astype(int) - found[3:5]).max() <= 1
    few = decoded(drive, catalog, CLIP, frames=[11, 3])
    assert np.abs(few.astype(int) - found[[11, 3]]).max() <= 1


def test_clips_whose_crops_move_are_drawn_as_their_camera_sees_them(
    drive: Drive, views: list[FaceCrop], tmp_path: Path
) -> None:
    moving = [replace(view, camera=np.float32([0.02 * n - 0.15, 0.1, 1.05])) for n, view in enumerate(views)]
    root = tmp_path / "catalog"
    stage_views(root, drive, moving)
    seen, own = moving[5].seen_from(WHOLE), drive.filmed([moving[5]])
    assert drive.motion([seen]).pose[0, 3:5].numpy() == pytest.approx(own.pose[0, 3:5].numpy(), abs=1e-3)
    person = drive.person_in(seen, own)  # z_dyn, as z_id, is read off the crop
    who = drive.person(moving[5])[0].identity
    direct = drive.draw(replace(person, identity=who), drive.filmed(moving))
    found = decoded(drive, root, CLIP)
    assert np.abs(found.astype(int) - direct).mean() < 1
    followed = drive.draw(drive.person(views[5])[0], drive.motion(views))
    assert np.abs(found.astype(int) - followed).mean() > 3


def test_another_person_is_drawn_in_the_clip_s_motion(
    catalog: Path, drive: Drive, views: list[FaceCrop], man: FaceCrop
) -> None:
    direct = drive.method(man, views)
    assert np.abs(decoded(drive, catalog, CLIP, man).astype(int) - direct).mean() < 1


def test_latents_come_back_as_tensors_in_the_preset_s_shapes(catalog: Path, drive: Drive) -> None:
    found = stored_latents(catalog, CLIP, drive.model)
    assert found.frontal == 5
    assert found.motion.pose.shape == (20, 6)
    assert found.motion.dynamics.shape == (20, PRESETS["tiny"].dynamics)
    assert found.identity.shape == (1, 64, 1, 1)


def test_what_is_not_there_is_named(catalog: Path, drive: Drive, man: FaceCrop) -> None:
    for clip in (BARE, "no ' clip"):
        with pytest.raises(CatalogError, match=f"no latents of clip {clip}: extract it again"):
            decoded(drive, catalog, clip)
    with pytest.raises(CatalogError, match="not those of preset base"):
        stored_latents(catalog, CLIP, random_face.random_model("base"))
    with pytest.raises(NoFrames, match="no picture of 256 pixels of clip"):
        stored_picture(catalog, CLIP, 0, 256)
    with pytest.raises(NoFrames, match=f"no picture of the face of clip {BARE}"):
        preview_view(catalog, BARE, 96)
