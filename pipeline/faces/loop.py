"""A worker's training from where it stands to its end: draw, learn, log, keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import distributed

from catalogs.frames import FrameStore, open_frames
from models.checkpoint import WrongWeights
from models.device import device as default_device
from models.face.checkpoint import load_model, read_recipe
from models.face.model import FaceModel
from models.precision import chosen
from pipeline.command import Failure
from pipeline.faces.ahead import made_ahead
from pipeline.faces.batches import Batch, batch
from pipeline.faces.job import FaceJob
from pipeline.faces.judges import heard, judges_at
from pipeline.faces.objective import Judges
from pipeline.faces.record import Record, taken_up
from pipeline.faces.split import Split, split_of
from pipeline.faces.store import Pool, pool_of
from pipeline.faces.training import Trainer, Wrap
from pipeline.faces.warping import warped_at
from pipeline.faces.watch import Watch

Report = Callable[[int, dict[str, float]], None]
"""Hears the step and its figures, on every worker."""
Tell = Callable[[str], None]
"""Hears how far the frozen networks are, on worker 0."""


@dataclass(frozen=True)
class Share:
    """A worker's place among all: rank of world."""

    rank: int = 0
    world: int = 1


def opened(job: FaceJob) -> tuple[FrameStore, Split]:
    """The frames of the job's catalog, and who is kept out. Raises what `open_frames` raises, and Failure."""
    store = open_frames(job.catalog, job.sizes.size)
    subjects = [clip.subject for clip in store.clips]
    return store, split_of(subjects, *job.training.kept_out, job.training.skip)


def beginning(job: FaceJob) -> dict[str, Any] | None:
    """The recipe of the model that the job is to begin with; None without one, and when it goes on with its own.

    Failure: it is no face model, or one of another preset.
    """
    if job.start is None or job.state.exists():
        return None
    try:
        preset, said = read_recipe(Path(job.start))
    except WrongWeights as error:
        raise Failure(str(error)) from error
    if preset != job.preset:
        raise Failure(f"{job.start} is of preset {preset}, not {job.preset}: give --preset {preset}")
    return said


def train(
    job: FaceJob,
    report: Report,
    share: Share = Share(),
    wrap: Wrap = lambda module: module,
    tell: Tell = lambda text: print(text, flush=True),
) -> None:
    """Train until the last step, or until the job's seconds are over; every worker calls this.

    Files are worker 0's. Raises what `opened` and `beginning` raise, and FloatingPointError when the gradient is not
    finite.
    """
    device, first = default_device(), share.rank == 0
    training = replace(job.training, precision=chosen(job.training.precision, device))
    job = replace(job, training=training)  # what is written down says in what it was calculated
    cv2.setNumThreads(1)
    began = time.monotonic()
    store, split = opened(job)
    pool = pool_of(store, split, "train", training.seed)
    if first:
        Path(job.out).mkdir(parents=True, exist_ok=True)
    else:
        _together()
    # worker 0 trains and keeps what the others then read
    judges = judges_at(job.judges, pool, training, job.sizes, tell, device)
    model, begun = _untrained(job, judges, pool, device, tell)
    if first:
        _together()
    trainer = Trainer(training, model, judges, torch.from_numpy(pool.space.share), device, wrap)
    before = taken_up(job, trainer, begun)
    record = None
    if first:
        watch = Watch(pool_of(store, split, "validation", training.seed), judges.reader)
        record = Record(job, trainer, before, store, split, watch, began)
    seen: list[dict[str, float]] = []
    steps = range(trainer.step, training.steps)
    for batches in made_ahead(lambda step: _batches(job, pool, step, share), steps, device):
        seen.append(trainer.learn(batches))
        if trainer.step % job.log and trainer.step < training.steps:
            continue
        figures, seen = _averaged(seen), []
        over = _agreed(job.seconds is not None and time.monotonic() - began > job.seconds)
        if record is not None:
            figures = record.add(figures, over)
        report(trainer.step, figures)
        if over:
            break
    if record is not None:
        record.close()
    _together()


def _untrained(
    job: FaceJob, judges: Judges, pool: Pool, device: torch.device, tell: Tell
) -> tuple[FaceModel, dict[str, Any] | None]:
    """The model before its first step, and `beginning`'s recipe where it has the weights of a file.

    Without them its warps are taught first.
    """
    training = job.training
    torch.manual_seed(training.seed)
    model, begun = FaceModel(job.sizes).to(device), beginning(job)
    model.dynamics.load_state_dict(judges.dynamics.state_dict(), strict=False)  # what it is told it learns here
    if begun is not None:
        model.load_state_dict(load_model(Path(str(job.start))).state_dict())
    elif training.warp_steps and training.weights.correspondence and not job.state.exists():
        warped_at(job.warps, model, pool, training, heard("learning warps", training.warp_steps, tell))
    return model, begun


def _batches(job: FaceJob, pool: Pool, step: int, share: Share) -> list[Batch]:
    """This worker's part of a step's units, in the parts in which it takes them."""
    training = job.training
    units = pool.sampler.units(step, training.units)
    size = training.units // share.world // training.accumulate
    starts = [(share.rank * training.accumulate + part) * size for part in range(training.accumulate)]
    return [batch(pool, units[start : start + size], job.sizes.face, training.seed) for start in starts]


def _averaged(seen: list[dict[str, float]]) -> dict[str, float]:
    """Means by name over the steps that have it, and over all workers."""
    names = sorted({name for each in seen for name in each})
    sums = torch.tensor(
        [[sum(each.get(name, 0.0) for each in seen), sum(name in each for each in seen)] for name in names]
    )
    if distributed.is_initialized():
        distributed.all_reduce(sums)
    return {name: float(total / count) for name, (total, count) in zip(names, sums, strict=True)}


def _agreed(over: bool) -> bool:
    """Worker 0's answer, on every worker."""
    if not distributed.is_initialized():
        return over
    said = torch.tensor([int(over)])
    distributed.broadcast(said, 0)
    return bool(said.item())


def _together() -> None:
    if distributed.is_initialized():
        distributed.barrier()
