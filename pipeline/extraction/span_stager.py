"""Rows that no worker stages: of what needs no work, and of what came to nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from catalogs import Writer
from catalogs.errors import BadSpan, SchemaError
from catalogs.staging import stage_span
from pipeline.extraction import rows
from pipeline.extraction.probe import SpanPlan
from pipeline.extraction.tasks import SpanResult, SpanTask


class SpanStager:
    """The driver's side of staging, for one run into the catalog at `root`. It knows every span of the run, so that
    none is left without its row."""

    def __init__(self, root: str, fingerprint: str, run_id: str) -> None:
        self._root, self._fingerprint, self._run_id = root, fingerprint, run_id
        self._spans: dict[tuple[str, int], SpanTask] = {}

    def note(self, jobs: Iterable[SpanTask]) -> None:
        """Know these spans: a worker's answer, or a problem in a commit, names one of them."""
        self._spans |= {(job.source_key, job.span_index): job for job in jobs}

    def stage_without_work(self, planned: SpanPlan) -> Counter[str]:
        """Duplicates, and what the probe could not read; how many of each verdict."""
        for job, first in planned.duplicates:
            self._stage(job, rows.duplicate(job, self._fingerprint, self._run_id, first))
        for broken in planned.unreadable:
            job = broken.span_job(0, 1, broken.start_s, broken.end_s)
            detail, reason = broken.error or "cannot be read", broken.reason or "unreadable"
            hashed = broken.content is not None
            self._stage(job, rows.unreadable(job, self._fingerprint, self._run_id, reason, detail, hashed))
        return Counter(rejected=len(planned.duplicates), failed=len(planned.unreadable))

    def taken(self, result: SpanResult) -> tuple[SpanTask, SpanResult]:
        """The span that a worker answered, and its answer; where it could stage nothing, its error is staged here."""
        job = self._spans[result.source_key, result.span_index]
        if result.error is None:
            return job, result
        reason = result.reason or "error"
        self._stage(job, rows.uncommitted(job, self._fingerprint, self._run_id, reason, result.error))
        return job, replace(result, clips=[("failed", reason, job.end_s - job.start_s)])

    def stage_problems(self, writer: Writer) -> Counter[str]:
        """What was staged and could not be committed has failed; how many of each verdict."""
        decided = writer.decided()
        held = set(zip(decided["source_key"].to_pylist(), decided["span_index"].to_pylist(), strict=True))
        found: Counter[str] = Counter()
        for problem in writer.problems:
            span = problem.source_key, problem.span_index
            job = self._spans.get(span)
            if job is not None and span not in held:
                self._stage_error(job, problem.error)
                found["failed"] += 1
        return found

    def _stage(self, job: SpanTask, built: dict[str, pa.Table]) -> None:
        """Rows that do not fit the catalog cost only their span."""
        self.note([job])
        try:
            stage_span(self._root, job.source_key, job.span_index, built)
        except (SchemaError, BadSpan) as error:
            self._stage_error(job, str(error))

    def _stage_error(self, job: SpanTask, why: str) -> None:
        detail = f"{job.uri}: its rows do not fit the catalog ({why}); decide it again with --retry-failed"
        built = rows.uncommitted(job, self._fingerprint, self._run_id, "error", detail)
        stage_span(self._root, job.source_key, job.span_index, built)
