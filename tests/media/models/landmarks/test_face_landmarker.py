"""The face landmarker: landmarks and expression scores of a real face, and what is no file of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.landmarks.face_landmarker import NAMES, POINTS, FaceLandmarker, check
from models.runtime.checkpoint import WrongWeights
from models.weights.intake import add
from models.weights.registry import WeightsMissing, weights
from tests.made.random_face_landmarker import NETWORKS, network, write
from tests.made.weights import own_store


@pytest.fixture
def landmarker(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceLandmarker:
    """With the published file."""
    own_store(tmp_path, monkeypatch)
    taken = add(weights("face_landmarker"), shared / "weights/face_landmarker_v2_with_blendshapes.task")
    assert taken.said[1] == "the published file"
    return FaceLandmarker()


def test_names_are_the_52_scores() -> None:
    assert len(NAMES) == len(set(NAMES)) == 52
    assert [NAMES.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen")] == [9, 10, 25]


def test_landmarks_are_those_of_the_mesh_and_the_irises(
    landmarker: FaceLandmarker, man: np.ndarray, man_landmarks: np.ndarray
) -> None:
    points, presence = landmarker.landmarks(man, man_landmarks)
    assert points.shape == (POINTS, 3)
    assert presence > 5
    off = np.linalg.norm(points[:468, :2] - man_landmarks[:, :2], axis=1)
    assert off.mean() < 0.02 * np.ptp(man_landmarks[:, 1])
    # the iris on the image's right is between the corners of its eye
    assert points[362, 0] < points[473, 0] < points[263, 0]


def test_scores_see_a_smile_and_neither_size_nor_place(
    landmarker: FaceLandmarker,
    man: np.ndarray,
    man_landmarks: np.ndarray,
    woman: np.ndarray,
    woman_landmarks: np.ndarray,
) -> None:
    hers, his = (
        landmarker.scores(landmarker.landmarks(image, points)[0])
        for image, points in ((woman, woman_landmarks), (man, man_landmarks))
    )
    smile = [NAMES.index("mouthSmileLeft"), NAMES.index("mouthSmileRight")]
    assert hers[smile].min() > 0.3
    assert hers[smile].mean() > his[smile].mean() + 0.2
    points, _ = landmarker.landmarks(man, man_landmarks)
    assert landmarker.scores(points * 3 + 50) == pytest.approx(his, abs=2e-3)


def test_no_face_has_no_presence(landmarker: FaceLandmarker, clouds: np.ndarray, man_landmarks: np.ndarray) -> None:
    assert landmarker.landmarks(clouds, man_landmarks)[1] < 0


def test_a_picture_of_any_size_gives_the_same_landmarks(
    landmarker: FaceLandmarker, man: np.ndarray, man_landmarks: np.ndarray
) -> None:
    points, _ = landmarker.landmarks(man, man_landmarks)
    doubled = cv2.resize(man, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    again, _ = landmarker.landmarks(doubled, (man_landmarks + 0.5) * 2 - 0.5)
    assert np.abs((again[:, :2] + 0.5) / 2 - 0.5 - points[:, :2]).mean() < 0.5


def test_without_the_file_the_command_that_gets_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_store(tmp_path, monkeypatch)
    with pytest.raises(WeightsMissing, match="jobs/weights.py fetch face_landmarker"):
        FaceLandmarker()


def test_a_file_in_the_published_form_is_one(tmp_path: Path) -> None:
    check(write(tmp_path / "made.task"))


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.task"
    path.write_text("<html>")
    with pytest.raises(WrongWeights, match="not a zip of networks; download it again"):
        check(path)


def test_a_network_that_is_missing_or_another_is_named(tmp_path: Path) -> None:
    path = tmp_path / "made.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("face_blendshapes.tflite", b"")
    with pytest.raises(WrongWeights, match=r"has no face_landmarks_detector\.tflite; get the published file"):
        check(path)
    name = "face_landmarks_detector.tflite"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, network((1, 192, 192, 3), NETWORKS[name][1], np.random.default_rng(0)))
    with pytest.raises(WrongWeights, match=r"takes \[1, 192, 192, 3\], expected \[1, 256, 256, 3\]"):
        check(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"no network")
    with pytest.raises(WrongWeights, match="made.task"):
        check(path)
