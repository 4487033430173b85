"""Doubtful detections count only when the mesh confirms them."""

from __future__ import annotations

import numpy as np
import pytest

from models.face_finder import FaceFinder


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
