"""A training on Ray Train: one process a worker, gradients averaged over all of them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ray
import ray.train
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer, prepare_model
from torch import nn

from models.device import TOLD
from pipeline import cluster
from pipeline.command import Failure
from pipeline.faces.curves import read_curve
from pipeline.faces.job import FaceJob
from pipeline.faces.loop import Share, beginning, opened, train
from pipeline.faces.settings import FaceTraining, LossWeights

_FAILURES = 2
"""Times the workers are started again after one of them died; they go on from the last checkpoint."""
_LOOK_S = 0.5


@dataclass(frozen=True)
class Trained:
    """Where a training stands: its step of all steps, its last figures, the model's file."""

    step: int
    steps: int
    figures: dict[str, float]
    model: str


def train_faces(job: FaceJob) -> Trained:
    """Train, or go on with what is in the job's folder; returns at the last step or when the job's seconds are over.

    What the workers say is in train.log of that folder, and comes on standard error. Raises what `opened` and
    `beginning` raise before anything starts, Failure when the cluster has GPUs but not one a worker, and RunError when
    the workers could not finish.
    """
    opened(job)
    beginning(job)
    cluster.connect(job.workers)
    on_gpus = _gpus_for(job.workers)
    scaling = ScalingConfig(
        num_workers=job.workers, use_gpu=on_gpus, resources_per_worker={"CPU": 1, **({"GPU": 1} if on_gpus else {})}
    )
    trainer = TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": asdict(job)},
        # figures of the curves are averaged as they are, on CPUs
        torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if on_gpus else "gloo"),
        scaling_config=scaling,
        run_config=RunConfig(
            name="train",
            storage_path=str(Path(job.out).absolute() / "ray"),
            failure_config=FailureConfig(max_failures=_FAILURES),
        ),
    )
    try:
        with _followed(job.log_file):
            why: str | None = trainer.fit().return_value  # type: ignore[attr-defined]
    except Exception as error:
        cause = str(error).strip().splitlines()
        raise _stopped(job, cause[-1] if cause else type(error).__name__) from error
    if why is not None:
        raise _stopped(job, why)
    curve = read_curve(Path(job.out))
    last: dict[str, float] = curve[-1] if curve else {"step": 0}
    return Trained(int(last["step"]), job.training.steps, last, str(job.model))


def _gpus_for(workers: int) -> bool:
    """Whether the cluster's GPUs are used; Ray would wait for ever for those that it does not have."""
    if os.environ.get(TOLD, "cuda").startswith("cpu") or not torch.distributed.is_nccl_available():
        return False
    held = int(ray.cluster_resources().get("GPU", 0))
    if 0 < held < workers:
        raise Failure(f"{workers} workers need a GPU each and there are {held}: give --workers {held}, or {TOLD}=cpu")
    return held > 0


def _stopped(job: FaceJob, why: str) -> cluster.RunError:
    return cluster.RunError(
        f"the training stopped ({why}); run the same command again: it goes on from the last checkpoint in {job.out}"
    )


@contextmanager
def _followed(log: Path) -> Iterator[None]:
    """Meanwhile, what is written to a file also comes on standard error."""
    log.parent.mkdir(parents=True, exist_ok=True)
    over = threading.Event()

    def follow() -> None:
        ended = False
        while not ended:
            ended = over.wait(_LOOK_S)
            sys.stderr.write(file.read())
            sys.stderr.flush()

    with log.open("a+") as file:
        thread = threading.Thread(target=follow)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _worker(config: dict[str, Any]) -> str | None:
    """The loop of one worker; why it stopped, when it would stop there again."""
    job = _job(config["job"])
    context = ray.train.get_context()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // context.get_local_world_size()))
    share = Share(context.get_world_rank(), context.get_world_size())

    def tell(text: str) -> None:
        with job.log_file.open("a") as log:
            log.write(text + "\n")

    def report(step: int, figures: dict[str, float]) -> None:
        if share.rank == 0:
            said = "  ".join(
                f"{name} {figures[name]:.3f}" for name in ("total", "watch/gain", "watch/mouth") if name in figures
            )
            tell(f"step {step} of {job.training.steps}  {said}")
        ray.train.report({"step": step, **figures})

    try:
        train(job, report, share, prepare_model if share.world > 1 else _as_it_is, tell)
    except FloatingPointError as error:
        # every worker has the same gradient and comes here: started again, they would stop again
        return str(error)
    return None


def _as_it_is(module: nn.Module) -> nn.Module:
    return module


def _job(values: dict[str, Any]) -> FaceJob:
    """The job again, from its values as a dictionary."""
    training = dict(values.pop("training"))
    weights = LossWeights(**training.pop("weights"))
    return FaceJob(**values, training=FaceTraining(**training, weights=weights))
