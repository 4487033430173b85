"""ArcFace: the published file, the package's alignment, and vectors as another engine computes them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from insightface.utils import face_align

from models.detection.scrfd import FaceDetector, Scrfd
from models.landmarks.five_points import five_points
from models.recognition.arcface import SIZE, TEMPLATE, ArcFace, aligned, alignment, check
from models.runtime.checkpoint import WrongWeights
from tests.made import random_arcface, random_hsemotion

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arcface") / "w600k_r50.onnx"
    return random_arcface.write(path, **random_arcface.SMALL)


@pytest.fixture(scope="module")
def model(file: Path) -> ArcFace:
    return ArcFace(file, CPU)


@pytest.fixture(scope="module")
def faces(
    man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray
) -> list[np.ndarray]:
    return [aligned(man, man_landmarks), aligned(woman, woman_landmarks)]


def reference(path: Path, faces: list[np.ndarray]) -> np.ndarray:
    """The vectors of faces by OpenCV's engine."""
    net = cv2.dnn.readNetFromONNX(str(path))
    out = []
    for face in faces:
        net.setInput(((face.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)[None])
        vector = net.forward()[0]
        out.append(vector / np.linalg.norm(vector))
    return np.stack(out)


@pytest.mark.slow
def test_vectors_are_those_of_another_engine_and_have_length_one(
    file: Path, model: ArcFace, faces: list[np.ndarray]
) -> None:
    vectors = np.stack(model(faces))
    assert (vectors.shape, vectors.dtype) == ((2, 512), np.float32)
    np.testing.assert_allclose(vectors, reference(file, faces), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] < 0.99


def test_a_batch_equals_one_by_one(model: ArcFace, faces: list[np.ndarray]) -> None:
    many = [*faces, faces[0][:, ::-1], *faces]
    np.testing.assert_allclose(model(many), [model([face])[0] for face in many], atol=1e-6)


def test_red_and_blue_are_not_mixed_up(model: ArcFace, faces: list[np.ndarray]) -> None:
    swapped = np.ascontiguousarray(faces[0][..., ::-1])
    assert np.abs(model([swapped])[0] - model([faces[0]])[0]).max() > 1e-3


def test_the_alignment_is_the_package_s(
    man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray
) -> None:
    np.testing.assert_array_equal(TEMPLATE, face_align.arcface_dst)
    for image, landmarks in ((man, man_landmarks), (woman, woman_landmarks)):
        points = five_points(landmarks[None])[0]
        with pytest.warns(FutureWarning, match="estimate"):
            face, matrix = face_align.norm_crop2(image, points)
        np.testing.assert_allclose(alignment(points), matrix, atol=1e-4)
        # a face of more than twice the size is averaged down first, the package's warp leaves pixels out
        if np.hypot(*matrix[0, :2]) > 0.5:
            np.testing.assert_allclose(aligned(image, landmarks).astype(int), face, atol=1)
        else:
            assert np.abs(aligned(image, landmarks).astype(int) - face).mean() < 3


@given(st.floats(0.1, 8), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_alignment_undoes_what_was_done_to_the_template(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = TEMPLATE @ turn.T + [x, y]
    matrix = alignment(points)
    np.testing.assert_allclose(points @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-3)


def test_points_of_the_mesh_stand_in_for_those_the_package_detects(
    shared: Path, man: np.ndarray, man_landmarks: np.ndarray, woman: np.ndarray, woman_landmarks: np.ndarray
) -> None:
    """By either set of points, what is cut out of the picture moves by a few of its 112 pixels."""
    path = shared / "weights/scrfd_2.5g_kps.onnx"
    if not path.is_file():
        pytest.skip(f"no real SCRFD at {path}")
    network = Scrfd(path, CPU)
    detector = FaceDetector(network, network.side)
    corners = np.array([[0, 0], [SIZE, 0], [0, SIZE], [SIZE, SIZE]])
    for image, landmarks in ((man, man_landmarks), (woman, woman_landmarks)):
        ours = alignment(five_points(landmarks[None])[0])
        theirs = alignment(detector(image).keypoints[0])
        back = cv2.invertAffineTransform(theirs)
        moved = (corners @ back[:, :2].T + back[:, 2]) @ ours[:, :2].T + ours[:, 2]
        assert np.linalg.norm(moved - corners, axis=1).max() < 8


def test_the_published_form_is_right(file: Path) -> None:
    check(file)


def test_a_wrong_file_is_named_with_its_first_difference(tmp_path: Path, file: Path) -> None:
    emotion = random_hsemotion.write(tmp_path / "emotion.onnx")
    with pytest.raises(WrongWeights, match=r"emotion\.onnx: input 0 is called input, expected input\.1; get the publ"):
        check(emotion)
    other = onnx.load(str(file))
    other.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 256
    onnx.save(other, str(tmp_path / "short.onnx"))
    with pytest.raises(WrongWeights, match=r"output 683 is FLOAT \[1, 256\], expected FLOAT \[any, 512\]"):
        check(tmp_path / "short.onnx")


def test_nothing_is_printed(file: Path, faces: list[np.ndarray], capfd: pytest.CaptureFixture[str]) -> None:
    ArcFace(file, CPU)(faces)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_file_of_full_size(tmp_path: Path, faces: list[np.ndarray]) -> None:
    path = random_arcface.write(tmp_path / "w600k_r50.onnx")
    assert path.stat().st_size == pytest.approx(174_383_860, rel=1e-3)
    check(path)
    np.testing.assert_allclose(np.stack(ArcFace(path, CPU)(faces)), reference(path, faces), atol=1e-5)
