"""One process per core over a list of clips, with no Ray and no catalog: the way limits are measured."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

Work = Callable[[], Callable[[str], Any]]
"""Opens what a process needs, once; returns what it does to each path."""


def timed(open_work: Work, paths: Sequence[str], cores: int) -> tuple[float, float, list[Any]]:
    """(seconds of opening, seconds of steady work, answers in the order of `paths`).

    The clock of the steady work starts when every process has opened its models.
    """
    context = multiprocessing.get_context("spawn")
    tasks: Any = context.Queue()
    answers: Any = context.Queue()
    gate = context.Barrier(cores + 1)
    start = time.perf_counter()
    workers = [context.Process(target=_serve, args=(open_work, tasks, answers, gate)) for _ in range(cores)]
    for worker in workers:
        worker.start()
    gate.wait()
    opened = time.perf_counter()
    for task in enumerate(paths):
        tasks.put(task)
    got = dict(answers.get() for _ in paths)
    done = time.perf_counter()
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
    return opened - start, done - opened, [got[i] for i in range(len(paths))]


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def _serve(open_work: Work, tasks: Any, answers: Any, gate: Any) -> None:
    import cv2

    cv2.setNumThreads(1)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    do = open_work()
    gate.wait()
    while (task := tasks.get()) is not None:
        index, path = task
        answers.put((index, do(path)))
