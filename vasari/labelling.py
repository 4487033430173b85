"""Labels of videos without a catalog: the work of `vasari extract` on some files, its rows as Python values."""

from __future__ import annotations

import inspect
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np
from tqdm import tqdm

from catalogs.schema import per_frame
from models.weights.needed import require
from pipeline.extraction import rows
from pipeline.extraction.limits import Limits
from pipeline.extraction.listed import source_tasks
from pipeline.extraction.probe import ProbeResult, SourceTask
from pipeline.extraction.probe_worker import ProbeWorker
from pipeline.extraction.recipe import Recipe, make_recipe
from pipeline.extraction.span_worker import SpanRunner
from pipeline.extraction.tasks import SpanTask
from pipeline.listing.inputs import list_sources
from pipeline.listing.reach import Reach
from stages.clip import Stage

Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Options = ParamSpec("Options")
Answer = TypeVar("Answer")

_RUN = "label"
"""What stands in the column run_id."""


@dataclass(frozen=True, repr=False)
class LabelledClip:
    """One clip of a video: its verdict, its labels, and what of it changes from frame to frame.

    labels: every column of a catalog's table clips by its name (docs/catalog.md has units and meanings); None where it
    has no value, as those behind the stage that rejected the clip.
    arrays: of an accepted clip of T frames at 25 fps, the columns of table latents, float32: `pose` [T, 6], `gaze`
    [T, 2], `face_pose` [T, 6], `dynamics` [T, D], `audio` [T, D], `identity` [I]; those that it has.
    crops: the stable crops of the face, uint8 RGB [T, S, S, 3]; None where no face was followed.
    sheet: a JPEG of up to six frames with box, landmarks and gaze drawn; None where nothing could be decoded.
    """

    labels: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    crops: np.ndarray | None
    sheet: bytes | None

    @property
    def status(self) -> Literal["accepted", "rejected", "failed"]:
        """The verdict."""
        return self.labels["status"]

    @property
    def accepted(self) -> bool:
        """Whether the verdict is "accepted"."""
        return self.status == "accepted"

    @property
    def reason(self) -> str | None:
        """Why it is not accepted, in a word ("no_speech", "unreadable"); `labels["detail"]` says it with figures."""
        return self.labels["reason"]

    def __repr__(self) -> str:
        name = PurePath(self.labels["source_uri"]).name
        times = f"{self.labels['start_s']:.2f} to {self.labels['end_s']:.2f} s"
        return f"<LabelledClip {name}, {times}: {self.status}{f' ({self.reason})' if self.reason else ''}>"


def label_each(
    files: Files,
    *,
    profile: str = "open",
    settings: str | Sequence[str] = (),
    max_seconds: float = 60.0,
    latents: str | os.PathLike[str] | None = None,
    stages: Sequence[Stage] = (),
    crops: bool = True,
    workers: int | None = None,
    timeout: float = Limits.seconds,
    progress: bool = True,
) -> Iterator[LabelledClip]:
    """As `label`, but hands out each clip as soon as it and all before it are done, so that none needs to be kept."""
    settings = [settings] if isinstance(settings, str) else settings
    recipe = make_recipe(profile, settings, max_seconds, latents=latents, added=stages)
    require(name for stage in recipe.stages for name in stage.weights)
    limits = Limits(seconds=timeout)
    reach = Reach(limits.seconds, limits.patience)
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    tasks = source_tasks(list_sources([os.fspath(each) for each in given], reach=reach), reach)
    count = workers or len(os.sched_getaffinity(0))
    return _labelled(tasks, recipe, limits, crops, count, progress)


def _takes_what(other: Callable[Options, Any]) -> Callable[[Callable[..., Answer]], Callable[Options, Answer]]:
    """Gives a function that passes all it is given on to `other` the signature of that one, for help() and editors."""

    def signed(function: Callable[..., Answer]) -> Callable[Options, Answer]:
        answer = inspect.signature(function).return_annotation
        signature = inspect.signature(other).replace(return_annotation=answer)
        function.__signature__ = signature  # type: ignore[attr-defined]
        return function

    return signed


@_takes_what(label_each)
def label(*files: Any, **options: Any) -> list[LabelledClip]:
    """Label videos: every clip in them with its verdict, in the order of the files and of time.

    >>> import vasari
    >>> (clip,) = vasari.label("talk.mp4")
    >>> clip.status, clip.labels["gaze_theta"], clip.arrays["face_pose"].shape
    ('accepted', -1.5, (119, 6))

    The labels are those that `vasari extract` writes into a catalog, number for number; here nothing is written. A
    video holds several clips where its scene changes or where it is longer than `max_seconds`. A file that cannot be
    read, or on which a decoder crashes or hangs, costs only itself: it is one clip, "failed" with its reason.

    files: a file, folder, glob ("clips/**/*.mp4"), fsspec URI or manifest (docs/inputs.md), or a list of these.
    profile: "open", whose weights come with pip packages, or "paper" (docs/weights.md).
    settings: as `--set` takes them: ["quality.minimum=40", "speech.required=false"]; docs/stages.md lists all.
    latents: a face model of your own (.safetensors) for `face_pose` and `dynamics`.
    stages: labels of your own (docs/extend.md), whose classes stand in a module: other processes import it.
    crops: whether to keep the pictures of faces: 5 MB a second of video at 256 pixels, so give False for many files, or
    take the clips one by one from `label_each`.
    workers: processes that work at once; by default one a CPU. timeout: seconds that one clip may take.
    progress: whether to show a progress bar.

    Raises InputError: an input is not there; RecipeError: no such profile or setting; WeightsMissing: with the command
    that gets them (all in `vasari.errors`).
    """
    return list(label_each(*files, **options))


def _labelled(
    tasks: Sequence[SourceTask], recipe: Recipe, limits: Limits, crops: bool, workers: int, progress: bool
) -> Iterator[LabelledClip]:
    """The clips of the sources in their order. Probing runs here, a little ahead of the workers."""
    verdicts: Counter[str] = Counter()
    with ExitStack() as stack:
        probe = stack.enter_context(closing(ProbeWorker(limits)))
        runners = stack.enter_context(closing(_Runners(recipe, limits, crops)))
        bar = stack.enter_context(tqdm(total=len(tasks), desc="label", unit="file", disable=not progress))
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        waiting: deque[tuple[Future[dict[str, Any]], bool]] = deque()

        def first() -> Iterator[LabelledClip]:
            future, last = waiting.popleft()
            for clip in _clips(future.result()):
                verdicts[clip.status] += 1
                yield clip
            bar.set_postfix_str(", ".join(f"{count} {status}" for status, count in verdicts.items()), refresh=False)
            bar.update(last)

        for found in (probe.probe([task])[0] for task in tasks):
            for work in _work(found, recipe, pool, runners):
                waiting.append(work)
                while len(waiting) > 2 * workers:  # what is done waits in memory for what comes before it
                    yield from first()
        while waiting:
            yield from first()


def _work(
    found: ProbeResult, recipe: Recipe, pool: ThreadPoolExecutor, runners: _Runners
) -> Iterator[tuple[Future[dict[str, Any]], bool]]:
    """The tables to come of each span of a source, and whether it is the last one."""
    if found.error is not None:
        yield _unreadable(found, recipe), True
        return
    pieces = found.pieces(recipe.max_seconds)
    for at, piece in enumerate(pieces):
        yield pool.submit(runners.tables, found.span_job(at, len(pieces), *piece)), at == len(pieces) - 1


def _unreadable(found: ProbeResult, recipe: Recipe) -> Future[dict[str, Any]]:
    """The row of a source in which there is nothing to work on."""
    span = found.span_job(0, 1, found.start_s, found.end_s)
    reason, detail = found.reason or "unreadable", found.error or "cannot be read"
    done: Future[dict[str, Any]] = Future()
    done.set_result(rows.unreadable(span, recipe.fingerprint, _RUN, reason, detail, found.content is not None))
    return done


class _Runners:
    """One runner a thread, made when the thread first has work."""

    def __init__(self, recipe: Recipe, limits: Limits, crops: bool) -> None:
        self._recipe, self._limits, self._crops = recipe, limits, crops
        self._own = threading.local()
        self._all: list[SpanRunner] = []

    def tables(self, span: SpanTask) -> dict[str, Any]:
        """The tables of a span, whatever comes of it."""
        runner: SpanRunner | None = getattr(self._own, "runner", None)
        if runner is None:
            runner = self._own.runner = SpanRunner(self._recipe, _RUN, self._limits, crops=self._crops)
            self._all.append(runner)
        try:
            return runner.tables(span)
        except Exception as error:
            return runner.stopped(span, error)

    def close(self) -> None:
        for runner in self._all:
            runner.close()


def _clips(built: dict[str, Any]) -> Iterator[LabelledClip]:
    """The rows of one span as clips."""
    latents = {row: at for at, row in enumerate(built["latents"]["clip_id"].to_pylist())}
    sheets = dict(zip(*(built["previews"][name].to_pylist() for name in ("clip_id", "sheet")), strict=True))
    crops = built.get("crops") or [None] * built["clips"].num_rows
    for labels, own in zip(built["clips"].to_pylist(maps_as_pydicts="strict"), crops, strict=True):
        at = latents.get(labels["clip_id"])
        arrays = {} if at is None else _arrays(built["latents"].slice(at, 1))
        yield LabelledClip(labels, arrays, own, sheets.get(labels["clip_id"]))


def _arrays(row: Any) -> dict[str, np.ndarray]:
    """The arrays of one row of table latents."""
    frames, lists = row["frames"][0].as_py(), per_frame(row.schema)
    found = {}
    for name in row.column_names:
        value = row[name][0]
        if name not in ("clip_id", "frames") and value.is_valid:
            flat = value.values.to_numpy(zero_copy_only=False).astype(np.float32)
            found[name] = flat.reshape(frames, -1) if name in lists else flat
    return found
