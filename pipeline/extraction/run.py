"""Extraction: from listed sources to a catalog, exactly once.

List, drop what is decided, probe the rest, stage every span from the worker that finished it, commit what is staged,
name the people, tidy up. Every step can be killed; the same command goes on where it stopped (docs/operations.md).
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, nullcontext, suppress
from functools import partial

import pyarrow as pa

from catalogs import Writer
from catalogs.place import check_ground, locate
from models.weights.needed import require
from pipeline import cluster
from pipeline.errors import RunError
from pipeline.extraction.finalise import Finalise, with_keys
from pipeline.extraction.listed import each_once, source_tasks
from pipeline.extraction.pending import decided_sources, decided_spans, known, re_stamped, unreached, vanished
from pipeline.extraction.probe import ProbeResult, SourceTask, plan_spans
from pipeline.extraction.probing import probe
from pipeline.extraction.progress import ProbeProgress, Progress
from pipeline.extraction.redecide import columns_of, redecided, thresholds_of
from pipeline.extraction.request import Request
from pipeline.extraction.result import Result
from pipeline.extraction.run_record import RunRecord
from pipeline.extraction.span_stager import SpanStager
from pipeline.extraction.span_worker import SpanWorker
from pipeline.extraction.tasks import SpanResult, SpanTask
from pipeline.listing.inputs import list_sources
from pipeline.listing.reach import Reach
from pipeline.people.naming import People, same_person_of
from pipeline.serving.network_actors import network_actors

COMMIT_SECONDS = 15.0
_METADATA_SECONDS = 60.0
"""A server is asked what it knows of a file no longer than this, or --timeout where that is less."""


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
        run = _Run(request, writer)
        writer.commit()  # what a killed run left staged is done work
        return run.decide(each_once(source_tasks(sources, reach)))


class _Run:
    """One run of an extraction over an open catalog."""

    def __init__(self, request: Request, writer: Writer) -> None:
        self._request, self._writer, self._recipe = request, writer, request.recipe
        self._root = locate(request.catalog).uri()
        self._record = RunRecord(writer, request.recipe, request.quiet)
        self._stager = SpanStager(self._root, request.recipe.fingerprint, self._record.run_id)
        self._startup = 0.0

    def decide(self, listed: Sequence[SourceTask]) -> Result:
        """The verdicts of these sources: those that the catalog has, and the others by working on them."""
        keys = {job.source_key for job in listed}
        with ExitStack() as kept:
            behind = self._writer.behind
            if behind:
                kept.enter_context(self._record.kept(len(listed)))
                self._decide_again(keys)
            todo, held = self._undecided(listed)
            keys |= held
            if todo:
                kept.enter_context(nullcontext() if behind else self._record.kept(len(listed)))
                self._decide_now(listed, todo, keys)
            else:
                self._tidy(listed, [])
        return self._result(keys, len(listed), len(listed) - len(todo))

    def _decide_again(self, listed: Collection[str]) -> None:
        """The catalog takes this recipe's thresholds, with the verdicts they give to the labels it holds."""
        clips = self._writer.clips(columns_of(self._recipe))
        found = redecided(clips, self._writer.recipes(), self._recipe, self._writer.with_latents())
        if clips.num_rows:
            self._say(found.text(listed))
        self._writer.adopt(partial(found.clips, run_id=self._record.run_id), found.previews)
        self._record.again = found.verdicts()

    def _undecided(self, listed: Sequence[SourceTask]) -> tuple[list[SourceTask], set[str]]:
        """What is to be worked on, and the source keys of rows that stay although their file cannot be reached now."""
        if self._request.recompute:
            return list(listed), set()
        decided = self._decided()
        done = decided_sources(decided, self._request.retry_failed, self._request.needed_labels)
        return vanished([job for job in listed if job.source_key not in done], decided)

    def _decided(self) -> pa.Table:
        return self._writer.decided(*(["seconds"] if self._request.needed_labels else []))

    def _decide_now(self, listed: Sequence[SourceTask], todo: Sequence[SourceTask], keys: set[str]) -> None:
        self._say(f"{len(todo)} sources to decide")
        progress = ProbeProgress(len(todo), self._request.quiet)
        probes = probe(todo, self._request.limits, self._request.workers, progress)
        self._work(probes, keys)
        self._record.progress.verdicts += self._stager.stage_problems(self._writer)
        self._writer.commit()
        self._tidy(listed, probes)
        self._refuse_undecided(todo)

    def _work(self, probes: Sequence[ProbeResult], listed: set[str]) -> None:
        same = re_stamped(self._writer.decided(), probes, listed, self._recipe.max_seconds)
        if same:
            self._writer.maintain(lambda clips: with_keys(clips, same))
        decided = self._decided()
        planned = plan_spans(probes, known(decided, probes), self._recipe.max_seconds)
        request = self._request
        done = set() if request.recompute else decided_spans(decided, request.retry_failed, request.needed_labels)
        jobs = [job for job in planned.spans if (job.source_key, job.span_index) not in done]
        # longest first, so that no worker is left with a long one at the end
        jobs.sort(key=lambda job: job.start_s - job.end_s)
        self._stager.note(jobs)
        seconds = sum(job.end_s - job.start_s for job in jobs)
        progress = self._record.progress = Progress(len(jobs), request.quiet, seconds=seconds)
        progress.verdicts += self._stager.stage_without_work(planned)
        last, first = time.monotonic(), math.inf
        try:
            for text in self._extracted(jobs):
                result = SpanResult.from_json(text)
                if result.problem is not None:
                    raise RunError(result.problem)
                first = min(first, result.began)
                job, result = self._stager.taken(result)
                progress.add(result, job.end_s - job.start_s)
                if time.monotonic() - last > COMMIT_SECONDS:
                    self._writer.commit()
                    last = time.monotonic()
        finally:
            self._startup = max(0.0, first - self._record.started.timestamp()) if math.isfinite(first) else 0.0
            self._writer.commit()

    def _extracted(self, jobs: Sequence[SpanTask]) -> Iterator[str]:
        """SpanResult of each job as JSON, as workers finish them."""
        if not jobs:
            return
        request = self._request
        workers = cluster.connect(request.workers)
        serving = network_actors(self._recipe.networks(), request.limits.seconds)
        gpus = f", {serving.sets} set{'s' * (serving.sets > 1)} of networks on GPUs" if serving else ""
        self._record.progress.workers = workers
        self._say(f"{len(jobs)} clips to extract with {workers} workers{gpus}")
        infer = serving.client() if serving else None
        arguments = (self._root, self._recipe, self._record.run_id, request.limits, infer, request.label_all)
        try:
            yield from cluster.run([job.to_json() for job in jobs], SpanWorker, arguments, workers, "done")
        finally:
            if serving:
                serving.close()

    def _tidy(self, listed: Sequence[SourceTask], probes: Sequence[ProbeResult]) -> None:
        """Superseded rows go, and where something is new, people are named; who has another name is told."""
        threshold = same_person_of(self._recipe.describe())
        update = Finalise(listed, probes, self._recipe.fingerprint, self._record.run_id, threshold)
        people: list[People | None] = []

        def updated(clips: pa.Table) -> pa.Table:
            after, found = update(clips)
            people.append(found)
            return after

        self._writer.maintain(updated)
        if people[-1]:
            self._say(f"people: {people[-1].text()}")

    def _refuse_undecided(self, todo: Sequence[SourceTask]) -> None:
        """Every source has its verdict or is known to be out of reach, or the run did not finish and says why."""
        decided = self._writer.decided()
        out_of_reach = set(self._writer.spared).union(unreached(decided)["source_key"].to_pylist())
        waiting = out_of_reach & {job.source_key for job in todo}
        self._record.waiting = bool(waiting)
        done = decided_sources(decided, retry_failed=False) | waiting
        left = [job.uri for job in todo if job.source_key not in done]
        if left:
            why = "; ".join(problem.error for problem in self._writer.problems[:3]) or "no worker answered"
            raise RunError(f"{len(left)} sources have no verdict, the first is {left[0]} ({why}); run it again")

    def _result(self, keys: set[str], listed: int, before: int) -> Result:
        record, decided = self._record, self._writer.decided()
        out_of_reach = unreached(decided)["source_key"].to_pylist()
        return Result.of(
            decided,
            keys,
            run_id=record.run_id,
            listed=listed,
            decided_before=before,
            unreachable=sum(key in keys for key in out_of_reach) + len(self._writer.spared),
            seconds=record.seconds,
            startup_seconds=self._startup,
            video_seconds=record.progress.video_seconds,
            catalog=self._request.catalog,
            now=dict(record.now),
            older=self._writer.older,
            again=record.again.total(),
        )

    def _say(self, text: str) -> None:
        if not self._request.quiet:
            with suppress(OSError):  # a terminal that is closed does not end the run
                print(text, file=sys.stderr, flush=True)
