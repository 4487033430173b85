"""A training on Ray Train: one process a worker, gradients averaged over all of them."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ray
import ray.train
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer, prepare_model

from pipeline import cluster
from pipeline.faces.curves import read_curve
from pipeline.faces.job import FaceJob
from pipeline.faces.loop import Share, train
from pipeline.faces.settings import FaceTraining, LossWeights

_FAILURES = 2
"""Times the workers are started again after one of them died; they go on from the last checkpoint."""


@dataclass(frozen=True)
class Trained:
    """Where a training stands: its step of all steps, its last figures, the model's file."""

    step: int
    steps: int
    figures: dict[str, float]
    model: str


def train_faces(job: FaceJob) -> Trained:
    """Train, or go on with what is in the job's folder; returns at the last step or when the job's seconds are over.

    Raises RunError when the workers could not finish.
    """
    cluster.connect(job.workers)
    gpus = torch.cuda.is_available()
    cpus = max(1, int(ray.cluster_resources().get("CPU", 1)) // (job.workers + 1))
    scaling = ScalingConfig(
        num_workers=job.workers, use_gpu=gpus, resources_per_worker={"CPU": 1, **({"GPU": 1} if gpus else {})}
    )
    trainer = TorchTrainer(
        _worker,
        train_loop_config={"job": asdict(job), "threads": max(1, (os.cpu_count() or 1) // job.workers), "cpus": cpus},
        torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
        scaling_config=scaling,
        run_config=RunConfig(
            name="train",
            storage_path=str(Path(job.out).absolute() / "ray"),
            failure_config=FailureConfig(max_failures=_FAILURES),
        ),
    )
    try:
        trainer.fit()
    except Exception as error:
        cause = str(error).strip().splitlines()
        raise cluster.RunError(
            f"the training stopped ({cause[-1] if cause else type(error).__name__}); run the same command again: it "
            f"goes on from the last checkpoint in {job.out}"
        ) from error
    curve = read_curve(Path(job.out))
    last: dict[str, float] = curve[-1] if curve else {"step": 0}
    return Trained(int(last["step"]), job.training.steps, last, str(job.model))


def _worker(config: dict[str, Any]) -> None:
    """The loop of one worker."""
    job = _job(config["job"])
    torch.set_num_threads(config["threads"])
    context = ray.train.get_context()
    share = Share(context.get_world_rank(), context.get_world_size())

    def report(step: int, figures: dict[str, float]) -> None:
        if share.rank == 0:
            said = "  ".join(
                f"{name} {figures[name]:.3f}" for name in ("total", "watch/gain", "watch/mouth") if name in figures
            )
            print(f"step {step} of {job.training.steps}  {said}", flush=True)
        ray.train.report({"step": step, **figures})

    wrap = prepare_model if share.world > 1 else None
    train(job, report, share, **({"wrap": wrap} if wrap else {}))


def _job(values: dict[str, Any]) -> FaceJob:
    """The job again, from its values as a dictionary."""
    training = dict(values.pop("training"))
    weights = LossWeights(**training.pop("weights"))
    return FaceJob(**values, training=FaceTraining(**training, weights=weights))
