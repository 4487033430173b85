"""Mouth and lids are read from z_dyn of people on whom the map was not fitted."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.motion.blinks import blinks
from pipeline.evaluation.motion.readout import FaceReadout
from tests.made.talking import talking


def test_what_is_linear_in_z_dyn_is_read() -> None:
    readout = FaceReadout.fit([talking(who) for who in range(6)])
    clip = talking(9)
    for k in range(3):
        assert np.corrcoef(readout.mouth(clip.dynamics)[:, k], clip.mouth[:, k])[0, 1] > 0.99
    assert readout.mouth(clip.dynamics)[:, 0].std() == pytest.approx(clip.mouth[:, 0].std(), rel=0.05)


def test_lids_are_open_as_usual_and_close_as_much() -> None:
    readout = FaceReadout.fit([talking(who) for who in range(6)])
    clip = talking(9, 200)
    lids = readout.lids(clip.dynamics, 0.3)
    assert np.median(lids) == pytest.approx(0.3)
    assert lids.min() == pytest.approx(0.05, abs=0.03)
    assert blinks(lids) == blinks(clip.lids) == 4
