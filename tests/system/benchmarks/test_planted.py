"""A small generator learns a law that is known, and every goal is met."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.planted import Planted, asked_for, trained
from benchmarks.planting.findings import findings


@pytest.mark.slow
def test_a_generator_learns_what_moves_a_face_and_obeys_its_controls(tmp_path: Path) -> None:
    args = Planted()
    model, _ = trained(tmp_path, args)
    found = findings(model, asked_for(args))
    missed = [f"{each.name}: {each.value:.3f} is not {each.sense} {each.limit}" for each in found if not each.reached]
    assert not missed
