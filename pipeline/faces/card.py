"""What a face model's file says of what it was trained on and by what settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.faces.job import FaceJob
from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.pinned import HELD_OUT, Pinned
from pipeline.text import file_name

LATENTS = "latents_of"
"""Whose latents a model makes: those of the file that it began with, where it left the encoders as they are; and
whether that file says which expression space its z_dyn was taught."""
_BEFORE = ("training", "step", "seconds", "command", "commit", "history", "machine", "started_from")
"""What a recipe says of the model that a training began with; clips that it was trained on stand with the others."""


def seen(pinned: Pinned, init_recipe: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JSON-ready: the clips trained on, the subjects that were not.

    A clip is in `clips` as (file name, clip_id), its source file's hash in `content`; those kept out are in `held_out`,
    by part, as (file name, clip_id, hash). catalog: which of its commits was trained on. init_recipe: of the model that
    the training began with, whose clips count as trained on too.
    """
    split = pinned.split
    parts = {part: [clip for clip in pinned.clips if split.part_of(clip) == part] for part in ("train", *HELD_OUT)}
    trained = parts["train"]
    before = init_recipe or {"clips": (), "content": ()}
    clips = {(file_name(clip.source_uri), clip.clip_id) for clip in trained} | {tuple(each) for each in before["clips"]}
    return {
        "clips": sorted(clips),
        "content": sorted({clip.content for clip in trained} | set(before["content"])),
        "held_out": {
            part: sorted((file_name(clip.source_uri), clip.clip_id, clip.content) for clip in parts[part])
            for part in HELD_OUT
        },
        "catalog": asdict(pinned.commit),
        "test_subjects": split.test,
        "validation_subjects": split.validation,
    }


def about(job: FaceJob, init_recipe: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JSON-ready: settings, and what the training began with."""
    return {
        "training": asdict(job.training),
        "preset": job.preset,
        "workers": job.workers,
        "command": job.command,
        "substitutes": SUBSTITUTES,
        "latents_of": None if job.training.learns == "all" or init_recipe is None else init_recipe[LATENTS],
        "started_from": None if init_recipe is None else {name: init_recipe.get(name) for name in _BEFORE},
    }
