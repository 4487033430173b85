"""Where the survey runs: a short list in this process, a long one or one on a cluster through Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Thread

from pipeline import cluster
from pipeline.extraction.probe import SourceTask, Survey, grouped, jobs_to_json, surveys_from_json
from pipeline.extraction.progress import ProbeProgress
from pipeline.extraction.worker import Limits, ProbeWorker
from pipeline.listing.uris import is_local

SHORT = 200
"""Files that are surveyed sooner than a Ray dataset starts."""

_FEW = 16
"""Local files for which another process is not worth its start."""


def survey(
    jobs: Sequence[SourceTask], limits: Limits, workers: int | None, progress: ProbeProgress | None = None
) -> list[Survey]:
    """The surveys of `jobs`, in any order. Each file is read once, however many of its spans are listed."""
    progress = progress or ProbeProgress(len(jobs), quiet=True)
    files = grouped(jobs)
    here = len(files) <= SHORT and not cluster.address()
    found: list[Survey] = []
    for surveys in _here(files, limits, workers, progress) if here else _on_ray(files, limits, workers):
        found += surveys
        progress.add(len(surveys), 0 if here else sum(survey.bytes for survey in surveys))
    return found


def _here(
    files: Sequence[Sequence[SourceTask]], limits: Limits, workers: int | None, progress: ProbeProgress
) -> Iterator[list[Survey]]:
    """By workers in threads of this process; each has a child process that reads, and goes with its thread."""
    most = workers or len(os.sched_getaffinity(0))
    remote = sum(not is_local(jobs[0].uri) for jobs in files)
    count = max(1, min(most, remote + (len(files) - remote) // _FEW, len(files)))
    left, done = SimpleQueue[Sequence[SourceTask]](), SimpleQueue[list[Survey] | BaseException]()
    for jobs in files:
        left.put(jobs)

    def work() -> None:
        try:
            with closing(ProbeWorker(limits)) as worker:
                while True:
                    done.put(worker.survey(left.get_nowait(), progress.hear))
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


def _on_ray(files: Sequence[Sequence[SourceTask]], limits: Limits, workers: int | None) -> Iterator[list[Survey]]:
    texts = [jobs_to_json(jobs) for jobs in files]
    for text in cluster.run(texts, ProbeWorker, (limits,), cluster.connect(workers), "survey"):
        yield surveys_from_json(text)
