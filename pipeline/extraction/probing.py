"""Where the probe runs: a short list in this process, a long one or one on a cluster through Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Thread

from pipeline import cluster
from pipeline.extraction.limits import Limits
from pipeline.extraction.probe import ProbeResult, SourceTask, grouped, probes_from_json, tasks_to_json
from pipeline.extraction.probe_worker import ProbeWorker
from pipeline.extraction.progress import ProbeProgress
from pipeline.listing.uris import is_local

SHORT = 200
"""Files that are probed sooner than a Ray dataset starts."""

_FEW = 16
"""Local files for which another process is not worth its start."""


def probe(
    jobs: Sequence[SourceTask], limits: Limits, workers: int | None, progress: ProbeProgress | None = None
) -> list[ProbeResult]:
    """The probes of `jobs`, in any order. Each file is read once, however many of its spans are listed."""
    progress = progress or ProbeProgress(len(jobs), quiet=True)
    files = grouped(jobs)
    here = len(files) <= SHORT and not cluster.address()
    found: list[ProbeResult] = []
    for probes in _here(files, limits, workers, progress) if here else _on_ray(files, limits, workers):
        found += probes
        progress.add(len(probes), 0 if here else sum(probe.bytes for probe in probes))
    return found


def _here(
    files: Sequence[Sequence[SourceTask]], limits: Limits, workers: int | None, progress: ProbeProgress
) -> Iterator[list[ProbeResult]]:
    """By workers in threads of this process; each has a child process that reads, and goes with its thread."""
    most = workers or len(os.sched_getaffinity(0))
    remote = sum(not is_local(jobs[0].uri) for jobs in files)
    count = max(1, min(most, remote + (len(files) - remote) // _FEW, len(files)))
    left, done = SimpleQueue[Sequence[SourceTask]](), SimpleQueue[list[ProbeResult] | BaseException]()
    for jobs in files:
        left.put(jobs)

    def work() -> None:
        try:
            with closing(ProbeWorker(limits)) as worker:
                while True:
                    done.put(worker.probe(left.get_nowait(), progress.add_bytes))
        except Empty:
            return
        except BaseException as error:
            done.put(error)

    for _ in range(count):
        Thread(target=work, daemon=True).start()
    for _ in files:
        answer = done.get()
        if isinstance(answer, BaseException):
            raise answer
        yield answer


def _on_ray(files: Sequence[Sequence[SourceTask]], limits: Limits, workers: int | None) -> Iterator[list[ProbeResult]]:
    texts = [tasks_to_json(jobs) for jobs in files]
    for text in cluster.run(texts, ProbeWorker, (limits,), cluster.connect(workers), "probes"):
        yield probes_from_json(text)
