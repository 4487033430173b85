"""Signals that are noted."""

from __future__ import annotations

import os
import signal

import pytest

from pipeline.training.signals import CODES, Asked


@pytest.mark.parametrize("name", CODES)
def test_a_signal_is_noted_and_ends_nothing(name: str) -> None:
    number = signal.Signals[name]
    before = signal.getsignal(number)
    with Asked() as asked:
        assert asked.why() is None
        os.kill(os.getpid(), number)
        assert (asked.why(), asked.times) == (name, 1)
        os.kill(os.getpid(), signal.SIGINT)
        assert (asked.why(), asked.times) == (name, 2)  # why it stops is the first one
    assert signal.getsignal(number) is before
    assert CODES[name] == 128 + number
