"""What a child process can be asked to do: everything that runs native decoders and networks."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from pipeline.jobs import SpanJob
from pipeline.judge import Judge
from pipeline.recipe import Recipe
from pipeline.rows import tables
from stages.clip import Clip
from stages.reader import Unreadable, read
from stages.reader_pyav import read_header
from stages.sound import read_sound

_opened: dict[str, Judge] = {}
_headers: dict[str, Any] = {}


def header(path: str) -> dict[str, Any]:
    """The video's header as plain values, or {"unreadable": why}."""
    try:
        return asdict(read_header(path))
    except Unreadable as error:
        return {"unreadable": str(error)}


def open_stages(recipe: Recipe) -> float:
    """Load all weights of the recipe now; seconds it took."""
    start = time.perf_counter()
    _judge(recipe)
    return time.perf_counter() - start


def extract(recipe: Recipe, job: SpanJob, path: str, run_id: str) -> dict[str, pa.Table]:
    """All clips of one span of the video at `path`, as the catalog's tables."""
    start = time.perf_counter()
    head = read_header(path)
    sound = read_sound(path, head, job.start_s, job.end_s)
    frames = read(path, head, job.start_s, job.end_s, recipe.decoder)
    clip = Clip(path, head, job.start_s, job.end_s, frames, sound)
    opening = time.perf_counter() - start
    verdicts = _judge(recipe)(clip)
    return tables(verdicts, job, recipe.fingerprint, run_id, opening)


def _judge(recipe: Recipe) -> Judge:
    """The recipe's stages, opened once a process."""
    if recipe.fingerprint not in _opened:
        _opened.clear()
        _opened[recipe.fingerprint] = Judge(recipe.stages)
    return _opened[recipe.fingerprint]


def _fail(how: str) -> None:
    """For tests: hang, or die as native code does."""
    logging.getLogger(__name__).warning("asked to %s", how)
    if how == "hang":
        time.sleep(3600)
    os.kill(os.getpid(), signal.SIGSEGV)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "header": header,
    "open": open_stages,
    "extract": extract,
    "fail": _fail,
}
