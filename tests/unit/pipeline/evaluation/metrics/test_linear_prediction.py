"""What a code tells is judged on people the map was not fitted on, and within clips."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.metrics.linear_prediction import predicted

CLIPS, FRAMES = 6, 40
CLIP = np.repeat(np.arange(CLIPS), FRAMES)
SUBJECT = np.array(["Ann", "Ann", "Bob", "Bob", "Cid", "Cid"])[CLIP]
RANDOM = np.random.default_rng(0)
CODE = RANDOM.normal(size=(CLIPS * FRAMES, 8))
MAP = RANDOM.normal(size=8)


def test_what_a_linear_map_tells_is_found_whatever_clips_means_are() -> None:
    assert predicted(CODE, CODE @ MAP + 50 * CLIP, CLIP, SUBJECT) == pytest.approx(1, abs=0.01)
    assert predicted(CODE + 9 * CLIP[:, None], CODE @ MAP, CLIP, SUBJECT) == pytest.approx(1, abs=0.01)
    assert predicted(1e-4 * CODE, CODE @ MAP, CLIP, SUBJECT) == pytest.approx(1, abs=0.01)


def test_noise_hides_as_much_as_it_should() -> None:
    wanted = CODE @ (MAP / np.linalg.norm(MAP))
    noisy = wanted + RANDOM.normal(size=len(wanted))
    assert predicted(CODE, noisy, CLIP, SUBJECT) == pytest.approx(np.sqrt(0.5), abs=0.1)
    found = predicted(CODE, RANDOM.normal(size=len(wanted)), CLIP, SUBJECT)
    assert found is not None
    assert 0 <= found < 0.2


def test_what_holds_for_one_person_alone_is_not_told_of_another() -> None:
    own = {"Ann": CODE[:, 0], "Bob": CODE[:, 1], "Cid": CODE[:, 2]}
    wanted = np.array([own[who][at] for at, who in enumerate(SUBJECT)])
    found = predicted(CODE, wanted, CLIP, SUBJECT)
    assert found is not None
    assert found < 0.2


def test_what_moves_the_other_way_in_another_person_counts_as_not_told() -> None:
    sign = np.where(SUBJECT == "Ann", -1.0, 1.0)
    two = SUBJECT != "Cid"
    assert predicted(CODE[two], (CODE @ MAP * sign)[two], CLIP[two], SUBJECT[two]) == 0


def test_without_another_person_or_a_motion_there_is_nothing_to_say() -> None:
    alone = SUBJECT == "Ann"
    assert predicted(CODE[alone], (CODE @ MAP)[alone], CLIP[alone], SUBJECT[alone]) is None
    assert predicted(CODE, CLIP.astype(float), CLIP, SUBJECT) is None
    wanted = CODE @ MAP
    wanted[::3] = np.nan
    assert predicted(CODE, wanted, CLIP, SUBJECT) == pytest.approx(1, abs=0.01)
    assert predicted(CODE, np.full(len(CODE), np.nan), CLIP, SUBJECT) is None
