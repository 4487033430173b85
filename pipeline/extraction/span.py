"""One span of video through the stages: what a child process is asked to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from models.runtime.batches import device_lost
from pipeline.extraction.clip_runner import ClipRunner, Verdict
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.rows import tables
from pipeline.extraction.tasks import SpanTask
from stages.clip import Clip
from stages.networks import Infer
from stages.video.pyav import read_header
from stages.video.reader import read
from stages.video.sound import read_sound

_opened: dict[tuple[str, bool, bool], ClipRunner] = {}


def open_stages(recipe: Recipe, label_all: bool = False, ask: Infer | None = None) -> float:
    """Load all weights of the recipe and what else is slow the first time; seconds it took.

    label_all, ask: see `extract`; the networks that `ask` reaches are not loaded here.
    """
    start = time.perf_counter()
    _runner(recipe, label_all, ask)
    pa.array([0])  # imports pandas, a third of a second: here and not in the first clip
    return time.perf_counter() - start


def extract(
    recipe: Recipe,
    job: SpanTask,
    path: str,
    run_id: str,
    label_all: bool = False,
    crops: bool = False,
    ask: Infer | None = None,
) -> dict[str, Any]:
    """All clips of one span of the video at `path`, as the catalog's tables.

    label_all: rejected clips are labelled as far as they can. crops: beside the tables, as `crops`, the stable crops of
    each row of clips: uint8 RGB [T, S, S, 3], or None. ask: this child's question to its parent (`pipeline.child`),
    which reaches the networks of stages where they run; without it they run in this process, which ends if they lose a
    GPU: a fresh one may have it again.
    """
    start = time.perf_counter()
    head = read_header(path)
    sound = read_sound(path, head, job.start_s, job.end_s)
    frames = read(path, head, job.start_s, job.end_s, recipe.decoder)
    clip = Clip(path, head, job.start_s, job.end_s, frames, sound)
    opening = time.perf_counter() - start
    verdicts: Iterable[Verdict] = _runner(recipe, label_all, ask)(clip)
    try:
        if crops:
            verdicts = list(verdicts)
        built = tables(verdicts, job, recipe.fingerprint, run_id, opening, recipe.columns())
        return built | {"crops": [_crops(verdict.clip) for verdict in verdicts]} if crops else built
    except Exception as error:
        if not device_lost(error):
            raise
        print(f"the GPU failed: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def _crops(clip: Clip) -> np.ndarray | None:
    return None if clip.track is None else np.stack(clip.track.crops)


def _runner(recipe: Recipe, label_all: bool, ask: Infer | None) -> ClipRunner:
    """The recipe's stages, opened once a process. `ask` reaches the same parent in every call."""
    cv2.setNumThreads(1)  # workers scale by processes
    key = (recipe.fingerprint, label_all, ask is not None)
    if key not in _opened:
        _opened.clear()
        _opened[key] = ClipRunner(recipe.stages, ask, label_all)
    return _opened[key]
