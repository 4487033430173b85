"""Spans through the stages: a Ray actor keeps one warm child process for the native work, and only watches it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from catalogs.errors import BadSpan, NoCatalog, NoSpace
from catalogs.place import locate
from catalogs.schema import UNDECIDED_REASONS
from catalogs.staging import read_span, span_name, stage_span
from catalogs.storage.full_disk import named_when_full
from pipeline.child import Child, ChildCrashed, ChildError, ChildTimeout
from pipeline.extraction import rows
from pipeline.extraction.fetching import raised
from pipeline.extraction.limits import Limits
from pipeline.extraction.lost import ADVICE, LOST, first_line, reason_of
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.source_cache import SourceCache
from pipeline.extraction.tasks import SpanResult, SpanTask
from pipeline.listing.faults import SourceFault, fault_of
from pipeline.listing.uris import is_local
from stages.networks import Infer

_OPENING_SECONDS = 300.0
"""Networks may take as long to load, however short the limit for a clip is."""

_NOTHING_CAN_BE_STAGED = (OSError, NoCatalog, NoSpace)
"""The catalog's disk, not the span."""


class SpanRunner:
    """Works on spans in a child process; whatever comes of one is its tables.

    label_all, crops: see `pipeline.extraction.span.extract`. infer: reaches the networks in GPU actors
    (pipeline/serving/network_actors.py); without it they run in the child.
    """

    def __init__(
        self,
        recipe: Recipe,
        run_id: str,
        limits: Limits,
        *,
        label_all: bool = False,
        crops: bool = False,
        infer: Infer | None = None,
    ) -> None:
        self._recipe, self._run_id, self._limits, self._infer = recipe, run_id, limits, infer
        self._label_all, self._crops = label_all, crops
        self._child = Child(limits.memory)
        self._files = SourceCache(self._child, limits.seconds, limits.patience)
        opening = max(limits.seconds, _OPENING_SECONDS)
        self._child.call("pipeline.extraction.span:open_stages", recipe, label_all, seconds=opening, asked=infer)

    def close(self) -> None:
        """End the child and remove copies."""
        self._child.close()
        self._files.close()

    def tables(self, job: SpanTask) -> dict[str, pa.Table]:
        """The span's tables. A crash or a hang is tried once more in a fresh child, then recorded as failed."""
        built = self._attempt(job, last=False)
        if built is None:
            built = self._attempt(job, last=True)
        assert built is not None
        fault = self._disk_fault(job.uri) if "unreadable" in built["clips"]["reason"].to_pylist() else None
        if fault is None:
            return built
        return rows.failed(job, self._recipe.fingerprint, self._run_id, fault.fault.reason, str(fault))

    def _disk_fault(self, uri: str) -> SourceFault | None:
        """Why a local file that could not be decoded cannot be read to its end either, if so: it is not the file's."""
        if not is_local(uri):
            return None
        try:
            answer = self._child.call(
                "pipeline.extraction.fetching:fetched", uri, None, True, seconds=self._limits.seconds
            )
            raised(uri, answer)
        except SourceFault as error:
            return error if error.fault.reason in UNDECIDED_REASONS else None
        except LOST:
            return None
        return None

    def stopped(self, job: SpanTask, error: Exception) -> dict[str, pa.Table]:
        """The row of a span that the code around the child did not get through."""
        fault = fault_of(error)
        reason = fault.reason if fault.reason in UNDECIDED_REASONS else "error"
        why = f"{job.uri}: the worker stopped on it ({first_line(error)}); {ADVICE}"
        return rows.uncommitted(job, self._recipe.fingerprint, self._run_id, reason, why)

    def _attempt(self, job: SpanTask, last: bool) -> dict[str, pa.Table] | None:
        """The span's tables; None when the child crashed or hung and a second try is left."""
        start = time.perf_counter()
        fingerprint = self._recipe.fingerprint
        try:
            with named_when_full(tempfile.gettempdir()):
                path = self._files.local(job.uri)
            return self._child.call(
                "pipeline.extraction.span:extract",
                self._recipe,
                job,
                path,
                self._run_id,
                self._label_all,
                self._crops,
                seconds=self._limits.seconds,
                asked=self._infer,
            )
        except (ChildTimeout, ChildCrashed) as error:
            if not last:
                return None
            reason = reason_of(error)
            spent = time.perf_counter() - start
            detail = f"{job.uri}: the worker {error} (tried twice, {spent:.0f} s the second time); transcode the file"
            return rows.failed(job, fingerprint, self._run_id, reason, detail)
        except SourceFault as error:
            return rows.failed(job, fingerprint, self._run_id, error.fault.reason, str(error))
        except ChildError as error:
            text = str(error).splitlines()[0]
            reason = "unreadable" if text.startswith("Unreadable") else "error"
            return rows.failed(job, fingerprint, self._run_id, reason, f"{job.uri}: {text.replace(path, job.uri)}")


class SpanWorker:
    """Extracts spans and stages them in the catalog; only ids and verdicts travel back.

    infer, label_all: as in `SpanRunner`.
    """

    def __init__(
        self,
        catalog: str,
        recipe: Recipe,
        run_id: str,
        limits: Limits,
        infer: Infer | None = None,
        label_all: bool = False,
    ) -> None:
        self._catalog, self._run_id = catalog, run_id
        self._runner = SpanRunner(recipe, run_id, limits, label_all=label_all, infer=infer)

    def close(self) -> None:
        """End the child and remove copies; a Ray actor's end does so too."""
        self._runner.close()

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A batch {"job": JSON of SpanTask} as {"done": JSON of SpanResult}; every span is staged when it returns."""
        return {"done": [self.extract(SpanTask.from_json(str(text))).to_json() for text in batch["job"]]}

    def extract(self, job: SpanTask) -> SpanResult:
        """Work on one span. A crash or a hang is tried once more in a fresh child, then recorded as failed.

        Whatever else goes wrong is recorded as failed too; what cannot even be recorded here, the answer tells.
        """
        began = time.time()
        try:
            finished = self._finished(job, began)
            if finished is not None:
                return finished
            built = self._runner.tables(job)
        except NoSpace as error:
            return SpanResult(job.source_key, job.span_index, [], began=began, problem=str(error))
        except Exception as error:
            built = self._runner.stopped(job, error)
        try:
            return self._stage(job, built, began)
        except _NOTHING_CAN_BE_STAGED as error:
            return SpanResult(job.source_key, job.span_index, [], began=began, problem=str(error))
        except Exception as error:
            built = self._runner.stopped(job, error)
        try:
            return self._stage(job, built, began)
        except Exception:
            row = built["clips"].to_pylist()[0]
            return SpanResult(
                job.source_key, job.span_index, [], began=began, error=row["detail"], reason=row["reason"]
            )

    def _stage(self, job: SpanTask, built: dict[str, pa.Table], began: float) -> SpanResult:
        stage_span(self._catalog, job.source_key, job.span_index, built)
        return _done(job, built["clips"], began)

    def _finished(self, job: SpanTask, began: float) -> SpanResult | None:
        """What a worker that died right after staging left for this run: the span is not done twice.

        The committer may take the file away meanwhile; then, as with a damaged one, the span is done again.
        """
        try:
            clips = read_span(locate(self._catalog), span_name(job.source_key, job.span_index))["clips"]
        except BadSpan:
            return None
        return _done(job, clips, began) if clips["run_id"][0].as_py() == self._run_id else None


def _done(job: SpanTask, clips: pa.Table, began: float) -> SpanResult:
    seconds: dict[str, float] = {}
    for spent in clips["seconds"].to_pylist():
        for stage, value in spent or ():
            seconds[stage] = seconds.get(stage, 0.0) + value
    times = zip(clips["start_s"].to_pylist(), clips["end_s"].to_pylist(), strict=True)
    lengths = [(end or 0.0) - (start or 0.0) for start, end in times]
    verdicts = list(zip(clips["status"].to_pylist(), clips["reason"].to_pylist(), lengths, strict=True))
    return SpanResult(job.source_key, job.span_index, verdicts, seconds, began)
