"""A training that is killed, and one of several processes, on a line through points."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import multiprocessing

from pipeline.training.checkpoint import load
from pipeline.training.curves import read_curve
from pipeline.training.fit import Session, fit
from tests.made import line
from tests.made.line import STEPS, Doubter, Line, weights
from tests.root import ROOT


def test_killed_it_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = [sys.executable, "-m", line.__name__]
    subprocess.run([*command, str(whole), "0"], check=True, timeout=120, cwd=ROOT)
    process = subprocess.Popen([*command, str(killed), "0.2"], cwd=ROOT)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and len(read_curve(killed)) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= load(killed / "state.pt")["step"] < STEPS
    subprocess.run([*command, str(killed), "0"], check=True, timeout=120, cwd=ROOT)
    assert read_curve(killed) == read_curve(whole)
    states = [load(folder / "state.pt") for folder in (killed, whole)]
    assert all(torch.equal(states[0]["average"][name], value) for name, value in states[1]["average"].items())


@pytest.mark.parametrize("adversary", [False, True])
def test_two_workers_are_one_with_twice_the_points(tmp_path: Path, adversary: bool) -> None:
    """Means over equal shares: here, where every loss is one mean, but for rounding."""
    alone = fit(Line(adversary=Doubter() if adversary else None), Session(tmp_path / "alone", log=3))
    multiprocessing.spawn(line.work, (str(tmp_path), 2, adversary), nprocs=2)
    assert torch.allclose(torch.load(tmp_path / "weights.pt", weights_only=True), weights(alone), atol=1e-5)
    for mine, theirs in zip(read_curve(tmp_path / "alone"), read_curve(tmp_path), strict=True):
        # a norm is of the workers' mean gradient, so it is every worker's
        assert theirs == pytest.approx(mine, rel=1e-4)
