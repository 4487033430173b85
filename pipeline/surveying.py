"""Where the survey runs: a short list in this process, a long one or one on a cluster through Ray."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import cluster
from pipeline.survey import Survey, SurveyJob
from pipeline.workers import Limits, SurveyWorker

SHORT = 200
"""Sources that are surveyed sooner than a Ray dataset starts."""


def survey(jobs: Sequence[SurveyJob], limits: Limits, workers: int | None) -> list[Survey]:
    """The surveys of `jobs`, in any order."""
    if len(jobs) <= SHORT and not cluster.address():
        worker = SurveyWorker(limits)
        try:
            return [worker.survey(job) for job in jobs]
        finally:
            worker.close()
    texts = [job.to_json() for job in jobs]
    answers = cluster.run(texts, SurveyWorker, (limits,), cluster.connect(workers), "survey")
    return [Survey.from_json(text) for text in answers]
