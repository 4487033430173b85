"""Connecting to Ray and running jobs through actors with Ray Data; nothing here knows what the jobs are."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext

from models.weights.needed import environment
from pipeline.errors import RunError
from pipeline.program import python_path
from pipeline.ray_logs import quiet_ray
from pipeline.raylet import Watch

_MOST_BLOCKS = 4000


def address() -> str | None:
    """The cluster this process was told to join, or None: Ray starts on this machine alone."""
    return os.environ.get("RAY_ADDRESS") or None


def connect(workers: int | None) -> int:
    """Join the cluster of RAY_ADDRESS (a submitted job has it set), else start Ray on this machine alone.

    Returns the number of workers: `workers`, or one a CPU.
    """
    if not ray.is_initialized():
        joined = address()
        local: dict[str, Any] = {}
        if not joined:
            wanted = workers or len(os.sched_getaffinity(0))
            # Ray Data's own tasks need room beside the actors, or it waits for ever without a word
            # and nobody reads the metrics of a Ray that ends with this run: they cost 2 % of two cores
            quiet = {"enable_metrics_collection": False, "task_events_report_interval_ms": 0}
            local = {"num_cpus": wanted + 1, "include_dashboard": False, "_system_config": quiet}
        before = signal.getsignal(signal.SIGTERM)
        try:
            with quiet_ray():
                ray.init(
                    address=joined or "local",
                    logging_level=logging.CRITICAL,
                    log_to_driver=False,
                    runtime_env={"env_vars": {"PYTHONPATH": python_path(), "RAY_DEDUP_LOGS": "0", **_ours()}},
                    **local,
                )
        except Exception as error:
            raise RunError(_not_reached(joined, error)) from error
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)  # Ray puts its own in the place of the job's
    cpus = int(ray.cluster_resources().get("CPU", 1))
    return workers or max(1, cpus - (0 if address() else 1))


def _not_reached(joined: str | None, error: Exception) -> str:
    why = " ".join(str(error).split())
    if joined:
        return (
            f"cannot reach Ray at {joined} ({why}); unset RAY_ADDRESS to run on this machine alone, or start a "
            "cluster with: ray start --head"
        )
    folder = os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e6:.0f} MB are free in {folder}, where it keeps its logs and sockets"
    return f"cannot reach Ray at this machine: it did not start ({why}); {room}: free some space or set RAY_TMPDIR"


def _ours() -> dict[str, str]:
    """This process's VASARI_ settings (device, folder of weights, ...), which hold for its actors too."""
    return {**{name: value for name, value in os.environ.items() if name.startswith("VASARI_")}, **environment()}


def run(jobs: Sequence[str], worker: type, arguments: tuple[Any, ...], workers: int, column: str) -> Iterator[str]:
    """Answers of `worker` actors to `jobs` (JSON texts), as they come.

    worker: a class called with a batch {"job": [...]}, that answers {column: [...]}. Raises RunError when the cluster
    is gone or an actor cannot be made.
    """
    if not jobs:
        return
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    count = min(workers, len(jobs))
    cpus = ray.cluster_resources().get("CPU", 1)
    share = min(1.0, cpus / (count + 1))
    data = ray.data.from_items(
        [{"job": job} for job in jobs], override_num_blocks=min(len(jobs), _MOST_BLOCKS)
    ).map_batches(
        worker,
        fn_constructor_args=arguments,
        compute=ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=2),
        batch_size=1,
        num_cpus=share,
    )
    watch = Watch()
    try:
        rows = iter(data.iter_rows())
        while True:
            with watch.waiting():
                row = next(rows, None)
            if row is None:
                return
            yield str(row[column])
    except Exception as error:
        raise RunError(
            f"Ray stopped before all clips were done ({cause(error)}); what is done is kept: run the same command again"
        ) from error
    finally:
        watch.close()


def cause(error: Exception) -> str:
    """The line of Ray's error that tells the cause: the last one that is not about its own retries."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(_ADVICE)]
    return told[-1] if told else type(error).__name__


_ADVICE = ("Failed to ", "To change retry attempts")
"""How lines begin that Ray adds to the error of a task."""
