"""A worker's training from where it stands to its end: draw, learn, log, keep."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import distributed

from catalogs.frames import FrameStore, open_frames
from models.face.checkpoint import load_model, read_recipe, read_space
from models.face.model import FaceModel
from models.runtime.checkpoint import WrongWeights
from models.runtime.device import CPU
from models.runtime.device import device as default_device
from models.runtime.precision import chosen
from pipeline.errors import UsageError
from pipeline.faces.batches import Batch, batch
from pipeline.faces.expression import ExpressionSpace, space_of
from pipeline.faces.job import FaceJob
from pipeline.faces.lessons import Notebook
from pipeline.faces.loss_networks import heard, judges_at
from pipeline.faces.objective import Judges
from pipeline.faces.pinned import Pinned
from pipeline.faces.readings import Readings
from pipeline.faces.record import Record, taken_up
from pipeline.faces.split import Split, split_of
from pipeline.faces.training import Trainer, Wrap
from pipeline.faces.training_clips import Pool, pool_of
from pipeline.faces.warping import WARPS, warped_at
from pipeline.faces.watch import Watch
from pipeline.training.halt import NEVER, Halt, Stopped
from pipeline.training.prefetch import made_ahead
from pipeline.training.sums import Sums

Report = Callable[[int, dict[str, float]], None]
"""Hears the step and its figures, on every worker."""
Tell = Callable[[str], None]
"""Hears how far the frozen networks are, on worker 0."""


@dataclass(frozen=True)
class Share:
    """A worker's place among all: rank of world."""

    rank: int = 0
    world: int = 1


def opened(job: FaceJob, halt: Halt = NEVER, tell: Tell = lambda text: None) -> tuple[FrameStore, Split]:
    """The frames of the job's catalog, and who is kept out: as they were when the training began, if it has.

    tell hears what has changed in the catalog since. Raises what `open_frames` and `Pinned` raise, and UsageError;
    Stopped while frames are copied.
    """

    def heard(copied: int, known: int) -> None:
        halt.check(f"copying frames: {copied} of {known} row groups of a part")

    pinned = Pinned.at(job)
    store = open_frames(job.catalog, job.sizes.size, heard=heard)
    if pinned is None:
        subjects = [clip.subject for clip in store.clips]
        return store, split_of(subjects, *job.training.kept_out, job.training.skip)
    held, said = pinned.held(job, store)
    if said is not None:
        tell(said)
    return held, pinned.split


def beginning(job: FaceJob) -> dict[str, Any] | None:
    """The recipe of the model that the job is to begin with; None without one, and when it goes on with its own.

    UsageError: it is no face model, or one of another preset.
    """
    if job.start is None or job.state.exists():
        return None
    try:
        preset, said = read_recipe(Path(job.start))
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    if preset != job.preset:
        raise UsageError(f"{job.start} is of preset {preset}, not {job.preset}: give --preset {preset}")
    return said


@dataclass(frozen=True)
class _Ready:
    """What a worker has before the first step. begun: see `beginning`."""

    store: FrameStore
    split: Split
    pool: Pool
    judges: Judges
    model: FaceModel
    begun: dict[str, Any] | None


def train(
    job: FaceJob,
    report: Report,
    share: Share = Share(),
    wrap: Wrap = lambda module: module,
    tell: Tell = lambda text: print(text, flush=True),
    halt: Halt | None = None,
) -> None:
    """Train until the last step; every worker calls this.

    halt: when to stop before, by default when the job's seconds are over; worker 0's holds for all. Files are worker
    0's. Raises Stopped, when what is learned is kept; what `opened` and `beginning` raise; FloatingPointError when the
    gradient is not finite in too many steps (`Finite`).
    """
    device, first = default_device(), share.rank == 0
    training = replace(job.training, precision=chosen(job.training.precision, device))
    job = replace(job, training=training)  # what is written down says in what it was calculated
    cv2.setNumThreads(1)
    began = time.monotonic()
    if halt is None:
        halt = Halt(math.inf if job.seconds is None else time.time() + job.seconds)
    # worker 0 makes and keeps what the others then read; they wait however long that takes
    notebook = Notebook(job.lessons, halt, job.keep_s, began)
    ready = _in_turn(first, lambda: _prepared(job, device, tell, notebook))
    heard = tell if first else lambda text: None
    share_of = torch.from_numpy(ready.pool.space.share)
    trainer = Trainer(training, ready.model, ready.judges, share_of, device, wrap, heard)
    before = taken_up(job, trainer, ready.begun, notebook.before)
    record = None
    if first:
        watch = Watch(pool_of(ready.store, ready.split, "validation", training.seed), ready.judges.reader)
        check = partial(halt.check, "looking at the model")
        record = Record(job, trainer, before, ready.store, ready.split, ready.pool.space, watch, began, check)
    try:
        _descend(job, trainer, record, Sums(before.sums, counts=first), ready.pool, share, report, halt)
    finally:
        if record is not None:
            record.close()


def _descend(
    job: FaceJob,
    trainer: Trainer,
    record: Record | None,
    sums: Sums,
    pool: Pool,
    share: Share,
    report: Report,
    halt: Halt,
) -> None:
    """Steps to the last one, with points of the curves, looks and checkpoints where it is time for them."""
    steps = job.training.steps
    ahead = made_ahead(lambda step: _batches(job, pool, step, share), range(trainer.step, steps), trainer.device)
    while True:
        last, stop, point = trainer.step == steps, None, None
        due = bool(sums.steps) and (last or trainer.step % job.log == 0)
        if due:
            sums = sums.over_workers()
            try:
                point = sums.means() if record is None else record.add(sums.means())
                sums = Sums()
            except Stopped as said:  # by worker 0, in the look: the point is made when it goes on
                stop = said.why
        stop = _agreed(stop or (None if last else halt.why()))
        if stop is not None and not due:
            sums = sums.over_workers()
        if record is not None and (stop is not None or (last and point is not None) or record.due()):
            record.keep(sums)
        if stop is not None:
            raise Stopped(stop, f"step {trainer.step} of {steps}")
        if point is not None:
            report(trainer.step, point)
        if last:
            return
        sums.add(trainer.learn(next(ahead)))


def _prepared(job: FaceJob, device: torch.device, tell: Tell, notebook: Notebook) -> _Ready:
    """What is there before the first step; what the job's folder does not have yet is made and kept. Raises Stopped."""
    halt, seed = notebook.halt, job.training.seed
    store, split = opened(job, halt)
    Path(job.out).mkdir(parents=True, exist_ok=True)
    begun = beginning(job)
    each = partial(halt.check, "reading the clips' landmarks")
    pool, pinned = pool_of(store, split, "train", seed, each), Pinned.at(job)
    if pinned is None:
        given = None if begun is None else read_space(Path(str(job.start)))
        space = None if given is None else ExpressionSpace.of(given)
        readings = Readings(store, job.readings)
        pool = replace(pool, known=space_of(store, pool.index, pool.sampler.subjects, space, each, readings))
        Pinned.of(job, store, split, pool).keep(job)
        readings.remove()
    else:
        pool = replace(pool, known=pinned.space)
    judges = judges_at(job.judges, pool, job.training, job.sizes, tell, device, notebook)
    model = _untrained(job, judges, pool, device, tell, notebook, begun)
    return _Ready(store, split, pool, judges, model, begun)


def _untrained(
    job: FaceJob,
    judges: Judges,
    pool: Pool,
    device: torch.device,
    tell: Tell,
    notebook: Notebook,
    begun: dict[str, Any] | None,
) -> FaceModel:
    """The model before its first step. begun: `beginning`'s recipe; without it the model's warps are taught first."""
    training = job.training
    torch.manual_seed(training.seed)
    model = FaceModel(job.sizes).to(device)
    model.dynamics.load_state_dict(judges.dynamics.state_dict(), strict=False)  # what it is told it learns here
    if begun is not None:
        model.load_state_dict(load_model(Path(str(job.start))).state_dict())
    elif training.warp_steps and training.weights.correspondence and not job.state.exists():
        told = heard(WARPS, training.warp_steps, tell)
        warped_at(job.warps, model, pool, training, told, tell, notebook)
    return model


def _batches(job: FaceJob, pool: Pool, step: int, share: Share) -> list[Batch]:
    """This worker's part of a step's units, in the parts in which it takes them."""
    training = job.training
    units = pool.sampler.units(step, training.units)
    size = training.units // share.world // training.accumulate
    starts = [(share.rank * training.accumulate + part) * size for part in range(training.accumulate)]
    return [batch(pool, units[start : start + size], job.sizes.face, training.seed) for start in starts]


def _in_turn(first: bool, make: Callable[[], _Ready]) -> _Ready:
    """What `make` gives: on worker 0 first, which keeps what the others then find. Stopped: on worker 0, so on all."""
    if not first:
        stop = _agreed(None)
        if stop is not None:
            raise Stopped(stop, "waiting for the first worker")
        return make()
    try:
        made = make()
    except Stopped as said:
        _agreed(said.why)
        raise
    _agreed(None)
    return made


def _agreed(why: str | None) -> str | None:
    """Worker 0's answer, on every worker; they wait for it (`run.PATIENCE_S`)."""
    if not distributed.is_initialized():
        return why
    said = [why]
    distributed.broadcast_object_list(said, 0, device=CPU)
    return said[0]
