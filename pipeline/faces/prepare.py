"""What a training has before its first step: its clips, the frozen networks, the model; made once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from catalogs import storage
from catalogs.frames import FrameStore, open_frames
from models.face.checkpoint import encoders_hash, latents_of, load_model, read_recipe, read_space
from models.face.expression_space import ExpressionSpace
from models.face.model import FaceModel
from models.runtime.checkpoint import WrongWeights
from models.weights.hashes import digest
from pipeline.errors import UsageError
from pipeline.faces.card import LATENTS
from pipeline.faces.expression import space_of
from pipeline.faces.job import FaceJob
from pipeline.faces.loss_networks import loss_networks
from pipeline.faces.objective import LossNetworks
from pipeline.faces.pinned import Pinned
from pipeline.faces.readings import Readings
from pipeline.faces.training_clips import TrainingClips, training_clips
from pipeline.faces.warping import WarpTask, warped_at
from pipeline.training.halt import NEVER, Halt
from pipeline.training.pretraining import Pretraining
from pipeline.training.split import Split, split_of


@dataclass(frozen=True)
class Prepared:
    """init_recipe: of the model that the training began with."""

    store: FrameStore
    pinned: Pinned
    clips: TrainingClips
    networks: LossNetworks
    model: FaceModel
    init_recipe: dict[str, Any] | None


def opened(job: FaceJob, halt: Halt = NEVER, tell: Callable[[str], None] | None = None) -> tuple[FrameStore, Split]:
    """The frames of the job's catalog, and who is kept out: as they were when the training began, if it has.

    tell hears what has changed in the catalog since. Raises what `open_frames` and `Pinned` raise, and UsageError;
    Stopped while frames are copied.
    """

    def on_progress(copied: int, known: int) -> None:
        halt.check(f"copying frames: {copied} of {known} row groups of a part")

    pinned = Pinned.at(job)
    store = open_frames(job.catalog, job.sizes.size, on_progress=on_progress, up_to=job.sizes.drawn)
    if pinned is None:
        before = init_from(job)
        return store, split_of(store.clips, *job.training.held_out_subjects, job.training.skip, before)
    held, said = pinned.held(job, store)
    if said is not None and tell is not None:
        tell(said)
    return held, pinned.split


def init_from(job: FaceJob) -> dict[str, Any] | None:
    """The recipe of the model that the job is to begin with; None without one, and when it goes on with its own.

    UsageError: it is no face model, or one of another preset.
    """
    if job.init_from is None or job.state.exists():
        return None
    try:
        preset, said = read_recipe(Path(job.init_from))
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    if preset != job.preset:
        raise UsageError(f"{job.init_from} is of preset {preset}, not {job.preset}: give --preset {preset}")
    path = Path(job.init_from)
    sha256 = latents_of(path) or digest(path).sha256
    has_space = read_space(path) is not None
    return {**said, LATENTS: {"sha256": sha256, "encoders": encoders_hash(path), "space": has_space}}


def prepared(job: FaceJob, first: Pretraining) -> Prepared:
    """Make what the job's folder does not have yet, and keep it. Raises what `opened`, `init_from` and `fit` raise."""
    halt, seed = first.halt, job.training.seed
    store, split = opened(job, halt)
    Path(job.out).mkdir(parents=True, exist_ok=True)
    begins = not job.state.exists()
    if begins:
        _keep_recipe(job, init_from(job))
    init_recipe = json.loads(job.init_recipe.read_text()) if job.init_recipe.exists() else None
    each = partial(halt.check, "reading the clips' landmarks")
    clips, pinned = training_clips(store, split, "train", seed, each), Pinned.at(job)
    if pinned is None:
        given = None if init_recipe is None else read_space(Path(str(job.init_from)))
        space = None if given is None else ExpressionSpace.of(given)
        readings = Readings(store, job.readings)
        space = space_of(store, clips.index, clips.sampler.subjects, space, each, readings)
        clips = replace(clips, known=space, size=job.sizes.size)
        pinned = Pinned.of(job, store, split, clips)
        pinned.keep(job)
        readings.remove()
    else:
        clips = replace(clips, known=pinned.space, size=job.sizes.size)
    networks = loss_networks(job, clips, first)
    model = _untrained(job, networks, clips, first, begins and init_recipe is not None)
    return Prepared(store, pinned, clips, networks, model, init_recipe)


def _keep_recipe(job: FaceJob, recipe: dict[str, Any] | None) -> None:
    """What the training begins with now, for when it goes on and the model's file is gone."""
    if recipe is None:
        job.init_recipe.unlink(missing_ok=True)
        return
    text = json.dumps(recipe)
    if job.init_recipe.exists() and job.init_recipe.read_text() == text:
        return
    with storage.put_alone(job.init_recipe) as draft:
        draft.write_text(text)


def _untrained(
    job: FaceJob, networks: LossNetworks, clips: TrainingClips, first: Pretraining, begins_with: bool
) -> FaceModel:
    """The model before its first step; without one to begin with, its warps are taught first."""
    training = job.training
    torch.manual_seed(training.seed)
    model = FaceModel(job.sizes).to(first.device)
    model.dynamics.load_state_dict(networks.dynamics.state_dict(), strict=False)  # what it is told it learns here
    if begins_with:
        begun = load_model(Path(str(job.init_from)))
        # planes that an earlier version's model does not have begin as nothing
        model.load_state_dict(begun.state_dict(), strict=begun.preset == job.sizes)
    elif training.warp_steps and training.weights.landmark_warp and not job.state.exists():
        warped_at(job.warps, WarpTask(model, clips, training), first)
    return model
