"""jobs/evaluate_faces.py: baselines of a catalog, and arguments that are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span
from models.detection.face_finder import FaceFinder
from pipeline.faces.face_crop import FaceCrop
from tests.made.face_views import moving, view_of
from tests.made.sample_faces import frames_of, landmarks_of
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, source_key, span_tables

Job = Callable[..., Any]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("VASARI_WEIGHTS", str(tmp_path / "weights"))


def stage(root: Path, source: int, views: list[FaceCrop]) -> None:
    row = clip_row(source, subject_id=f"person {source}")
    tables = span_tables([row])
    crops = [cv2.imencode(".webp", cv2.cvtColor(view.picture, cv2.COLOR_RGB2BGR))[1].tobytes() for view in views]
    frames = {
        "clip_id": row["clip_id"],
        "frames": len(views),
        "size": 96,
        "crops": crops,
        "landmarks": np.stack([view.landmarks.ravel() for view in views]),
        "eyes": np.zeros((len(views), 6)),
        "seen": np.ones(len(views), bool),
        "camera": np.stack([view.camera for view in views]),
    }
    tables["frames"] = conform("frames", [frames])
    stage_span(root, source_key(source), 0, tables)


@pytest.fixture
def catalog(tmp_path: Path, samples: Path) -> Path:
    """Two people, three frames each."""
    root, finder = tmp_path / "catalog", FaceFinder()
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source, name in enumerate(("talking_man", "talking_woman")):
            image = frames_of(samples / f"{name}.mp4", 10)[0]
            face = view_of(image, landmarks_of(image, finder), 96)
            stage(root, source, moving(face, np.array([[0.0, 0, 0], [3, -8, 2], [-3, 8, -6]])))
        writer.commit()
    return root


def test_baselines_of_a_catalog(job: Job, catalog: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    done = job("evaluate_faces", "--catalog", catalog, "--out", out, "--baselines")
    assert done.code == 0
    assert done.out.split("\n")[0].split() == ["score", "goal", "copy", "similarity", "mesh", "warp", "true", "frame"]
    assert "2 clips of 2 people, 4 driven frames, 96 pixels; mouth, blink and smile from the mesh" in done.out
    assert done.out.endswith(f"look at: {out}/faces.png\n")
    assert done.err.startswith("true frames, clip 1 of 2\n")
    again = job("evaluate_faces", "--catalog", catalog, "--out", out, "--baselines", "--json")
    found = json.loads(again.out)
    assert found["scores"] == json.loads((out / "scores.json").read_text())["scores"]
    assert found["scores"]["mesh warp"]["yaw"] > 0.9
    assert found["files"] == [f"{out}/{name}" for name in ("scores.txt", "scores.json", "faces.png")]


def test_what_is_not_there_ends_with_a_message(job: Job, catalog: Path, tmp_path: Path) -> None:
    done = job("evaluate_faces", "--catalog", tmp_path / "none", "--out", tmp_path / "out")
    assert done.code == 2
    assert done.err.startswith("error: there is no catalog at")
    page = tmp_path / "page.safetensors"
    page.write_text("<html>")
    done = job("evaluate_faces", "--catalog", catalog, "--out", tmp_path / "out", "--baselines", "--checkpoint", page)
    assert (done.code, done.err) == (2, "error: --baselines leaves the model out: give no --checkpoint\n")
    done = job("evaluate_faces", "--catalog", catalog, "--out", tmp_path / "out")
    assert done.code == 2
    assert done.err.startswith("error: no clip of this catalog shows one of the 9 subjects")
    done = job("evaluate_faces", "--catalog", catalog, "--out", tmp_path / "out", "--checkpoint", page)
    assert done.code == 2
    assert "not a face model" in done.err
    assert not (tmp_path / "out").exists()
