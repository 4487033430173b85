"""Doubtful detections count only when the mesh confirms them; the detector is exchanged by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import models.detection.face_finder as module
from models.detection.face_finder import FaceFinder, finder_weights


def test_a_real_face_that_is_doubtful_is_confirmed(man: np.ndarray, finder: FaceFinder) -> None:
    score = finder.detector(man).scores[0]
    assert len(finder(man, sure=0.75, doubtful=0.5)) == 1
    confirmed = finder(man, sure=1.01, doubtful=0.5)
    assert confirmed.scores.tolist() == [score]


def test_what_the_mesh_does_not_confirm_is_no_face(clouds: np.ndarray, finder: FaceFinder) -> None:
    doubtful = finder.detector(clouds, 0.01)
    assert len(doubtful) > 0
    assert len(finder(clouds, sure=0.75, doubtful=0.01)) == 0


def test_a_sure_detection_needs_no_confirmation(
    clouds: np.ndarray, finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unasked(*_: object) -> None:
        raise AssertionError("the mesh was asked")

    monkeypatch.setattr(finder, "mesh", unasked)
    lowest = float(finder.detector(clouds, 0.01).scores.min())
    assert len(finder(clouds, sure=lowest, doubtful=0.9)) == len(finder.detector(clouds, 0.01))


def test_the_detector_is_exchanged_by_name(shared: Path, man: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared / "weights/scrfd_2.5g_kps.onnx"
    if not path.is_file():
        pytest.skip(f"no real SCRFD at {path}")
    asked = []
    monkeypatch.setattr(module, "weights", lambda name: asked.append(name) or SimpleNamespace(path=lambda: path))
    other = FaceFinder("scrfd")
    assert set(asked) == {"scrfd"}
    score = other.detector(man, 0.5).scores[0]
    assert other.detector(man, 0.5).keypoints.shape == (1, 5, 2)
    # confirmed by the mesh from the box and the eyes of this detector
    assert other(man, sure=1.01, doubtful=0.5).scores.tolist() == [score]


def test_each_detector_names_its_weights() -> None:
    assert finder_weights("blazeface") == ("blazeface_full", "blazeface_short", "face_mesh", "canonical_face")
    assert finder_weights("scrfd") == ("scrfd", "face_mesh", "canonical_face")


@pytest.mark.parametrize("use", [finder_weights, FaceFinder])
def test_an_unknown_detector_is_an_error_that_lists_the_known(use: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="no face detector called 'mtcnn'; there are: blazeface, scrfd"):
        use("mtcnn")
