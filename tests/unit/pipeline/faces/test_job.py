"""What a job is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.face.presets import BASE
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.settings import FaceTraining, LossWeights


@pytest.mark.parametrize(("units", "workers", "accumulate"), [(2, 1, 1), (2, 2, 1), (4, 2, 2), (12, 3, 2)])
def test_units_that_can_be_shared(units: int, workers: int, accumulate: int) -> None:
    FaceJob("catalog", "out", FaceTraining(units=units, accumulate=accumulate), workers=workers)


@pytest.mark.parametrize(("units", "workers", "accumulate"), [(2, 3, 1), (2, 2, 2), (1, 2, 1)])
def test_units_that_cannot(units: int, workers: int, accumulate: int) -> None:
    with pytest.raises(UsageError, match=f"make --units a multiple of {workers * accumulate}"):
        FaceJob("catalog", "out", FaceTraining(units=units, accumulate=accumulate), workers=workers)


def test_where_the_drawing_alone_learns_there_is_a_model_whose_it_is() -> None:
    drawing = FaceTraining(learns="drawing")
    assert FaceJob("catalog", "out", drawing, init_from="/a").training is drawing
    with pytest.raises(UsageError, match="--learns drawing leaves .*: name its file with --start"):
        FaceJob("catalog", "out", drawing)


def test_where_things_lie() -> None:
    job = FaceJob("catalog", "/out", preset="base")
    assert job.sizes == BASE
    assert (job.state, job.loss_networks, job.warps, job.model, job.init_recipe) == tuple(
        Path("/out", name)
        for name in ("state.pt", "loss_networks.pt", "warps.pt", "model.safetensors", "init_recipe.json")
    )


def test_a_job_is_the_same_after_its_way_through_json() -> None:
    training = FaceTraining(held_out_subjects=(2, 1), skip=("a*", "b"), weights=LossWeights(pose=3.0))
    job = FaceJob("/catalog", "/out", training, "base", 2, seconds=3.0, init_from="/a", command="python")
    assert FaceJob.of_values(json.loads(json.dumps(job.as_values()))) == job
    assert FaceJob.of_values(job.as_values()) == job
