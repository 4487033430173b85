"""A video's header as plain values: what a child process is asked for in the probe. Imports no network."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stages.video.header import Unreadable
from stages.video.pyav import read_header


def header(path: str) -> dict[str, Any]:
    """The fields of `stages.video.header.VideoHeader`, or {"unreadable": why}."""
    try:
        return asdict(read_header(path))
    except Unreadable as error:
        return {"unreadable": str(error)}
