"""What a job is asked for."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from models.motion.dropout import ConditionDropout
from models.motion.presets import PAPER, TINY
from pipeline.errors import UsageError
from pipeline.motion.job import MotionJob
from pipeline.motion.settings import Dropped, MotionTraining, MotionWeights


def test_windows_that_cannot_be_shared() -> None:
    MotionJob("catalog", "out", training=MotionTraining(batch=12), workers=3)
    with pytest.raises(UsageError, match="16 windows a step cannot be shared by 3 workers: make --batch a multiple"):
        MotionJob("catalog", "out", workers=3)


def test_sizes_and_places() -> None:
    job = MotionJob("catalog", "/out", training=MotionTraining(preset="paper"))
    assert (job.sizes, MotionJob("catalog", "/out").sizes) == (PAPER, TINY)
    assert (job.state, job.model) == (Path("/out/state.pt"), Path("/out/model.safetensors"))


def test_a_job_is_the_same_after_its_way_through_json() -> None:
    training = MotionTraining(
        "paper", skip=("a*",), held_out_subjects=(2, 1), dropped=Dropped(tail=0.5), weights=MotionWeights(velocity=1.0)
    )
    job = MotionJob("/catalog", "/out", "quality > 3", training, 2, seconds=3.0, command="python")
    assert MotionJob.of_values(json.loads(json.dumps(job.as_values()))) == job
    assert MotionJob.of_values(job.as_values()) == job


def test_conditions_are_dropped_as_the_network_s_room_has_it_by_default() -> None:
    assert ConditionDropout(**asdict(Dropped())) == ConditionDropout()
