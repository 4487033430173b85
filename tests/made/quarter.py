"""A quarter of `tiny`'s width: for tests of what a training does, not of what comes of it."""

from __future__ import annotations

from dataclasses import replace

from models.face.presets import TINY

QUARTER = replace(
    TINY,
    name="quarter",
    stem=16,
    context=32,
    flow=(16, 8, 4),
    flow_start=(32, 2, 4),
    canonical=(8, 8),
    decoder=16,
    lower=32,
)
