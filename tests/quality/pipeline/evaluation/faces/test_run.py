"""An evaluation with the real networks, over two people whose heads are turned by the mesh warp; and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.landmarks.head_pose import angles, procrustes
from pipeline.evaluation.faces.baselines import BASELINES, Method, warped_across, warped_to_driver
from pipeline.evaluation.faces.mesh_warp import MeshWarp
from pipeline.evaluation.faces.run import MODEL, Evaluation, Telling, evaluate, write_evaluation
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import moving, turned
from tests.made.memory_frames import Held, MemoryFrames

TURNS = np.array([[0.0, 0, 0], [3, -8, 2], [-3, 8, -6]])


def posed(source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
    """By the mesh warp."""
    own = angles(procrustes(source.landmarks[None].astype(np.float64))[0])
    warp = MeshWarp(source)
    return [warp(points) for points in turned(source, degrees - own)]


def store(man: FaceCrop, woman: FaceCrop) -> MemoryFrames:
    held = {}
    for name, face in {"man": man, "woman": woman}.items():
        views = moving(face, TURNS)
        crops, landmarks = np.stack([view.picture for view in views]), np.stack([view.landmarks for view in views])
        held[name] = Held(crops, landmarks, np.ones(len(views), bool))
    return MemoryFrames(held, {"man": "Ann", "woman": None})


@pytest.fixture
def found(man: FaceCrop, woman: FaceCrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    monkeypatch.setenv("VASARI_WEIGHTS", str(tmp_path / "weights"))
    methods = [Method(MODEL, warped_to_driver, warped_across, posed), BASELINES[0], BASELINES[-1]]
    return evaluate(store(man, woman), [0, 1], 64, methods, lambda text: None)


def test_everything_is_scored_written_and_said(found: Evaluation, tmp_path: Path) -> None:
    model, copy, truth = found.scores.values()
    assert (found.subjects, found.frames, found.size) == (2, 4, 64)
    assert model.found == truth.found == model.across_found == 100
    assert model.yaw is not None
    assert model.yaw > 0.9
    assert model.sweep_yaw is not None
    assert 0.3 < model.sweep_yaw < 1.3
    assert model.face_psnr_gain is not None
    assert model.face_psnr_gain > 3
    assert (copy.sweep_yaw, copy.yaw) == (None, 0)
    assert truth.landmarks is not None
    assert model.source_distance is not None
    assert model.source_distance < 0.5
    assert model.nearer_source == 100

    text, data, picture = write_evaluation(found, tmp_path / "new" / "folder")
    assert text.read_text().strip() == found.text()
    assert "mouth, blink and smile from the mesh; + reached, - missed" in found.text()
    assert "2 clips of 2 people, 4 driven frames, 64 pixels" in found.text()
    assert json.loads(data.read_text()) == json.loads(json.dumps(found.json()))
    assert found.json()["clips"] == ("/films/man.mp4", "/films/woman.mp4")
    assert picture.stat().st_size > 10_000
    assert {path.name for path in picture.parent.iterdir()} == {"scores.txt", "scores.json", "faces.png"}


def test_progress_is_said_at_once_and_then_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    say = Telling(every=60.0)
    for text in ("one", "two", "three"):
        say(text)
    assert capsys.readouterr().err == "one\n"
