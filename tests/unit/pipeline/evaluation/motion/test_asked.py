"""Directions that were asked for and found, and audio scales."""

from __future__ import annotations

import numpy as np
import pytest

from models.motion.generation import Controls
from pipeline.evaluation.motion.asked import GAZES, Forward, directions_found, gaze_scores, scale_scores
from pipeline.evaluation.motion.clips import TalkingClip
from pipeline.evaluation.motion.generated import Generator
from tests.made.motion import motion_model
from tests.made.talking import talking

ASKED = np.array(GAZES)


class Obeying(Generator):
    """Heads turn by a share of what is asked, pitch from -4, and move as much as the scale says."""

    def motion(self, clip: TalkingClip, controls: Controls, seed: int = 0) -> np.ndarray:
        theta, phi = controls.gaze or (0.0, 0.0)
        found = np.zeros((len(clip), 11))
        found[:, 0], found[:, 1] = 0.5 * phi - 4, 0.8 * theta
        found[:, 2] = (1 + self.guidance.audio) * (np.arange(len(clip)) % 2)
        return found


def test_each_is_judged_in_what_was_varied() -> None:
    found = directions_found(ASKED, ASKED + np.array([[1, 50], [1, 50], [1, 50], [50, 3], [50, 3]]))
    assert (found["theta_off"], found["phi_off"]) == (pytest.approx(1), pytest.approx(3))
    assert found["gaze_off"] == pytest.approx((3 * 1 + 2 * 3) / 5)
    assert (found["theta_slope"], found["phi_slope"]) == (pytest.approx(1), pytest.approx(1))


def test_a_head_that_does_not_turn_is_off_by_what_was_asked() -> None:
    found = directions_found(ASKED, np.zeros_like(ASKED))
    assert (found["theta_off"], found["phi_off"], found["theta_slope"]) == (10, 10, pytest.approx(0))


def test_forward_is_how_people_hold_their_heads_who_look_into_the_camera() -> None:
    clips = [talking(who, gaze=(0.0, 5.0)) for who in range(3)]
    assert Forward.of(clips).pitch == pytest.approx(-9.0, abs=0.1)
    assert Forward.of([talking(0, gaze=None)]).pitch == 0.0


def test_asking_is_by_the_clip_and_gaze() -> None:
    generator = Obeying(motion_model())
    found = gaze_scores(generator, [talking(who, 30) for who in range(2)], Forward(-4.0))
    assert (found["theta_slope"], found["phi_slope"]) == (pytest.approx(0.8), pytest.approx(0.5))
    assert found["theta_off"] == pytest.approx((3 + 0 + 3) / 3)
    assert found["phi_off"] == pytest.approx(5.0)


def test_dp_rises_with_the_scale() -> None:
    clips = [talking(0, 30)]
    found = scale_scores(Obeying(motion_model()), clips)
    assert found["rises"] == 3
    assert found["dp_2"] / found["dp_silent"] == pytest.approx(3.0)
    assert found["dp_1"] / found["dp_silent"] == pytest.approx(2.0)


def test_a_generator_is_asked_for_what_the_catalog_says_by_its_seeds() -> None:
    model = motion_model()
    model.statistics.distance.mean.fill_(0.8)
    generator = Generator(model, steps=2, seeds=2)
    clip = talking(0, 45, gaze=(5.0, -2.0), distance=1.2, emotion=(0.0, 1.0, 0.0))
    assert generator.own(clip) == Controls((5.0, -2.0), pytest.approx(1.5), (0.0, 1.0, 0.0))
    assert generator.own(talking(0, 45, gaze=None, distance=None)) == Controls(None, None, None)
    method = generator.method()
    assert method.windows == (model.preset.window, generator.sampling.overlap)
    first, second = method.motions(clip)
    assert first.shape == (45, 11)
    assert np.isfinite(first).all()
    assert not np.allclose(first, second)
    assert np.allclose(first, generator.motion(clip, generator.own(clip), 0))
    assert not np.allclose(first, generator.loud(3.0).motion(clip, generator.own(clip), 0))
