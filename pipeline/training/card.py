"""What a trained module says of how it was made: with which code, on which machine, for how long."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.machine import machine, versions
from pipeline.program import CHECKOUT

_ROOT = CHECKOUT


def card(step: int, seconds: float, left_out: int, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """JSON-ready. left_out: steps whose gradient was not finite. history: see `continued`."""
    return {
        "step": step,
        "seconds": round(seconds, 1),
        "left_out": left_out,
        "commit": commit(),
        "history": list(history),
        "versions": versions(),
        "machine": machine(),
    }


def continued(history: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], step: int) -> list[dict[str, Any]]:
    """A training's history so far, and that it goes on from this step with this code and these settings.

    Each entry: from which step, with which commit, with which settings.
    """
    known = [dict(entry) for entry in history]
    now = {"step": step, "commit": commit(), "training": dict(settings)}
    same = bool(known) and all(known[-1][name] == now[name] for name in ("commit", "training"))
    return known if same else [*known, now]


def commit() -> str:
    """The commit of this code, with + where it was changed since; empty outside a Git checkout."""
    if _ROOT is None:
        return ""
    asked = ("git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--abbrev=12")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip()
