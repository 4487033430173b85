"""Curves: a file of lines, and what TensorBoard reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.training.curves import Curves, read_curve


def test_points_come_back_in_order(tmp_path: Path) -> None:
    assert read_curve(tmp_path) == []
    curves = Curves(tmp_path, 0)
    curves.add(2, {"total": 0.5})
    curves.add(4, {"total": 0.25, "watch/gain": 1.0})
    curves.show(4, "watch", np.zeros((8, 16, 3), np.uint8))
    curves.close()
    assert read_curve(tmp_path) == [{"step": 2, "total": 0.5}, {"step": 4, "total": 0.25, "watch/gain": 1.0}]
    (events,) = tmp_path.glob("events.out.tfevents.*")
    data = events.read_bytes()
    assert b"watch/gain" in data
    assert b"\x89PNG" in data


def test_what_is_later_than_the_checkpoint_is_forgotten(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0)
    for step in (1, 2, 3):
        curves.add(step, {"total": float(step)})
    curves.close()
    again = Curves(tmp_path, 2)
    assert [point["step"] for point in read_curve(tmp_path)] == [1, 2]
    again.add(3, {"total": 9.0})
    again.close()
    assert [point["total"] for point in read_curve(tmp_path)] == [1, 2, 9]
