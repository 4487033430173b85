"""The process that runs a training's workers on Ray Train; it is apart from the command's, which hears signals for it.

A signal to the command's process group, as Ctrl-C, `timeout` and batch systems send it, would end Ray's own processes
and with them the workers, before they have kept anything.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ray
import ray.train
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer, prepare_model
from torch import nn

from models.runtime.device import TOLD
from pipeline import cluster
from pipeline.child import die_with_parent
from pipeline.errors import RunError, UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.loop import Share, train
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.training.halt import Halt, Stopped

PATIENCE_S = 7 * 24 * 3600
"""For so long workers wait for each other: for the first one, until it has trained what comes first. When it dies they
end at once, because their connection to it does, and Ray starts all of them again."""
_FAILURES = 2
"""Times the workers are started again after one of them died; they go on from the last checkpoint."""


def main() -> None:
    """Read a job from standard input and write how it ended (`ended`) to standard output, both as JSON."""
    die_with_parent()
    # whatever a library prints must not reach the pipe
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answer.write(json.dumps(ended(job_of(json.load(sys.stdin)))))
    answer.close()


def ended(job: FaceJob) -> dict[str, Any]:
    """Run the workers. {} at the last step, {stopped, at} when they were asked to stop before; {failure}: a wrong
    argument, {error}: they could not finish."""
    try:
        cluster.connect(job.workers)
        found = _trainer(job).fit().return_value  # type: ignore[attr-defined]
    except UsageError as error:
        return {"failure": str(error)}
    except RunError as error:
        return {"error": str(error)}
    except Exception as error:
        cause = str(error).strip().splitlines()
        return {"error": cause[-1] if cause else type(error).__name__}
    return dict(found or {})


def _trainer(job: FaceJob) -> TorchTrainer:
    on_gpus = gpus_for(job.workers)
    scaling = ScalingConfig(
        num_workers=job.workers, use_gpu=on_gpus, resources_per_worker={"CPU": 1, **({"GPU": 1} if on_gpus else {})}
    )
    return TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": asdict(job)},
        # figures of the curves are averaged as they are, on CPUs
        torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if on_gpus else "gloo", timeout_s=PATIENCE_S),
        scaling_config=scaling,
        run_config=RunConfig(
            name="train",
            storage_path=str(Path(job.out).absolute() / "ray"),
            failure_config=FailureConfig(max_failures=_FAILURES),
        ),
    )


def gpus_for(workers: int) -> bool:
    """Whether the cluster's GPUs are used; Ray would wait for ever for those that it does not have."""
    if os.environ.get(TOLD, "cuda").startswith("cpu") or not torch.distributed.is_nccl_available():
        return False
    held = int(ray.cluster_resources().get("GPU", 0))
    if 0 < held < workers:
        raise UsageError(
            f"{workers} workers need a GPU each and there are {held}: give --workers {held}, or {TOLD}=cpu"
        )
    return held > 0


def _worker(config: dict[str, Any]) -> dict[str, str]:
    """The loop of one worker; how it ended, where it would end so again (`ended`)."""
    job = job_of(config["job"])
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

    if share.rank == 0:
        job.working.touch()
    wrap = prepare_model if share.world > 1 else _as_it_is
    try:
        train(job, report, share, wrap, tell, Halt(file=job.stop))
    except Stopped as stop:
        return {"stopped": stop.why, "at": stop.at}
    except UsageError as error:
        return {"failure": str(error)}
    except FloatingPointError as error:
        # every worker has the same gradient and comes here: started again, they would stop again
        return {"error": str(error)}
    return {}


def _as_it_is(module: nn.Module) -> nn.Module:
    return module


def job_of(values: dict[str, Any]) -> FaceJob:
    """The job again, from its values as a dictionary, also one that was JSON."""
    training = {**values["training"]}
    for name in ("kept_out", "skip"):
        training[name] = tuple(training[name])
    weights = LossWeights(**training.pop("weights"))
    return FaceJob(**{**values, "training": FaceTraining(**training, weights=weights)})


if __name__ == "__main__":
    main()
