"""jobs/demo.py as a command; tests/system/test_whole_demo.py runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_help(job: Callable[..., Any]) -> None:
    done = job("demo", "--help")
    assert done.code == 0
    assert "--out" in done.out
