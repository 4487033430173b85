"""The probe: what each listed source is, before any work on it. Decides spans, duplicates and what is left to do."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.extraction.tasks import SpanTask, spans


@dataclass(frozen=True)
class SourceTask:
    """One listed source, with its place in the list."""

    position: int
    uri: str
    source_key: str
    subject_id: str | None
    split: str | None
    start_s: float | None
    end_s: float | None
    reachable: bool = True
    user: dict[str, str] | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SourceTask:
        return cls(**json.loads(text))


LONGEST = 60 * 86_400.0
"""Seconds; a header that promises more is wrong."""


@dataclass(frozen=True)
class ProbeResult:
    """What the probe found: content hash and the content_range to work on, or why it cannot be read.

    reason: as in clips.reason, with an error. bytes: those that were read for it.
    """

    job: SourceTask
    content: str | None
    start_s: float
    end_s: float
    error: str | None
    reason: str | None = None
    bytes: int = 0

    @classmethod
    def failed(cls, job: SourceTask, content: str | None, error: str, reason: str = "unreadable") -> ProbeResult:
        return cls(job, content, job.start_s or 0.0, job.end_s or 0.0, error, reason)

    @classmethod
    def of(cls, job: SourceTask, content: str, duration: float) -> ProbeResult:
        """A readable source of `duration` seconds; listed times are clipped to it."""
        if not math.isfinite(duration) or duration > LONGEST:
            why = f"{job.uri}: claims to last {duration:.6g} s, which no video does; transcode the file"
            return cls.failed(job, content, why)
        start, end = job.start_s or 0.0, min(duration, job.end_s if job.end_s is not None else duration)
        if end <= start:
            return cls.failed(
                job,
                content,
                f"{job.uri}: lasts {duration:.2f} s, but {start:.2f} to {job.end_s or end:.2f} s is listed",
            )
        return cls(job, content, start, end, None)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ProbeResult:
        return cls._from_values(json.loads(text))

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> ProbeResult:
        return cls(**{**values, "job": SourceTask(**values["job"])})

    def pieces(self, max_seconds: float) -> list[tuple[float, float]]:
        """(start_s, end_s) of its spans; what cannot be read is one piece, as listed."""
        if self.error is not None:
            return [(self.start_s, self.end_s)]
        return spans(self.start_s, self.end_s, max_seconds)

    def span_job(self, index: int, count: int, start_s: float, end_s: float) -> SpanTask:
        """Span `index` of `count` of this source."""
        job = self.job
        return SpanTask(
            job.uri,
            job.source_key,
            self.content or "",
            index,
            count,
            start_s,
            end_s,
            job.subject_id,
            job.split,
            job.user,
        )


def grouped(jobs: Iterable[SourceTask]) -> list[list[SourceTask]]:
    """The jobs by file, in the order of the list: however many spans of a file are listed, it is read once."""
    groups: dict[str, list[SourceTask]] = {}
    for job in jobs:
        groups.setdefault(job.uri, []).append(job)
    return list(groups.values())


def tasks_to_json(jobs: Sequence[SourceTask]) -> str:
    """The jobs of one file as text."""
    return json.dumps([asdict(job) for job in jobs])


def tasks_from_json(text: str) -> list[SourceTask]:
    return [SourceTask(**values) for values in json.loads(text)]


def probes_to_json(probes: Sequence[ProbeResult]) -> str:
    """The probes of one file as text."""
    return json.dumps([asdict(probe) for probe in probes])


def probes_from_json(text: str) -> list[ProbeResult]:
    return [ProbeResult._from_values(values) for values in json.loads(text)]


@dataclass(frozen=True)
class SpanPlan:
    """The probed sources sorted: spans to work on, (span, first uri) of duplicates, what cannot be read."""

    spans: tuple[SpanTask, ...]
    duplicates: tuple[tuple[SpanTask, str], ...]
    unreadable: tuple[ProbeResult, ...]


ContentRange = tuple[str, int, int]
"""(content, start, end in ms): two spans with the same content_range would give the same clips."""


def content_range(content: str, start_s: float, end_s: float) -> ContentRange:
    return content, round(start_s * 1000), round(end_s * 1000)


def plan_spans(
    probes: Sequence[ProbeResult], known: Mapping[ContentRange, tuple[str, str]], max_seconds: float
) -> SpanPlan:
    """Sort probes, in the order of the list, so that the first of equal files is the one that is worked on.

    A source that holds nothing new is one duplicate; of one that does, the spans that are not new are duplicates.
    known: what the catalog holds already, as content_range to (uri, source_key).
    """
    first = dict(known)
    jobs: list[SpanTask] = []
    duplicates: list[tuple[SpanTask, str]] = []
    broken: list[ProbeResult] = []
    for probe in sorted(probes, key=lambda s: s.job.position):
        if probe.content is None:
            broken.append(probe)
            continue
        pieces = probe.pieces(max_seconds)
        stretches = [content_range(probe.content, *piece) for piece in pieces]
        own = (probe.job.uri, probe.job.source_key)
        firsts = [first.setdefault(s, own) for s in stretches]
        if all(key != probe.job.source_key for _, key in firsts):
            duplicates.append((probe.span_job(0, 1, probe.start_s, probe.end_s), firsts[0][0]))
        elif probe.error is not None:
            broken.append(probe)
        else:
            for i, (piece, (uri, key)) in enumerate(zip(pieces, firsts, strict=True)):
                job = probe.span_job(i, len(pieces), *piece)
                if key == probe.job.source_key:
                    jobs.append(job)
                else:
                    duplicates.append((job, uri))
    return SpanPlan(tuple(jobs), tuple(duplicates), tuple(broken))
