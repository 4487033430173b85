"""SCRFD: the published file, faces that fill the frame, and many pictures at once."""

from __future__ import annotations

import socket
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from insightface.model_zoo.scrfd import SCRFD
from onnx import helper, numpy_helper

import models.detection.scrfd as module
from models.detection.blazeface import Detections
from models.detection.scrfd import BORDER, FLOOR, SIZE, FaceDetector, Scrfd, check, input_side
from models.landmarks.five_points import five_points
from models.runtime.checkpoint import WrongWeights
from models.runtime.image import bounds, letterbox
from tests.made import random_arcface, random_scrfd
from tests.made.sample_faces import mirrored_points


@pytest.fixture(scope="module")
def published(shared: Path) -> Path:
    """A real file of the family."""
    path = shared / "weights/scrfd_2.5g_kps.onnx"
    if not path.is_file():
        pytest.skip(f"no real SCRFD at {path}")
    return path


@pytest.fixture(scope="module")
def network(published: Path) -> Scrfd:
    return Scrfd(published)


@pytest.fixture(scope="module")
def detector(network: Scrfd) -> FaceDetector:
    return FaceDetector(network, network.side)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the form of det_10g.onnx."""
    return random_scrfd.write(tmp_path_factory.mktemp("scrfd") / "det_10g.onnx")


def noise(count: int, height: int = 90, width: int = 160) -> list[np.ndarray]:
    random = np.random.default_rng(3)
    return [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def assert_same(found: Detections, expected: Detections, pixels: float = 0.01) -> None:
    assert len(found) == len(expected) > 0
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
    np.testing.assert_allclose(found.boxes, expected.boxes, atol=pixels)
    np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=pixels)


def assert_one_by_one(network: Scrfd, pictures: list[np.ndarray], many: list[np.ndarray]) -> None:
    for faces, picture in zip(many, pictures, strict=True):
        np.testing.assert_allclose(faces, network([picture])[0], atol=0.01)


def spied_borders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """(size, border) of every picture that detectors will make of frames."""
    asked = []

    def spied(image: np.ndarray, size: int, pad: float) -> tuple[np.ndarray, np.ndarray]:
        asked.append((size, pad))
        return letterbox(image, size, pad)

    monkeypatch.setattr(module, "letterbox", spied)
    return asked


def test_a_real_file_and_both_forms_of_export_are_right(published: Path, made: Path, tmp_path: Path) -> None:
    check(published)
    check(made)
    check(random_scrfd.write(tmp_path / "a.onnx", size=96, with_batch=True))


def test_a_wrong_file_is_named_with_its_first_difference(tmp_path: Path) -> None:
    boxes_only = random_scrfd.write(tmp_path / "boxes.onnx", points=False)
    with pytest.raises(WrongWeights, match=r"boxes\.onnx: has no output 6, expected FLOAT \[any, 10\]; get the publ"):
        check(boxes_only)
    faces = random_arcface.write(tmp_path / "faces.onnx", **random_arcface.SMALL)
    with pytest.raises(WrongWeights, match=r"output 683 is FLOAT \[1, 512\], expected FLOAT \[any, 1\]"):
        check(faces)
    (tmp_path / "page.onnx").write_text("<!DOCTYPE html>")
    with pytest.raises(WrongWeights, match="not an ONNX file"):
        check(tmp_path / "page.onnx")


def test_the_five_points_are_where_the_face_mesh_has_them(
    detector: FaceDetector,
    man: np.ndarray,
    man_landmarks: np.ndarray,
    woman: np.ndarray,
    woman_landmarks: np.ndarray,
) -> None:
    for image, landmarks in ((man, man_landmarks), (woman, woman_landmarks)):
        found = detector(image)
        assert (found.boxes.shape, found.scores.shape, found.keypoints.shape) == ((1, 4), (1,), (1, 5, 2))
        assert found.scores[0] > 0.75
        low, high = bounds(landmarks)
        apart = np.linalg.norm(found.keypoints[0] - five_points(landmarks[None])[0], axis=1)
        assert apart.max() < 0.06 * (high - low).max()
        middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
        assert np.linalg.norm(middle - (low + high) / 2) < 0.15 * (high - low).max()


def test_no_face_no_detection(detector: FaceDetector, clouds: np.ndarray) -> None:
    found = detector(clouds)
    assert (found.boxes.shape, found.scores.shape, found.keypoints.shape) == ((0, 4), (0,), (0, 5, 2))


def test_a_mirrored_face_has_its_first_eye_on_the_image_s_left_too(detector: FaceDetector, man: np.ndarray) -> None:
    there, mirror = detector(man), detector(np.ascontiguousarray(man[:, ::-1]))
    back = mirrored_points(mirror.keypoints[0], man.shape[1])[[1, 0, 2, 4, 3]]
    np.testing.assert_allclose(back, there.keypoints[0], atol=0.04 * there.widths[0])
    assert mirror.keypoints[0, 0, 0] < mirror.keypoints[0, 1, 0]


def test_a_face_that_fills_the_frame_is_found_because_of_the_border(
    network: Scrfd, detector: FaceDetector, man: np.ndarray, man_landmarks: np.ndarray
) -> None:
    low, high = bounds(man_landmarks)
    (x0, y0), (x1, y1) = low.round().astype(int), high.round().astype(int)
    tight = man[y0:y1, x0:x1]
    found = detector(tight)
    assert len(found) == 1
    assert found.scores[0] > 0.75
    np.testing.assert_allclose(found.keypoints[0] + [x0, y0], detector(man).keypoints[0], atol=0.06 * (x1 - x0))
    assert len(FaceDetector(network, network.side, border=0.0)(tight)) == 0


def test_a_small_face_is_found_because_of_the_plain_frame(detector: FaceDetector, man: np.ndarray) -> None:
    frame = np.full((1080, 1920, 3), 90, np.uint8)
    small = cv2.resize(man, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    frame[300 : 300 + len(small), 700 : 700 + small.shape[1]] = small
    found = detector(frame, 0.5)
    assert len(found) == 1
    expected = detector(man).keypoints[0] * 0.4 + [700, 300]
    np.testing.assert_allclose(found.keypoints[0], expected, atol=0.06 * found.widths[0])


def test_the_second_look_is_spared_where_the_first_is_enough(
    detector: FaceDetector, man: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    borders = spied_borders(monkeypatch)
    seen: list[Detections] = []

    def enough(found: Detections) -> bool:
        seen.append(found)
        return len(seen) == 1

    once, twice = detector(man, 0.5, enough), detector(man, 0.5, enough)
    assert [border for _, border in borders] == [0.0, 0.0, BORDER]
    assert_same(seen[0], once)
    assert_same(seen[1], once)
    assert twice.scores[0] >= once.scores[0]


def test_the_network_always_sees_pictures_of_the_pinned_size(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = spied_borders(monkeypatch)
    small = Scrfd(made, size=128)
    for detector in (FaceDetector(Scrfd(made), SIZE), FaceDetector(small, small.side, border=0.3)):
        for height, width in ((40, 60), (500, 300)):
            detector(np.zeros((height, width, 3), np.uint8))
    assert asked == [(SIZE, 0.0), (SIZE, BORDER)] * 2 + [(128, 0.0), (128, 0.3)] * 2


def test_a_file_made_for_one_size_keeps_it(published: Path, made: Path, tmp_path: Path) -> None:
    assert Scrfd(published, size=320).side == input_side(published, 320) == SIZE
    assert Scrfd(made, size=320).side == input_side(made, 320) == 320
    assert input_side(random_scrfd.write(tmp_path / "a.onnx", size=96)) == 96


def test_the_detector_asks_its_network_wherever_it_is(network: Scrfd, detector: FaceDetector, man: np.ndarray) -> None:
    """One picture a question, in bytes; faces below the threshold stay out, whatever the network answers."""
    items: list[np.ndarray] = []

    def elsewhere(pictures: list[np.ndarray]) -> list[np.ndarray]:
        items.extend(pictures)
        return network(pictures)

    found = FaceDetector(elsewhere, network.side)(man, 0.5)
    assert_same(found, detector(man, 0.5), pixels=0)
    assert [(item.shape, item.dtype) for item in items] == [((SIZE, SIZE, 3), np.uint8)] * 2
    answers = np.concatenate(network(items))
    assert answers.shape[1] == 15
    assert answers[:, 4].min() >= FLOOR
    above = float(found.scores[0]) + 1e-6
    assert len(detector(man, above)) == 0


@pytest.mark.slow
def test_the_batch_equals_one_by_one_in_the_real_file(
    network: Scrfd, man: np.ndarray, woman: np.ndarray, clouds: np.ndarray
) -> None:
    images = [man, clouds, woman[:, 200:], cv2.resize(man, None, fx=0.3, fy=0.3)]
    pictures = [letterbox(image, network.side)[0] for image in images]
    many = network(pictures)
    assert network.batched
    assert [int((faces[:, 4] > 0.5).sum()) for faces in many] == [1, 0, 1, 1]
    assert_one_by_one(network, pictures, many)


@pytest.mark.parametrize(("size", "with_batch"), [(None, False), (96, False), (96, True)])
def test_the_batch_equals_one_by_one_in_both_forms_of_export(
    tmp_path: Path, size: int | None, with_batch: bool
) -> None:
    path = random_scrfd.write(tmp_path / "a.onnx", size=size, with_batch=with_batch)
    network = Scrfd(path, size=96)
    pictures = noise(3, 96, 96)
    many = network(pictures)
    assert network.batched
    assert min(len(faces) for faces in many) > 0
    assert_one_by_one(network, pictures, many)
    assert network([]) == []


def _reshaped(graph: onnx.GraphProto) -> None:
    """Make the network fail on more than one picture."""
    graph.initializer.append(numpy_helper.from_array(np.array([1, 3, 96, 96]), "one"))
    graph.node.insert(0, helper.make_node("Reshape", ["input.1", "one"], ["x"]))


def _mixed(graph: onnx.GraphProto) -> None:
    """Make the network mix the pictures of a batch, without an error."""
    graph.node.insert(0, helper.make_node("ReduceMean", ["input.1"], ["mean"], axes=[0], keepdims=1))
    graph.node.insert(1, helper.make_node("Sub", ["input.1", "mean"], ["apart"]))
    graph.node.insert(2, helper.make_node("Add", ["apart", "input.1"], ["x"]))


@pytest.mark.parametrize("spoil", [_reshaped, _mixed])
def test_a_network_that_takes_no_batch_is_asked_picture_by_picture(tmp_path: Path, spoil: object) -> None:
    path = random_scrfd.write(tmp_path / "a.onnx", size=96)
    model = onnx.load(str(path))
    first = model.graph.node[0]
    spoil(model.graph)  # type: ignore[operator]
    next(node for node in model.graph.node if node.output == first.output).input[0] = "x"
    onnx.save(model, str(path))
    network = Scrfd(path)
    pictures = noise(3, 96, 96)
    many = network(pictures)
    assert not network.batched
    assert min(len(faces) for faces in many) > 0
    assert_one_by_one(network, pictures, many)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), threshold=st.floats(0.02, 0.2))
def test_our_decoding_of_a_batch_is_the_package_s(
    tmp_path_factory: pytest.TempPathFactory, seed: int, threshold: float
) -> None:
    """Its own detector, set up by itself, on the pictures that ours are turned into."""
    path = random_scrfd.write(tmp_path_factory.mktemp("scrfd") / "a.onnx", seed=seed, size=96)
    theirs = SCRFD(str(path))
    theirs.prepare(-1, nms_thresh=0.4, det_thresh=threshold, input_size=(96, 96))
    pictures = noise(2, 96, 96)
    for faces, picture in zip(Scrfd(path, floor=threshold)(pictures), pictures, strict=True):
        boxes, points = theirs.detect(np.ascontiguousarray(picture[..., ::-1]))
        np.testing.assert_allclose(faces[:, :5], boxes, atol=1e-3)
        np.testing.assert_allclose(faces[:, 5:].reshape(-1, 5, 2), points, atol=1e-3)


@given(
    faces=st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0.05, 1)), max_size=12),
    threshold=st.floats(0.05, 1),
)
def test_a_threshold_after_suppression_is_one_before_it(
    made: Path, faces: list[tuple[float, float, float]], threshold: float
) -> None:
    """So the network need not know who asks, and with which threshold."""
    boxes = np.array([(x, y, x + 30, y + 30, score) for x, y, score in faces]).reshape(-1, 5)
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    suppressed = SCRFD(str(made)).nms
    after = boxes[suppressed(boxes)]
    before = boxes[boxes[:, 4] >= threshold]
    assert after[after[:, 4] >= threshold].tolist() == before[suppressed(before)].tolist()


def test_nothing_is_printed_and_nobody_is_called(
    made: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def called(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", called)
    Scrfd(made, size=96)(noise(2, 96, 96))
    assert capfd.readouterr() == ("", "")
