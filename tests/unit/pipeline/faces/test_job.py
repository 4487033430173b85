"""What a job is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.face.presets import BASE
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.settings import FaceTraining


@pytest.mark.parametrize(("units", "workers", "accumulate"), [(2, 1, 1), (2, 2, 1), (4, 2, 2), (12, 3, 2)])
def test_units_that_can_be_shared(units: int, workers: int, accumulate: int) -> None:
    FaceJob("catalog", "out", FaceTraining(units=units, accumulate=accumulate), workers=workers)


@pytest.mark.parametrize(("units", "workers", "accumulate"), [(2, 3, 1), (2, 2, 2), (1, 2, 1)])
def test_units_that_cannot(units: int, workers: int, accumulate: int) -> None:
    with pytest.raises(UsageError, match=f"make --units a multiple of {workers * accumulate}"):
        FaceJob("catalog", "out", FaceTraining(units=units, accumulate=accumulate), workers=workers)


def test_where_things_lie() -> None:
    job = FaceJob("catalog", "/out", preset="base")
    assert job.sizes == BASE
    assert (job.state, job.judges, job.warps, job.model, job.log_file) == tuple(
        Path("/out", name) for name in ("state.pt", "judges.pt", "warps.pt", "model.safetensors", "train.log")
    )
