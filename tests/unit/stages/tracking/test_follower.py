"""Following a face: who starts it, which views run, what makes it stop, and how drift is seen."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detection.blazeface import Detections
from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import rotation_of
from stages.tracking.follower import Follower, turn

IMAGE = np.zeros((360, 640, 3), np.uint8)


def face(x: float = 320, yaw: float = 0, scale: float = 10) -> np.ndarray:
    """Landmarks of a face at `x`, turned by `yaw`."""
    return scale * canonical_face() @ rotation_of(np.array([[0, yaw, 0]]))[0].T + [x, 180, 0]


def found(*faces: np.ndarray) -> Detections:
    """What the detector says of such faces."""
    boxes = np.array([[*points[:, :2].min(0), *points[:, :2].max(0)] for points in faces]).reshape(-1, 4)
    eyes = np.array([[points[33, :2], points[263, :2]] for points in faces]).reshape(-1, 2, 2)
    return Detections(boxes, np.full(len(faces), 0.9), np.repeat(eyes, 3, axis=1))


class Scene:
    """A detector and a mesh that see what they are told; `views` says which views of the mesh ran."""

    def __init__(self) -> None:
        self.detected: tuple[np.ndarray, ...] = (face(),)
        self.seen, self.presence = face(), 10.0
        self.views: list[str] = []
        self.checks = 0
        self.short_range = 0
        self.score = 0.9
        self.mesh = SimpleNamespace(both=self._both, one=self._one)

    def __call__(
        self, image: np.ndarray, sure: float, doubtful: float, enough: Callable[[Detections], bool]
    ) -> Detections:
        self.checks += 1
        seen = found(*self.detected)
        seen.scores[:] = self.score
        self.short_range += not enough(seen)
        return seen

    def _both(self, image: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, float]:
        self.views.append("both")
        return self.seen, self.presence

    def _one(self, image: np.ndarray, matrix: np.ndarray, mirrored: bool) -> tuple[np.ndarray, float]:
        self.views.append("mirrored" if mirrored else "plain")
        return self.seen, self.presence


@pytest.fixture
def scene() -> Scene:
    return Scene()


def follower(scene: Scene) -> Follower:
    return Follower(scene, sure=0.75, doubtful=0.5, presence=0.0, both_above=15.0)  # type: ignore[arg-type]


def test_the_detector_starts_it_and_only_when_asked(scene: Scene) -> None:
    following = follower(scene)
    sight = following.step(IMAGE, check=False)
    assert (sight.landmarks, sight.detections, following.lost) == (None, None, True)
    sight = following.step(IMAGE, check=True)
    assert sight.landmarks is scene.seen
    assert sight.detections is not None
    assert not following.lost
    following.step(IMAGE, check=False)
    assert scene.checks == 1


def test_the_views_take_turns_on_a_frontal_face_and_both_run_on_a_turned_one(scene: Scene) -> None:
    following = follower(scene)
    following.step(IMAGE, check=True)
    scene.views.clear()
    for _ in range(4):
        following.step(IMAGE, check=False)
    assert sorted(scene.views[:2]) == ["mirrored", "plain"]
    assert scene.views[2:] == scene.views[:2]
    scene.seen = face(yaw=30)
    following.step(IMAGE, check=False)
    scene.views.clear()
    following.step(IMAGE, check=False)
    assert scene.views == ["both"]


def test_a_face_whose_presence_falls_is_lost_until_it_is_detected_again(scene: Scene) -> None:
    following = follower(scene)
    following.step(IMAGE, check=True)
    scene.presence = -0.1
    assert following.step(IMAGE, check=False).landmarks is None
    assert following.lost
    scene.presence = 10.0
    assert following.step(IMAGE, check=False).landmarks is None
    assert following.step(IMAGE, check=True).landmarks is not None


def test_the_widest_face_is_followed(scene: Scene) -> None:
    scene.detected = (face(100, scale=5), face(400, scale=11), face(560, scale=8))
    scene.seen = face(400, scale=11)
    sight = follower(scene).step(IMAGE, check=True)
    assert sight.landmarks is scene.seen
    assert sight.detections is not None
    assert len(sight.detections) == 3


def test_a_detection_somewhere_else_says_that_the_mesh_drifted(scene: Scene) -> None:
    following = follower(scene)
    assert following.step(IMAGE, check=True).moved is False
    scene.detected = (face(560),)
    sight = following.step(IMAGE, check=True)
    assert sight.moved is True
    assert sight.landmarks is not None


def test_a_detection_of_another_size_is_not_the_face(scene: Scene) -> None:
    following = follower(scene)
    following.step(IMAGE, check=True)
    scene.detected = (face(scale=30),)
    assert following.step(IMAGE, check=True).moved is True


@pytest.mark.parametrize("others", [(), (face(330),), (face(560, scale=12), face(325))])
def test_no_detection_or_one_nearby_is_no_drift(scene: Scene, others: tuple[np.ndarray, ...]) -> None:
    following = follower(scene)
    following.step(IMAGE, check=True)
    scene.detected = others
    sight = following.step(IMAGE, check=True)
    assert sight.moved is False
    assert sight.landmarks is not None


def test_what_the_mesh_does_not_see_does_not_start(scene: Scene) -> None:
    scene.presence = -1
    following = follower(scene)
    assert following.step(IMAGE, check=True).landmarks is None
    assert following.lost


@settings(max_examples=30, deadline=None)
@given(st.floats(-60, 60))
def test_turn_is_about_the_yaw_without_its_sign(yaw: float) -> None:
    assert turn(face(yaw=yaw)) == pytest.approx(abs(yaw), abs=1)


def test_the_short_range_is_asked_unless_the_full_range_surely_sees_the_followed_face(scene: Scene) -> None:
    one = follower(scene)
    one.step(IMAGE, check=True)
    assert scene.short_range == 1  # nothing followed yet
    one.step(IMAGE, check=True)
    assert scene.short_range == 1
    scene.score = 0.6
    one.step(IMAGE, check=True)
    assert scene.short_range == 2
    scene.score, scene.detected = 0.9, (face(x=90, scale=2),)
    one.step(IMAGE, check=True)
    assert scene.short_range == 3
