"""The Ray actors. Each keeps one warm child process that does the native work; the actor itself only watches it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalogs.errors import BadSpan, NoCatalog, NoSpace
from catalogs.space import named_when_full
from catalogs.staging import read_span, span_path, stage_span
from pipeline import rows
from pipeline.child import Child, ChildCrashed, ChildError, ChildTimeout
from pipeline.jobs import SpanDone, SpanJob
from pipeline.local import LocalFiles
from pipeline.recipe import Recipe
from pipeline.survey import Survey, SurveyJob
from stages.networks import Ask

_OPENING_SECONDS = 300.0
"""Networks may take as long to load, however short the limit for a clip is."""

LOST = (ChildTimeout, ChildCrashed, ChildError)


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes one span may take in a child process."""

    seconds: float = 300.0
    memory: int = 12 << 30


class SurveyWorker:
    """Hashes a source and reads its header."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child = Child(limits.memory)
        self._files = LocalFiles()

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A batch {"job": JSON of SurveyJob} as {"survey": JSON of Survey}."""
        return {"survey": [self.survey(SurveyJob.from_json(str(text))).to_json() for text in batch["job"]]}

    def close(self) -> None:
        """End the child and remove copies."""
        self._child.close()
        self._files.close()

    def survey(self, job: SurveyJob) -> Survey:
        """The survey of one source; what goes wrong is part of it."""
        seconds = self._limits.seconds
        try:
            path = self._files.local(job.uri)
            content = self._child.call("pipeline.uris:content_hash", path, seconds=seconds)
        except (OSError, ValueError, *LOST) as error:
            why = str(error).splitlines()[0]
            return Survey.failed(job, None, f"{job.uri}: cannot be read ({why}); check the path and its permissions")
        try:
            header = self._child.call("pipeline.header:header", path, seconds=seconds)
        except LOST as error:
            why = str(error).splitlines()[0]
            return Survey.failed(job, content, f"{job.uri}: reading its header {why}; remove or transcode the file")
        if "unreadable" in header:
            return Survey.failed(job, content, header["unreadable"].replace(path, job.uri))
        return Survey.of(job, content, header["duration"])


class SpanWorker:
    """Extracts spans and stages them in the catalog; only ids and verdicts travel back.

    ask: reaches the networks in GPU actors (pipeline/labellers.py); without it they run in the child.
    """

    def __init__(self, catalog: str, recipe: Recipe, run_id: str, limits: Limits, ask: Ask | None = None) -> None:
        self._catalog, self._recipe, self._run_id, self._limits, self._ask = catalog, recipe, run_id, limits, ask
        self._child = Child(limits.memory)
        self._files = LocalFiles()
        opening = max(limits.seconds, _OPENING_SECONDS)
        self._child.call("pipeline.span:open_stages", recipe, seconds=opening, asked=ask)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A batch {"job": JSON of SpanJob} as {"done": JSON of SpanDone}; every span is staged when it returns."""
        return {"done": [self.extract(SpanJob.from_json(str(text))).to_json() for text in batch["job"]]}

    def extract(self, job: SpanJob) -> SpanDone:
        """Work on one span. A crash or a hang is tried once more in a fresh child, then recorded as failed."""
        began = time.time()
        finished = self._finished(job, began)
        if finished is not None:
            return finished
        try:
            built = self._attempt(job, last=False)
            if built is None:
                built = self._attempt(job, last=True)
            assert built is not None
            stage_span(self._catalog, job.source_key, job.span_index, built)
        except (OSError, NoCatalog, NoSpace) as error:
            return SpanDone(job.source_key, job.span_index, [], began=began, problem=str(error))
        return _done(job, built["clips"], began)

    def _finished(self, job: SpanJob, began: float) -> SpanDone | None:
        """What a worker that died right after staging left for this run: the span is not done twice.

        The committer may take the file away meanwhile; then, as with a damaged one, the span is done again.
        """
        path = span_path(Path(self._catalog), job.source_key, job.span_index)
        try:
            clips = read_span(path)["clips"] if path.exists() else None
        except BadSpan:
            return None
        if clips is None:
            return None
        return _done(job, clips, began) if clips["run_id"][0].as_py() == self._run_id else None

    def _attempt(self, job: SpanJob, last: bool) -> dict[str, pa.Table] | None:
        """The span's tables; None when the child crashed or hung and a second try is left."""
        start = time.perf_counter()
        fingerprint = self._recipe.fingerprint
        try:
            with named_when_full(tempfile.gettempdir()):
                path = self._files.local(job.uri)
            return self._child.call(
                "pipeline.span:extract",
                self._recipe,
                job,
                path,
                self._run_id,
                seconds=self._limits.seconds,
                asked=self._ask,
            )
        except (ChildTimeout, ChildCrashed) as error:
            if not last:
                return None
            reason = "timeout" if isinstance(error, ChildTimeout) else "crashed"
            spent = time.perf_counter() - start
            detail = f"{job.uri}: the worker {error} (tried twice, {spent:.0f} s the second time); transcode the file"
            return rows.failed(job, fingerprint, self._run_id, reason, detail)
        except (ChildError, OSError) as error:
            text = str(error).splitlines()[0]
            reason = "unreadable" if text.startswith("Unreadable") or isinstance(error, OSError) else "error"
            return rows.failed(job, fingerprint, self._run_id, reason, f"{job.uri}: {text}")


def _done(job: SpanJob, clips: pa.Table, began: float) -> SpanDone:
    seconds: dict[str, float] = {}
    for spent in clips["seconds"].to_pylist():
        for stage, value in (spent or {}).items():
            seconds[stage] = seconds.get(stage, 0.0) + (value or 0.0)
    times = zip(clips["start_s"].to_pylist(), clips["end_s"].to_pylist(), strict=True)
    lengths = [(end or 0.0) - (start or 0.0) for start, end in times]
    verdicts = list(zip(clips["status"].to_pylist(), clips["reason"].to_pylist(), lengths, strict=True))
    return SpanDone(job.source_key, job.span_index, verdicts, seconds, began)
