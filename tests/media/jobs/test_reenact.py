"""jobs/reenact.py: its options, a run, and what it says of wrong arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch

from models.face.checkpoint import save_model
from models.face.model import FaceModel
from models.face.presets import TINY
from tests.made.sample_faces import frames_of

Job = Callable[..., Any]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    save_model(FaceModel(TINY), {"steps": 0}, path)
    return path


@pytest.mark.slow
def test_a_run(job: Job, samples: Path, checkpoint: Path, tmp_path: Path) -> None:
    portrait = tmp_path / "woman.jpg"
    cv2.imwrite(str(portrait), cv2.cvtColor(frames_of(samples / "talking_woman.mp4", 10)[0], cv2.COLOR_RGB2BGR))
    out = tmp_path / "new" / "out.mp4"
    given = ("--source", portrait, "--driver", samples / "scene_change.mp4", "--checkpoint", checkpoint, "--out", out)
    done = job("reenact", *given, "--side-by-side")
    assert done.code == 0
    assert done.out == f"90 frames, 3.60 s, 3.60 s after a scene change left out\nlook at: {out}\n"
    assert done.err.startswith("driver: frame 1 of 180\n")
    done = job("reenact", *given, "--pose-only", "--json", "--absolute", "--size", "96", "--crop")
    found = json.loads(done.out)
    assert (found["files"], found["frames"], found["note"]["moved"]) == ([str(out)], 90, "pose")
    assert found["note"]["relative"] is False
    assert cv2.VideoCapture(str(out)).read()[1].shape == (96, 96, 3)
    found = json.loads(job("reenact", *given, "--pose-only", "--json", "--relative").out)
    assert found["note"]["relative"] is True
    assert cv2.VideoCapture(str(out)).read()[1].shape == (270, 480, 3)  # 384 pixels are driven, of 511


def test_wrong_arguments_end_with_a_message(job: Job, samples: Path, checkpoint: Path, tmp_path: Path) -> None:
    given = ("--source", tmp_path / "none.png", "--driver", samples / "talking_man.mp4", "--out", tmp_path / "o.mp4")
    done = job("reenact", *given)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {tmp_path}/none.png: cannot be read")
    done = job("reenact", *given, "--checkpoint", checkpoint)
    assert done.code == 2
    assert done.err.endswith("none.png: cannot be read (No such file or directory); check the path\n")
    done = job("reenact", *given, "--checkpoint", tmp_path / "none.safetensors")
    assert done.code == 2
    assert "none.safetensors: not a face model" in done.err
    done = job("reenact", *given, "--checkpoint", checkpoint, "--pose-only", "--dynamics-only")
    assert done.code == 2
    assert "--pose-only and --dynamics-only exclude each other" in done.err
    done = job("reenact", *given, "--checkpoint", checkpoint, "--relative", "--absolute")
    assert done.code == 2
    assert "--relative and --absolute exclude each other" in done.err
    done = job("reenact", *given, "--checkpoint", checkpoint, "--size", "100")
    assert done.code == 2
    assert "--size 100: give 96, 256, 384, 512 or source" in done.err
    assert not (tmp_path / "o.mp4").exists()
