"""The process that runs a training's workers on Ray Train; it is apart from the command's, which hears signals for it.

A signal to the command's process group, as Ctrl-C, `timeout` and batch systems send it, would end Ray's own processes
and with them the workers, before they have kept anything.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import ray
import ray.train
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer, prepare_model

from models.runtime.device import TOLD
from pipeline import cluster
from pipeline.child import die_with_parent
from pipeline.errors import RunError, UsageError
from pipeline.training.distributed import PATIENCE, Workers
from pipeline.training.halt import Halt, Stopped
from pipeline.training.launch import Launch

_FAILURES = 2
"""Times the workers are started again after one of them died; they go on from the last checkpoint."""


class Entry(Protocol):
    """What every worker calls. values: of `Launch`. tell: a line for the training's log. report: the step, and what the
    log and Ray's dashboard say of it."""

    def __call__(
        self,
        values: dict[str, Any],
        workers: Workers,
        halt: Halt,
        report: Callable[[int, dict[str, float]], None],
        tell: Callable[[str], None],
    ) -> None: ...


def main() -> None:
    """Read a launch from standard input and write how it ended (`ended`) to standard output, both as JSON."""
    die_with_parent()
    # whatever a library prints must not reach the pipe
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    said = json.load(sys.stdin)
    answer.write(json.dumps(ended(Launch(said["entry"], said["values"], Path(said["folder"]), said["workers"]))))
    answer.close()


def ended(launch: Launch) -> dict[str, Any]:
    """Run the workers. {} at the last step, {stopped, at} when they were asked to stop before; {failure}: a wrong
    argument, {error}: they could not finish."""
    try:
        cluster.connect(launch.workers)
        found = _trainer(launch).fit().return_value  # type: ignore[attr-defined]
    except UsageError as error:
        return {"failure": str(error)}
    except RunError as error:
        return {"error": str(error)}
    except Exception as error:
        cause = str(error).strip().splitlines()
        return {"error": cause[-1] if cause else type(error).__name__}
    return dict(found or {})


def _trainer(launch: Launch) -> TorchTrainer:
    on_gpus = gpus_for(launch.workers)
    scaling = ScalingConfig(
        num_workers=launch.workers, use_gpu=on_gpus, resources_per_worker={"CPU": 1, **({"GPU": 1} if on_gpus else {})}
    )
    return TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"launch": launch},
        # figures of the curves are averaged as they are, on CPUs
        torch_config=TorchConfig(
            backend="cpu:gloo,cuda:nccl" if on_gpus else "gloo", timeout_s=int(PATIENCE.total_seconds())
        ),
        scaling_config=scaling,
        run_config=RunConfig(
            name="train",
            storage_path=str(launch.folder.absolute() / "ray"),
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
    """What one worker does; how it ended, where it would end so again (`ended`)."""
    launch: Launch = config["launch"]
    context = ray.train.get_context()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // context.get_local_world_size()))
    workers = Workers(context.get_world_rank(), context.get_world_size())
    if workers.world > 1:
        workers = replace(workers, wrap=prepare_model)

    def tell(text: str) -> None:
        with launch.log.open("a") as log:
            log.write(text + "\n")

    def report(step: int, figures: dict[str, float]) -> None:
        ray.train.report({"step": step, **figures})

    if workers.first:
        launch.working.touch()
    module, _, function = launch.entry.partition(":")
    entry: Entry = getattr(import_module(module), function)
    try:
        entry(dict(launch.values), workers, Halt(file=launch.stop), report, tell)
    except Stopped as stop:
        return {"stopped": stop.why, "at": stop.at}
    except UsageError as error:
        return {"failure": str(error)}
    except FloatingPointError as error:
        # every worker has the same gradient and comes here: started again, they would stop again
        return {"error": str(error)}
    return {}


if __name__ == "__main__":
    main()
