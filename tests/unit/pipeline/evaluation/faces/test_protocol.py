"""The tests that methods are put to, with a reader that reads pixels: what each score answers to, and what not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipeline.evaluation.faces.baselines import Method, copied, true
from pipeline.evaluation.faces.method import Moved
from pipeline.evaluation.faces.pairs import take
from pipeline.evaluation.faces.protocol import Protocol
from pipeline.evaluation.metrics.pictures import SAME
from pipeline.faces.face_crop import FaceCrop
from tests.made.memory_frames import Held, MemoryFrames
from tests.made.stub_reading import LANDMARKS, SIDE, StubReading, perfect, picture, posed

FRAMES = 13


def clip(person: int) -> Held:
    """A head and a face that move, each in its own way."""
    random = np.random.default_rng(person)
    poses = random.integers(-30, 30, (FRAMES, 3))
    expressions = random.integers(0, 100, (FRAMES, 3)) / 100
    crops = [
        picture(pose, face, person, noise) for noise, (pose, face) in enumerate(zip(poses, expressions, strict=True))
    ]
    return Held(np.stack(crops), np.repeat(LANDMARKS[None], FRAMES, 0), np.ones(FRAMES, bool))


@pytest.fixture
def stub() -> StubReading:
    return StubReading()


@pytest.fixture
def protocol(stub: StubReading) -> Protocol:
    """Three clips of two people."""
    store = MemoryFrames({"a": clip(1), "b": clip(2), "c": clip(1)}, {"a": "Ann", "b": "Bob", "c": "Ann"})
    return Protocol([take(store, place, SIDE) for place in range(3)], stub)  # type: ignore[arg-type]


def test_the_perfect_method_reaches_all_there_is(protocol: Protocol) -> None:
    scores = protocol.run(Method("perfect", perfect, perfect)).scores
    for score in (scores.yaw, scores.pitch, scores.roll, scores.mouth, scores.blink, scores.smile):
        assert score == pytest.approx(1)
    for score in (scores.across_yaw, scores.across_pitch, scores.across_roll, scores.across_mouth, scores.across_blink):
        assert score == pytest.approx(1)
    assert (scores.mouth_leak, scores.yaw_leak, scores.mouth_leak_followed) == (0, 0, 0)
    assert scores.dynamics_mouth == pytest.approx(1)
    assert scores.nearer_source == scores.found == scores.across_found == 100
    assert scores.source_distance == 0
    assert scores.driver_distance == pytest.approx(np.sqrt(2))
    assert scores.sweep_yaw is scores.sweep_pitch is None


def test_the_true_frame_is_the_ceiling_and_has_no_score_across(protocol: Protocol) -> None:
    scores = protocol.run(Method("true", true, None)).scores
    assert (scores.psnr, scores.face_psnr) == (SAME, SAME)
    assert (scores.ssim, scores.sharpness, scores.native_sharpness) == pytest.approx((1, 1, 1))
    assert (scores.landmarks, scores.mouth_landmarks, scores.yaw_off) == (0, 0, 0)
    assert scores.across_yaw is scores.nearer_source is None


def test_copying_gains_nothing_and_follows_nothing(protocol: Protocol, stub: StubReading) -> None:
    before = stub.looked
    scores = protocol.run(Method("copy", copied, copied)).scores
    assert (scores.psnr_gain, scores.face_psnr_gain) == (0, 0)
    assert (scores.yaw, scores.mouth, scores.across_yaw) == (0, 0, 0)
    assert scores.mouth_leak is scores.yaw_leak is None
    assert scores.nearer_source == 100
    # one look a test and clip: pictures that are the same are read once
    assert stub.looked - before == 3 + 3 * 3


def test_what_leaks_is_seen(protocol: Protocol) -> None:
    def leaking(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
        return perfect(source, drivers, "both")

    scores = protocol.run(Method("leaking", leaking, leaking)).scores
    assert scores.mouth_leak == pytest.approx(1)
    assert scores.yaw_leak == pytest.approx(1)
    assert scores.mouth_leak_followed == pytest.approx(1)


def test_the_driver_s_face_is_not_the_source_s(protocol: Protocol) -> None:
    scores = protocol.run(Method("true", true, true)).scores
    assert scores.nearer_source == 0
    assert scores.source_distance == pytest.approx(np.sqrt(2))


def test_pictures_without_a_face_are_counted_and_left_out(protocol: Protocol) -> None:
    def losing(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
        pictures = perfect(source, drivers, moved)
        return [np.zeros_like(each) if place % 2 else each for place, each in enumerate(pictures)]

    scores = protocol.run(Method("losing", losing, losing)).scores
    assert (scores.found, scores.across_found) == (50, 50)
    assert scores.yaw == pytest.approx(1)
    assert scores.psnr is not None
    assert scores.psnr < SAME


def test_a_method_that_draws_no_face_at_all_still_ends(protocol: Protocol) -> None:
    def nothing(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
        return [np.zeros_like(source.picture)] * len(drivers)

    scores = protocol.run(Method("nothing", nothing, nothing, lambda source, degrees: nothing(source, degrees, "both")))
    assert scores.scores.found == 0
    assert (
        scores.scores.yaw is scores.scores.nearer_source is scores.scores.landmarks is scores.scores.sweep_yaw is None
    )


def test_the_sweep_compares_asked_with_found(protocol: Protocol) -> None:
    scores = protocol.run(Method("half", perfect, perfect, posed)).scores
    assert scores.sweep_yaw == pytest.approx(0.5, abs=0.03)
    assert scores.sweep_pitch == pytest.approx(0.5, abs=0.03)
    # half of -20 ... 20 is missing, and one degree is too many
    assert scores.sweep_yaw_off == pytest.approx(5.6, abs=0.3)


def told(views: Sequence[FaceCrop], *read: Callable[[np.ndarray], float]) -> np.ndarray:
    """A code of what is written in the pictures, each number mixed with the others', and noise."""
    clean = np.array([[each(view.picture.astype(float)) for each in read] for view in views])
    noise = np.random.default_rng(len(views)).normal(size=(len(views), 2))
    return np.concatenate([clean @ np.tri(len(read)), noise], axis=1)


def test_a_code_of_dynamics_that_holds_the_pose_is_told_from_one_that_does_not(protocol: Protocol) -> None:
    def pitch(image: np.ndarray) -> float:
        return image[0, 0, 0]

    def yaw(image: np.ndarray) -> float:
        return image[0, 0, 1]

    def mouth(image: np.ndarray) -> float:
        return image[0, 1, 0]

    leaking = protocol.run(Method("leaking", perfect, perfect, None, lambda v: told(v, pitch, yaw, mouth))).scores
    assert leaking.told_pitch == pytest.approx(1, abs=0.02)
    assert leaking.told_yaw == pytest.approx(1, abs=0.02)
    assert leaking.told_mouth == pytest.approx(1, abs=0.02)
    assert leaking.told_pose == pytest.approx((leaking.told_pitch + leaking.told_yaw) / 2)
    half = protocol.run(Method("half", perfect, perfect, None, lambda v: told(v, pitch, mouth))).scores
    assert half.told_pitch == pytest.approx(1, abs=0.02)
    assert half.told_yaw is not None
    assert half.told_yaw < 0.5
    assert half.told_pose == pytest.approx((half.told_pitch + half.told_yaw) / 2)
    none = protocol.run(Method("none", perfect, perfect)).scores
    assert none.told_pose is none.told_pitch is none.told_yaw is none.told_mouth is None


def test_too_few_pictures_or_of_another_size_are_an_error(protocol: Protocol) -> None:
    with pytest.raises(ValueError, match="short gave 1 pictures .*for 12 drivers"):
        protocol.run(Method("short", lambda source, drivers, moved: [source.picture], None))
    with pytest.raises(ValueError, match=r"small gave 12 pictures \[\(8, 8, 3\)\]"):
        protocol.run(Method("small", lambda s, drivers, moved: [np.zeros((8, 8, 3), np.uint8)] * len(drivers), None))


def test_the_same_clips_give_the_same_scores(protocol: Protocol) -> None:
    method = Method("perfect", perfect, perfect, posed)
    assert protocol.run(method).scores == protocol.run(method).scores


def test_one_person_alone_is_scored_without_the_tests_across(stub: StubReading) -> None:
    store = MemoryFrames({"a": clip(1)}, {"a": "Ann"})
    alone = Protocol([take(store, 0, SIDE)], stub)  # type: ignore[arg-type]
    scores = alone.run(Method("perfect", perfect, perfect)).scores
    assert scores.yaw == pytest.approx(1)
    assert scores.across_yaw is scores.nearer_source is scores.mouth_leak is None


def test_every_method_shows_the_same_pairs(protocol: Protocol) -> None:
    results = [protocol.run(each).shown for each in (Method("a", perfect, perfect), Method("b", copied, copied))]
    assert [[each.test for each in shown] for shown in results][0] == [each.test for each in results[1]]
    assert {each.test for each in results[0]} == {"self", "both", "pose", "dynamics"}
    assert all(np.array_equal(a.driver, b.driver) for a, b in zip(*results, strict=True))
