"""What a run would have before it: sources, hours, time and storage, by measured rates. Reads only; makes nothing."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalogs import manifest as manifests
from catalogs import parts, view
from catalogs.manifest import Manifest
from catalogs.opening import is_adoptable, recipes_of
from catalogs.place import check_ground, locate
from catalogs.schema import REJECTED
from catalogs.storage import Storage
from catalogs.writer import DECIDED
from pipeline.child import Child, ChildCrashed, ChildError, ChildTimeout
from pipeline.extraction.listed import each_once, source_tasks
from pipeline.extraction.pending import decided_sources
from pipeline.extraction.probe import SourceTask
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.redecide import Redecided, columns_of, redecided, thresholds_of
from pipeline.extraction.request import Request
from pipeline.extraction.throughput import Table, frame_bytes, read_table, worker_speed
from pipeline.listing.inputs import list_sources
from pipeline.listing.reach import Patience, Reach
from pipeline.listing.uris import is_local, local_path

MOST = 400
"""Headers read at most: of more sources, as many are drawn, and the rest is taken to be like them."""

HEADER_SECONDS = 20.0


@dataclass(frozen=True)
class Outlook:
    """What is before a run.

    sources: listed; decided: of these, by the catalog already; todo: the others. headers: read of these; unreadable: of
    those, not videos. video_seconds, wall_seconds, bytes: of what is to do; None where nothing tells. workers: at work
    at once. speed: seconds of video that one works on a second; speed_from, bytes_from: where the figures are from.
    refused: the catalog has another recipe, and the run would say so and end. decided_again, need_work: where it has
    other thresholds, its clips that are decided again from their labels, and those that are worked on again.
    """

    sources: int
    decided: int
    todo: int
    headers: int
    unreadable: int
    video_seconds: float | None
    workers: int
    wall_seconds: float | None
    bytes: float | None
    speed: float | None
    speed_from: str
    bytes_from: str
    refused: bool = False
    decided_again: int = 0
    need_work: int = 0

    @property
    def estimated(self) -> bool:
        """Whether the hours are an estimate, because not all headers were read."""
        return self.headers < self.todo

    def describe(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "estimated": self.estimated}


@dataclass(frozen=True)
class _Rates:
    """speed: seconds of video a second and worker. size: bytes a second of video. None where not known."""

    speed: float | None
    speed_from: str
    size: float | None
    size_from: str


def outlook(request: Request, table: Table | None = None) -> Outlook:
    """What that run would have before it. Raises InputError and BadPlace as the run would.

    table: by default pipeline/extraction/throughput.json.
    """
    table = read_table() if table is None else table
    recipe, recompute = request.recipe, request.recompute
    files = locate(request.catalog)
    check_ground(files.root)
    state = manifests.newest(files)
    reach = Reach(HEADER_SECONDS, Patience(attempts=1))
    listed = each_once(source_tasks(list_sources(request.inputs, request.limit), reach))
    again = None
    if state is not None and is_adoptable(state.recipe, recipe.describe(), thresholds_of(recipe)) and not recompute:
        again = _redecided(files, state, recipe)
    ours = state is not None and (state.fingerprint == recipe.fingerprint or again is not None)
    done: set[str] = set()
    if state is not None and ours and not recompute:
        decided = parts.read_all(files, "clips", state.parts("clips"), [*DECIDED, "recipe", "run_id", "detail", *_MORE])
        decided = decided if again is None else again.clips(decided, "")
        mine = [mark == recipe.fingerprint for mark in decided["recipe"].to_pylist()]
        done = decided_sources(decided.filter(mine), request.retry_failed, request.needed_labels)
    todo = [task for task in listed if task.source_key not in done]
    headers, lengths = _lengths(todo)
    video = sum(lengths) / headers * len(todo) if headers else None if todo else 0.0
    rates = _rates(request.catalog if ours else None, state, recipe, table)
    cores = len(os.sched_getaffinity(0))
    at_once = request.workers or cores
    wall = None
    if video is not None and rates.speed:
        start = table["cpu_chain"].get("startup_seconds", 0.0)
        wall = start + video / (rates.speed * min(at_once, cores)) if todo else 0.0
    return Outlook(
        sources=len(listed),
        decided=len(listed) - len(todo),
        todo=len(todo),
        headers=headers,
        unreadable=headers - sum(length > 0 for length in lengths),
        video_seconds=video,
        workers=at_once,
        wall_seconds=wall,
        bytes=None if video is None or rates.size is None else video * rates.size,
        speed=rates.speed,
        speed_from=rates.speed_from,
        bytes_from=rates.size_from,
        refused=state is not None and not ours and not recompute,
        decided_again=0 if again is None else len(again.decisions),
        need_work=0 if again is None else len(again.work),
    )


_MORE = ("subject_listed", "seconds", "refusals")


def _redecided(files: Storage, state: Manifest, recipe: Recipe) -> Redecided:
    """What the run would decide again."""
    kept = REJECTED["latents"]
    return redecided(
        parts.read_all(files, "clips", state.parts("clips"), columns_of(recipe)),
        recipes_of(files, state),
        recipe,
        set(parts.read_all(files, kept, state.parts(kept), ["clip_id"])["clip_id"].to_pylist()),
    )


def outlook_text(found: Outlook) -> list[str]:
    """The outlook in lines for a person to read."""
    lines = [f"inputs: {_count(found.sources, 'source')}, {found.decided} of them decided already: {found.todo} to do"]
    if found.refused:
        lines.append("  the catalog there has another recipe: the run ends with the differences, or give --recompute")
    if found.decided_again or found.need_work:
        lines.append(
            f"  other thresholds: {_count(found.decided_again, 'clip')} of the catalog decided again from their "
            f"labels, {found.need_work} need work"
        )
    if not found.todo:
        return [*lines, "  nothing is left to do"]
    if found.video_seconds is None:
        return [*lines, "  how long they are is not known: no header could be read without fetching the files"]
    sure = f"an estimate from the headers of {found.headers}" if found.estimated else "by their headers"
    broken = f"; {found.unreadable} of these are no video" if found.unreadable else ""
    lines.append(f"  video    {_time(found.video_seconds)} ({sure}{broken})")
    if found.wall_seconds is None or found.speed is None:
        lines.append(f"  time     not known: {found.speed_from}")
    else:
        lines.append(
            f"  time     about {_time(found.wall_seconds)} with {_count(found.workers, 'worker')} on this machine, if "
            f"nearly all is accepted (one does {found.speed:.2g} s of video a second: {found.speed_from})"
        )
    if found.bytes is None:
        lines.append(f"  storage  not known: {found.bytes_from}")
    else:
        lines.append(f"  storage  about {_size(found.bytes)} ({found.bytes_from})")
    return lines


def _lengths(sources: Sequence[SourceTask]) -> tuple[int, list[float]]:
    """Headers read, and the seconds of video each tells: 0 of what is no video. Files elsewhere are not fetched."""
    local = [source for source in sources if is_local(source.uri)]
    drawn = local if len(local) <= MOST else random.Random(0).sample(local, MOST)
    child = Child()
    try:
        return len(drawn), [_length(child, source) for source in drawn]
    finally:
        child.close()


def _length(child: Child, source: SourceTask) -> float:
    try:
        header: Mapping[str, Any] = child.call(
            "pipeline.extraction.header:header", local_path(source.uri), seconds=HEADER_SECONDS
        )
    except (ChildCrashed, ChildError, ChildTimeout):
        return 0.0
    duration = float(header.get("duration") or 0.0)
    end = duration if source.end_s is None else min(duration, source.end_s)
    return max(0.0, end - (source.start_s or 0.0))


def _rates(catalog: str | None, state: Manifest | None, recipe: Recipe, table: Table) -> _Rates:
    """The catalog's own rates where it has some of this recipe, else those of the benchmarks."""
    speed, speed_from = _benchmarked_speed(recipe, table)
    size, size_from = _benchmarked_size(recipe, table)
    if catalog is not None and state is not None:
        sql = (
            "select sum(video_seconds) video, sum(list_sum(map_values(seconds))) work from runs "
            f"where video_seconds > 0 and fingerprint = '{recipe.fingerprint}'"
        )
        (run,) = view.query(catalog, sql).to_pylist()
        if run["video"] and run["work"]:
            speed, speed_from = run["video"] / run["work"], "as this catalog's own runs did"
        (held,) = view.query(catalog, "select sum(end_s - start_s) video from clips").to_pylist()
        if held["video"]:
            tables = ("clips", "latents", "previews", "frames")
            size = sum(part.bytes for name in tables for part in state.parts(name)) / held["video"]
            size_from = "as much a second of video as this catalog holds"
    return _Rates(speed, speed_from, size, size_from)


def _benchmarked_speed(recipe: Recipe, table: Table) -> tuple[float | None, str]:
    found = worker_speed(recipe, table)
    if found is None:
        return None, "the speed of these stages was not measured: python benchmarks/labellers.py --write"
    without = f"; without {', '.join(found.unmeasured)}: not measured" if found.unmeasured else ""
    return found.speed, f"measured on a core of {found.name}, {found.date}, without GPUs{without}"


def _benchmarked_size(recipe: Recipe, table: Table) -> tuple[float | None, str]:
    stored = table.get("storage")
    extra = frame_bytes(recipe, table)
    if not stored or extra is None:
        return None, "it was not measured: python benchmarks/storage.py --write"
    return stored["bytes_per_second"]["rows"] + extra, f"measured on {stored['clips']}, {stored['date']}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):.1f} MB"
