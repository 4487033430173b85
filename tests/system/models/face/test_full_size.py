"""Preset `paper` once at full size."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.root import ROOT


@pytest.mark.slow
def test_paper_at_full_size(capsys: pytest.CaptureFixture[str]) -> None:
    """Forward and backward of one picture, single precision; a minute on one core, 5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, gigabytes = map(float, done.stdout.split())
    with capsys.disabled():
        print(f"\npaper, one picture of 512 pixels, forward and backward: {seconds:.0f} s, {gigabytes:.1f} GB")
    assert gigabytes < 8


_FULL = """
import resource, time
import torch
from models.face.model import FaceModel, Motion
from models.face.presets import PAPER
from models.face.rigid import aligned_faces

began = time.perf_counter()
torch.manual_seed(0)
model = FaceModel(PAPER)
picture = torch.rand(1, 3, 512, 512)
pose = model.pose(picture)
motion = Motion(pose, model.dynamics(aligned_faces(picture, pose, PAPER.face)))
found = model.driven(model.person(picture, motion), motion)
assert found.shape == picture.shape
(found - picture).abs().mean().backward()
lost = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.isfinite().all()]
assert lost == ["lips.map.weight", "lips.map.bias"]  # learned from landmarks alone, not from pictures
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""
