"""Extraction: from listed sources to a catalog, exactly once.

List, drop what is decided, probe the rest, stage every span from the worker that finished it, commit what is staged,
name the people, tidy up. Every step can be killed; the same command goes on where it stopped (docs/operations.md).
"""

from __future__ import annotations

import json
import math
import sys
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs import Writer
from catalogs.errors import BadSpan, CatalogError, SchemaError
from catalogs.place import check_ground, locate
from catalogs.schema import STATUSES, UNDECIDED_REASONS
from catalogs.staging import stage_span
from models.weights.needed import require
from pipeline import cluster
from pipeline.errors import RunError
from pipeline.extraction import rows
from pipeline.extraction.finalise import Finalise, with_keys
from pipeline.extraction.pending import decided_sources, decided_spans, known, re_stamped, unreached
from pipeline.extraction.probe import ProbeResult, SourceTask, SpanPlan, plan_spans
from pipeline.extraction.probing import probe
from pipeline.extraction.progress import ProbeProgress, Progress
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.redecide import columns_of, redecided, thresholds_of
from pipeline.extraction.tasks import SpanResult, SpanTask
from pipeline.extraction.worker import Limits, SpanWorker
from pipeline.listing.inputs import Source, list_sources, source_key
from pipeline.listing.reach import Reach
from pipeline.listing.stamps import stamps
from pipeline.listing.uris import printable
from pipeline.machine import machine, versions
from pipeline.people.naming import People, same_person_of
from pipeline.program import command_line
from pipeline.serving.network_actors import network_actors

COMMIT_SECONDS = 15.0
_METADATA_SECONDS = 60.0
"""A server is asked what it knows of a file no longer than this, or --timeout where that is less."""


@dataclass(frozen=True)
class Request:
    """What to extract: inputs as given, catalog URI, and how."""

    inputs: Sequence[str]
    catalog: str
    recipe: Recipe
    recompute: bool = False
    retry_failed: bool = False
    label_all: bool = False
    workers: int | None = None
    limit: int | None = None
    limits: Limits = Limits()
    quiet: bool = False


@dataclass(frozen=True)
class Result:
    """What a run did: counts over the listed sources' clips, and how long it took.

    unreachable: those of `failed` that are not decided, since their source could not be reached, and the sources that
    were to be decided again and could not be.
    older: the catalog's clips that an older recipe decided; they are in none of the counts.
    now: the clips that this run decided, by verdict; the others were decided before. again: of all clips of the
    catalog, those that were decided again from their labels, by other thresholds.
    """

    run_id: str
    listed: int
    decided_before: int
    clips: int
    accepted: int
    rejected: dict[str, int]
    failed: int
    unreachable: int
    seconds: float
    startup_seconds: float
    video_seconds: float
    catalog: str
    now: Mapping[str, int]
    older: int = 0
    again: int = 0

    @property
    def before(self) -> dict[str, int]:
        """Clips decided before this run, by verdict."""
        all_of_them = {"accepted": self.accepted, "rejected": sum(self.rejected.values()), "failed": self.failed}
        return {status: max(0, count - self.now.get(status, 0)) for status, count in all_of_them.items()}

    def summary(self) -> dict[str, Any]:
        """The job's summary as one JSON object."""
        return {
            "listed": self.listed,
            "clips": self.clips,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "failed": self.failed,
            "unreachable": self.unreachable,
            "decided_before": self.decided_before,
            "now": {status: self.now.get(status, 0) for status in STATUSES},
            "before": self.before,
            "seconds": round(self.seconds, 2),
            "startup_seconds": round(self.startup_seconds, 2),
            "video_seconds": round(self.video_seconds, 2),
            "catalog": self.catalog,
            "run_id": self.run_id,
            **({"older": self.older} if self.older else {}),
            **({"decided_again": self.again} if self.again else {}),
        }


def extract(request: Request) -> Result:
    """Run the extraction. Raises InputError, RecipeMismatch, CatalogBusy, RunError: each says what to do."""
    require(name for stage in request.recipe.stages for name in stage.weights)
    check_ground(locate(request.catalog).root)
    reach = Reach(min(request.limits.seconds, _METADATA_SECONDS), request.limits.patience)
    sources = list_sources(request.inputs, request.limit, reach)
    with Writer.open(
        request.catalog,
        request.recipe.describe(),
        request.recipe.fingerprint,
        request.recompute,
        request.recipe.columns(),
        thresholds_of(request.recipe),
    ) as writer:
        return _Run(request, writer, reach).run(sources)


class _Run:
    """One run of an extraction over an open catalog."""

    def __init__(self, request: Request, writer: Writer, reach: Reach) -> None:
        self._request, self._writer, self._recipe = request, writer, request.recipe
        self._reach = reach
        self._spans: dict[tuple[str, int], SpanTask] = {}
        self._waiting: set[str] = set()
        self._root = locate(request.catalog).uri()
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._run_id = f"{self._started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        self._startup = 0.0
        self._progress = Progress(0, request.quiet)
        self._again: Counter[str] = Counter()
        self._labels = tuple(stage.name for stage in request.recipe.stages) if request.label_all else ()

    def _say(self, text: str) -> None:
        if not self._request.quiet:
            with suppress(OSError):  # a terminal that is closed does not end the run
                print(text, file=sys.stderr, flush=True)

    def run(self, sources: Sequence[Source]) -> Result:
        self._writer.commit()  # what a killed run left staged is done work
        listed = self._listed(sources)
        keys = {job.source_key for job in listed}
        with ExitStack() as noted:
            behind = self._writer.behind
            if behind:
                noted.enter_context(self._noted(len(listed)))
                self._decide_again(keys)
            todo, kept = self._undecided(listed)
            keys |= kept
            if todo:
                noted.enter_context(nullcontext() if behind else self._noted(len(listed)))
                self._decide(listed, todo, keys)
            else:
                self._tidy(listed, [])
        return self._result(keys, len(listed), len(listed) - len(todo))

    def _decide_again(self, listed: Collection[str]) -> None:
        """The catalog takes this recipe's thresholds, with the verdicts they give to the labels it holds."""
        clips = self._writer.clips(columns_of(self._recipe))
        found = redecided(clips, self._writer.recipes(), self._recipe, self._writer.with_latents())
        if clips.num_rows:
            self._say(found.text(listed))
        self._writer.adopt(partial(found.clips, run_id=self._run_id), found.previews)
        self._again = found.verdicts()

    def _undecided(self, listed: Sequence[SourceTask]) -> tuple[list[SourceTask], set[str]]:
        """What is to be worked on, and the source keys of rows that stay although their file cannot be reached now."""
        if self._request.recompute:
            return list(listed), set()
        decided = self._decided()
        done = decided_sources(decided, self._request.retry_failed, self._labels)
        return _vanished([job for job in listed if job.source_key not in done], decided)

    def _decided(self) -> pa.Table:
        return self._writer.decided(*(["seconds"] if self._labels else []))

    def _decide(self, listed: Sequence[SourceTask], todo: Sequence[SourceTask], keys: set[str]) -> None:
        self._say(f"{len(todo)} sources to decide")
        progress = ProbeProgress(len(todo), self._request.quiet)
        probes = probe(todo, self._request.limits, self._request.workers, progress)
        self._work(probes, keys)
        self._record_problems()
        self._tidy(listed, probes)
        self._refuse_undecided(todo)

    def _tidy(self, listed: Sequence[SourceTask], probes: Sequence[ProbeResult]) -> None:
        """Superseded rows go, and where something is new, people are named; who has another name is told."""
        update = Finalise(
            listed, probes, self._recipe.fingerprint, self._run_id, same_person_of(self._recipe.describe())
        )
        people: list[People | None] = []

        def updated(clips: pa.Table) -> pa.Table:
            after, found = update(clips)
            people.append(found)
            return after

        self._writer.maintain(updated)
        if people[-1]:
            self._say(f"people: {people[-1].text()}")

    @contextmanager
    def _noted(self, listed: int) -> Iterator[None]:
        """The run's row in table runs: `running` meanwhile, then how it ended."""
        self._put_run("running", listed)
        try:
            yield
        except BaseException as error:
            status = "stopped" if isinstance(error, KeyboardInterrupt | SystemExit) else "unfinished"
            # where the row cannot be written either, the next run finds it `running` and notes that it was killed
            with suppress(OSError, CatalogError):
                self._put_run(status, listed)
            raise
        self._put_run("unfinished" if self._waiting else "finished", listed)

    def _refuse_undecided(self, todo: Sequence[SourceTask]) -> None:
        """Every source has its verdict or is known to be out of reach, or the run did not finish and says why."""
        decided = self._writer.decided()
        out_of_reach = set(self._writer.spared).union(unreached(decided)["source_key"].to_pylist())
        self._waiting = out_of_reach & {job.source_key for job in todo}
        done = decided_sources(decided, retry_failed=False) | self._waiting
        left = [job.uri for job in todo if job.source_key not in done]
        if left:
            why = "; ".join(problem.error for problem in self._writer.problems[:3]) or "no worker answered"
            raise RunError(f"{len(left)} sources have no verdict, the first is {left[0]} ({why}); run it again")

    def _listed(self, sources: Sequence[Source]) -> list[SourceTask]:
        jobs = [
            SourceTask(
                i,
                s.uri,
                source_key(s, mark or ""),
                s.subject_id,
                s.split,
                s.start_s,
                s.end_s,
                mark is not None,
                dict(s.user) if s.user else None,
            )
            for i, (s, mark) in enumerate(zip(sources, stamps(sources, self._reach), strict=True))
        ]
        return list({job.source_key: job for job in reversed(jobs)}.values())[::-1]

    def _work(self, probes: Sequence[ProbeResult], listed: set[str]) -> None:
        same = re_stamped(self._writer.decided(), probes, listed, self._recipe.max_seconds)
        if same:
            self._writer.maintain(lambda clips: with_keys(clips, same))
        decided = self._decided()
        sorted_out = plan_spans(probes, known(decided, probes), self._recipe.max_seconds)
        retry = self._request.retry_failed
        done = set() if self._request.recompute else decided_spans(decided, retry, self._labels)
        jobs = [job for job in sorted_out.spans if (job.source_key, job.span_index) not in done]
        # longest first, so that no worker is left with a long one at the end
        jobs.sort(key=lambda job: job.start_s - job.end_s)
        self._spans |= {(job.source_key, job.span_index): job for job in jobs}
        seconds = sum(job.end_s - job.start_s for job in jobs)
        progress = self._progress = Progress(len(jobs), self._request.quiet, seconds=seconds)
        self._stage_lone_rows(sorted_out, progress)
        last, first = time.monotonic(), math.inf
        try:
            for text in self._extracted(jobs):
                result = SpanResult.from_json(text)
                if result.problem is not None:
                    raise RunError(result.problem)
                first = min(first, result.began)
                job = self._spans[result.source_key, result.span_index]
                progress.add(self._answered(job, result), job.end_s - job.start_s)
                if time.monotonic() - last > COMMIT_SECONDS:
                    self._writer.commit()
                    last = time.monotonic()
        finally:
            self._startup = max(0.0, first - self._started.timestamp()) if math.isfinite(first) else 0.0
            self._writer.commit()

    def _extracted(self, jobs: Sequence[SpanTask]) -> Iterator[str]:
        """SpanResult of each job as JSON, as workers finish them."""
        if not jobs:
            return
        workers = cluster.connect(self._request.workers)
        serving = network_actors(self._recipe.networks(), self._request.limits.seconds)
        gpus = f", {serving.sets} set{'s' * (serving.sets > 1)} of networks on GPUs" if serving else ""
        self._progress.workers = workers
        self._say(f"{len(jobs)} clips to extract with {workers} workers{gpus}")
        ask = serving.client() if serving else None
        request = self._request
        arguments = (self._root, self._recipe, self._run_id, request.limits, ask, request.label_all)
        try:
            yield from cluster.run([job.to_json() for job in jobs], SpanWorker, arguments, workers, "done")
        finally:
            if serving:
                serving.close()

    def _answered(self, job: SpanTask, result: SpanResult) -> SpanResult:
        """The answer of a worker; where it could stage nothing, its error is staged here."""
        if result.error is None:
            return result
        reason = result.reason or "error"
        self._stage(job, rows.uncommitted(job, self._recipe.fingerprint, self._run_id, reason, result.error))
        return replace(result, clips=[("failed", reason, job.end_s - job.start_s)])

    def _stage_lone_rows(self, sorted_out: SpanPlan, progress: Progress) -> None:
        """Rows that need no work: duplicates, and what the probe could not read."""
        mark = self._recipe.fingerprint
        for job, first in sorted_out.duplicates:
            self._stage(job, rows.duplicate(job, mark, self._run_id, first))
            progress.verdicts["rejected"] += 1
        for broken in sorted_out.unreadable:
            job = broken.span_job(0, 1, broken.start_s, broken.end_s)
            detail, reason = broken.error or "cannot be read", broken.reason or "unreadable"
            self._stage(job, rows.unreadable(job, mark, self._run_id, reason, detail, broken.content is not None))
            progress.verdicts["failed"] += 1

    def _stage(self, job: SpanTask, built: dict[str, pa.Table]) -> None:
        """Stage the rows of one span; rows that do not fit the catalog cost only that span."""
        self._spans[job.source_key, job.span_index] = job
        try:
            stage_span(self._root, job.source_key, job.span_index, built)
        except (SchemaError, BadSpan) as error:
            self._stage_error(job, str(error))

    def _stage_error(self, job: SpanTask, why: str) -> None:
        detail = f"{job.uri}: its rows do not fit the catalog ({why}); decide it again with --retry-failed"
        built = rows.uncommitted(job, self._recipe.fingerprint, self._run_id, "error", detail)
        stage_span(self._root, job.source_key, job.span_index, built)

    def _record_problems(self) -> None:
        """A span that was staged but could not be committed is a failed one."""
        decided = self._writer.decided()
        held = set(zip(decided["source_key"].to_pylist(), decided["span_index"].to_pylist(), strict=True))
        for problem in self._writer.problems:
            span = problem.source_key, problem.span_index
            job = self._spans.get(span)
            if job is not None and span not in held:
                self._stage_error(job, problem.error)
                self._progress.verdicts["failed"] += 1
        self._writer.commit()

    def _put_run(self, status: str, listed: int) -> None:
        recipe = self._recipe
        progress = None if status == "running" else self._progress
        verdicts = self._now() if progress else Counter[str]()
        self._writer.put_run(
            {
                "run_id": self._run_id,
                "recipe": json.dumps(recipe.describe()),
                "fingerprint": recipe.fingerprint,
                "versions": json.dumps(versions()),
                "weights": json.dumps(
                    [
                        {"name": w.name, "file": w.file, "sha256": w.sha256, "licence": w.licence}
                        for w in recipe.weights()
                    ]
                ),
                "machine": json.dumps(machine()),
                "started": self._started.replace(tzinfo=None),
                "ended": datetime.now(UTC).replace(tzinfo=None) if progress else None,
                "status": status,
                "listed": listed,
                "clips": sum(verdicts.values()) if progress else None,
                "accepted": verdicts["accepted"] if progress else None,
                "rejected": verdicts["rejected"] if progress else None,
                "failed": verdicts["failed"] if progress else None,
                "seconds": dict(progress.stage_seconds) if progress else None,
                "wall_seconds": time.monotonic() - self._clock if progress else None,
                "video_seconds": progress.video_seconds if progress else None,
                "command": printable(command_line()),
            }
        )

    def _result(self, keys: set[str], listed: int, before: int) -> Result:
        clips = self._writer.decided()
        mine = clips.filter(pc.is_in(clips["source_key"], pa.array(keys, pa.string())))
        reasons = pc.value_counts(mine.filter(pc.equal(mine["status"], "rejected"))["reason"]).to_pylist()
        rejected = {item["values"]: item["counts"] for item in reasons}
        return Result(
            run_id=self._run_id,
            listed=listed,
            decided_before=before,
            clips=mine.num_rows,
            accepted=pc.sum(pc.equal(mine["status"], "accepted"), min_count=0).as_py() or 0,
            rejected=dict(sorted(rejected.items(), key=lambda item: (-item[1], item[0]))),
            failed=pc.sum(pc.equal(mine["status"], "failed"), min_count=0).as_py() or 0,
            unreachable=unreached(mine).num_rows + len(self._writer.spared),
            seconds=time.monotonic() - self._clock,
            startup_seconds=self._startup,
            video_seconds=self._progress.video_seconds,
            catalog=self._request.catalog,
            older=self._writer.older,
            now=dict(self._now()),
            again=self._again.total(),
        )

    def _now(self) -> Counter[str]:
        """The clips that this run decided so far, by verdict."""
        return self._again + self._progress.verdicts


def _vanished(todo: Sequence[SourceTask], decided: pa.Table) -> tuple[list[SourceTask], set[str]]:
    """What is left to do, and the source keys of rows that stay although their file cannot be reached now."""
    gone = {job.uri for job in todo if not job.reachable}
    rows = zip(*(decided[name].to_pylist() for name in ("source_uri", "source_key", "reason")), strict=True)
    kept = {key: uri for uri, key, reason in rows if uri in gone and reason not in UNDECIDED_REASONS}
    held = set(kept.values())
    return [job for job in todo if job.uri not in held or job.reachable], set(kept)
