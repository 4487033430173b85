"""The tests at 256 pixels, with a reader that reads pixels: what each score answers to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.evaluation.faces.baselines import Method
from pipeline.evaluation.faces.detailed import DetailedProtocol
from pipeline.evaluation.faces.method import Moved
from pipeline.evaluation.faces.pairs import take
from pipeline.evaluation.metrics.pictures import SAME
from pipeline.faces.face_crop import FaceCrop
from tests.made.memory_frames import Held, MemoryFrames
from tests.made.stub_reading import LANDMARKS, SIDE, StubReading, perfect, picture

FRAMES = 9


def clip(person: int) -> Held:
    random = np.random.default_rng(person)
    poses = random.integers(-10, 10, (FRAMES, 3))
    expressions = random.integers(0, 50, (FRAMES, 3)) / 100
    crops = [picture(pose, face, person) for pose, face in zip(poses, expressions, strict=True)]
    return Held(np.stack(crops), np.repeat(LANDMARKS[None], FRAMES, 0), np.ones(FRAMES, bool))


@pytest.fixture
def protocol() -> DetailedProtocol:
    store = MemoryFrames({"a": clip(1), "b": clip(2)}, {"a": "Ann", "b": "Bob"})
    clips = [take(store, place, SIDE) for place in range(2)]
    apart = lambda one, other, landmarks: float(np.abs(one.astype(float) - other).mean())  # noqa: E731
    return DetailedProtocol(clips, StubReading(), apart)  # type: ignore[arg-type]


def moving(share: float, losing: bool = False) -> Method:
    """The perfect method but for mouths, lids and smiles, which move so far about their mean."""

    def draw(source: FaceCrop, drivers: Sequence[FaceCrop], moved: Moved) -> list[np.ndarray]:
        pictures = perfect(source, drivers, moved)
        faces = np.stack([each[0, 1] for each in pictures]).astype(float)
        for each, face in zip(pictures, 90 + share * (faces - faces.mean(0)), strict=True):
            each[0, 1] = np.round(face)
        if losing:
            pictures[0] = np.zeros_like(pictures[0])
        return pictures

    return Method("moving", draw, draw)


def test_the_perfect_method_moves_as_far_as_the_driver(protocol: DetailedProtocol) -> None:
    found = protocol.run(Method("perfect", perfect, perfect))
    for name in ("jaw", "lips", "lids", "smile_amplitude", "across_jaw", "across_lips", "across_lids"):
        assert found[name] == pytest.approx(1)
    assert found["across_jaw_followed"] == pytest.approx(1)
    assert (found["detail_psnr"], found["detail_perceptual"], found["across_even"]) == (SAME, 0, 100)
    assert (found["across_away"], found["across_distance"]) == (0, 0)
    assert (found["detail_sharpness"], found["detail_ssim"]) == pytest.approx((1, 1))
    assert "turned_identity" not in found


@pytest.mark.parametrize("share", [0.25, 2.0])
def test_a_face_that_moves_less_or_more_is_seen_though_it_follows(protocol: DetailedProtocol, share: float) -> None:
    found = protocol.run(moving(share))
    for name in ("jaw", "lips", "lids", "smile_amplitude", "across_jaw", "across_lips", "across_lids"):
        assert found[name] == pytest.approx(share, rel=0.1)
    assert found["across_jaw_followed"] == pytest.approx(1, abs=0.02)
    assert found["across_even"] == (0 if share < 0.5 else pytest.approx(50, abs=50))


def test_a_picture_without_a_face_is_left_out_of_amplitudes_alone(protocol: DetailedProtocol) -> None:
    found = protocol.run(moving(1.0, losing=True))
    assert found["lips"] == pytest.approx(1, abs=0.05)
    assert found["detail_psnr"] is not None
    assert found["detail_psnr"] < SAME


def test_heads_are_turned_to_both_sides_and_no_farther_than_faces_go(protocol: DetailedProtocol) -> None:
    asked: list[np.ndarray] = []

    def posed(source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
        asked.append(degrees)
        out = []
        for pose in degrees:
            made = source.picture.copy()
            made[0, 0] = np.round(pose + 100)
            out.append(made)
        return out

    found = protocol.run(Method("posed", None, None, posed))
    own = [int(clip(person).crops[0, 0, 0, 1]) - 100 for person in (1, 2)]
    assert [turn.tolist() for turn in (each[:, 1] for each in asked)] == [[yaw - 30, yaw + 30] for yaw in own]
    assert found["turned_yaw"] == pytest.approx(1)
    assert (found["turned_found"], found["turned_identity"], found["turned_apart"]) == (100, 0, 1.5)
    assert found["turned_half"] == pytest.approx(1, abs=0.1)


def test_a_smeared_half_is_seen_however_sharp_the_other_is(protocol: DetailedProtocol) -> None:
    def smeared(source: FaceCrop, degrees: np.ndarray) -> list[np.ndarray]:
        made = source.picture.copy()
        made[1:, : SIDE // 2] = 128
        return [made] * len(degrees)

    half = protocol.run(Method("smeared", None, None, smeared))["turned_half"]
    assert half is not None
    assert half < 0.75
