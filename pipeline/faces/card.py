"""What a face model's file says of how it was made."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from catalogs.frames import FrameStore
from pipeline.faces.job import FaceJob
from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.split import Split
from pipeline.machine import machine, versions
from pipeline.program import CHECKOUT
from pipeline.text import file_name

_BEFORE = ("training", "step", "seconds", "command", "commit", "history", "machine", "started_from")
"""What a recipe says of the model that a training began with; clips that it was trained on stand with the others."""
HELD_OUT = ("test", "validation")
"""Parts of the split that are kept out."""
_ROOT = CHECKOUT


def recipe(
    job: FaceJob,
    store: FrameStore,
    split: Split,
    step: int,
    seconds: float,
    history: Sequence[Mapping[str, Any]],
    begun: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """JSON-ready: settings, step, seconds, commit, command, machine; the clips trained on; the subjects that were not.

    A clip is in `clips` as (file name, clip_id), its source file's hash in `content`; those kept out are in `held_out`,
    by part, as (file name, clip_id, hash). catalog: which of its commits was trained on. history: see `continued`.
    begun: the recipe of the model that the training began with, whose clips count as trained on too.
    """
    parts = {part: [clip for clip in store.clips if split.part_of(clip) == part] for part in ("train", *HELD_OUT)}
    trained = parts["train"]
    before = begun or {"clips": (), "content": ()}
    clips = {(file_name(clip.source_uri), clip.clip_id) for clip in trained} | {tuple(each) for each in before["clips"]}
    return {
        "training": asdict(job.training),
        "preset": job.preset,
        "step": step,
        "seconds": round(seconds, 1),
        "workers": job.workers,
        "command": job.command,
        "commit": _commit(),
        "history": list(history),
        "versions": versions(),
        "machine": machine(),
        "substitutes": SUBSTITUTES,
        "clips": sorted(clips),
        "content": sorted({clip.content for clip in trained} | set(before["content"])),
        "held_out": {
            part: sorted((file_name(clip.source_uri), clip.clip_id, clip.content) for clip in parts[part])
            for part in HELD_OUT
        },
        "catalog": asdict(store.commit),
        "test_subjects": split.test,
        "validation_subjects": split.validation,
        "started_from": None if begun is None else {name: begun.get(name) for name in _BEFORE},
    }


def continued(history: Sequence[Mapping[str, Any]], job: FaceJob, step: int) -> list[dict[str, Any]]:
    """A training's history so far, and that it goes on from this step with this code and these settings.

    Each entry: from which step, with which commit, with which settings.
    """
    known = [dict(entry) for entry in history]
    now = {"step": step, "commit": _commit(), "training": asdict(job.training)}
    same = bool(known) and all(known[-1][name] == now[name] for name in ("commit", "training"))
    return known if same else [*known, now]


def _commit() -> str:
    """The commit of this code, with + where it was changed since; empty outside a Git checkout."""
    if _ROOT is None:
        return ""
    asked = ("git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--abbrev=12")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip()
