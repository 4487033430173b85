"""Many portraits that speak: a table of pairs to a folder of videos, and a table of what was made."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalogs import storage
from models.motion.generation import Sampling
from models.motion.guidance import Guidance
from pipeline import cluster
from pipeline.cli.command import said
from pipeline.errors import InputError, UsageError
from pipeline.faces.portrait_tracking import OnProgress
from pipeline.generation.models import Models
from pipeline.generation.talk import Talk, talk
from pipeline.listing.manifests import is_manifest
from pipeline.listing.table_files import Row, TableFiles, read_table
from pipeline.listing.uris import canonical
from pipeline.text import file_name
from stages.clip import FPS

TABLE = "made.parquet"
"""What was made, in the folder beside the videos."""
MADE, FAILED = "made", "failed"
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("portrait", pa.string()),
        ("speech", pa.string()),
        ("controls", pa.string()),
        ("seed", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("frames", pa.int32()),
        ("seconds", pa.float64()),
        ("asked", pa.string()),
    ]
)
"""name: of the video, without .mp4. status: made or failed, then with the reason. asked: a hash of all that decides the
video but for what is in the files of portrait, speech and controls."""

_COLUMNS = ("portrait", "speech", "controls", "seed", "name")
_OFTEN = 20


@dataclass(frozen=True)
class Pair:
    """One row of a manifest: URIs, seed, and the name of its video without .mp4."""

    name: str
    portrait: str
    speech: str
    controls: str | None
    seed: int


def pairs_of(manifest: str, seed: int) -> list[Pair]:
    """The rows of a CSV or Parquet table with columns portrait and speech, and any of controls, seed and name.

    Paths are relative to it. seed: where a row has none. A name that is not given is the files' names. InputError: it
    is no such table, or two rows have one name.
    """
    if not is_manifest(manifest):
        raise InputError(f"--manifest {manifest}: give a table that ends with .csv, .csv.gz or .parquet")
    table = TableFiles.single(canonical(manifest))
    found = []
    for part in read_table(table):
        unknown = [name for name in part.names if name not in _COLUMNS]
        if unknown or not {"portrait", "speech"} <= set(part.names):
            what = f"has a column {unknown[0]!r}" if unknown else "lacks a column portrait or speech"
            raise InputError(f"{part.uri}: {what}; it wants portrait, speech and any of controls, seed, name")
        found += [_pair(f"{part.uri}, row {at}", row, table.folder, seed) for at, row in enumerate(part.rows, 1)]
    twice = [name for name, count in Counter(pair.name for pair in found).items() if count > 1]
    if twice:
        raise InputError(f"{table.uri}: {twice[0]!r} would name several videos; give the rows a column name")
    if not found:
        raise InputError(f"{table.uri}: has no rows; list at least one portrait and speech")
    return found


def _pair(where: str, row: Row, folder: str, seed: int) -> Pair:
    def uri(column: str) -> str | None:
        text = str(row.get(column) or "").strip()
        return canonical(text, folder) if text else None

    portrait, speech = uri("portrait"), uri("speech")
    if portrait is None or speech is None:
        raise InputError(f"{where}: has no portrait or no speech; give both, or leave the row out")
    given = row.get("seed")
    try:
        own = seed if given in (None, "") else int(given)  # type: ignore[arg-type]
    except ValueError as error:
        raise InputError(f"{where}, column seed: {given!r} is no whole number") from error
    usual = f"{Path(file_name(portrait)).stem}_{Path(file_name(speech)).stem}"
    name = str(row.get("name") or "").strip() or usual
    if "/" in name or name.startswith("."):
        raise InputError(f"{where}, column name: {name!r} is no name of a file; leave out what is before it")
    return Pair(name, portrait, speech, uri("controls"), own)


@dataclass(frozen=True)
class Batch:
    """pairs: to be made in `folder` as `usual` says, whose portrait, speech, out, controls and seed are theirs.

    workers: processes, None: one a CPU.
    """

    pairs: Sequence[Pair]
    folder: Path
    usual: Talk
    workers: int | None = None


@dataclass(frozen=True)
class BatchDone:
    """How many videos were made now, had been made before, and could not be; and the table of all."""

    made: int
    before: int
    failed: int
    table: str

    def text(self) -> str:
        """As a person reads it."""
        return f"{self.made} made, {self.before} were there, {self.failed} failed\nlook at: {self.table}"


def run_batch(batch: Batch, on_progress: OnProgress) -> BatchDone:
    """Make what is not made yet; what cannot be is tried again each time. RunError: the cluster is gone."""
    usual, out = batch.usual, batch.folder / TABLE
    models = Models.of(usual.checkpoint, usual.face)  # before any process is started
    tasks = [(pair, _hash(_task(usual, pair, batch.folder), models.note)) for pair in batch.pairs]
    rows = {row["name"]: row for row in _known(out)}
    todo = [each for each in tasks if not _is_made(rows.get(each[0].name), each[1], batch.folder)]
    done: list[str] = []
    try:
        for answer in _answers(todo, batch):
            done.append(answer["status"])
            rows[answer["name"]] = answer
            on_progress(f"video {len(done)} of {len(todo)}")
            if len(done) % _OFTEN == 0:
                _write(out, rows)
    finally:
        _write(out, rows)
    return BatchDone(done.count(MADE), len(tasks) - len(todo), done.count(FAILED), str(out))


def _answers(todo: Sequence[tuple[Pair, str]], batch: Batch) -> Iterator[dict[str, Any]]:
    if not todo:
        return
    workers = cluster.connect(batch.workers)
    texts = [json.dumps({"task": _task(batch.usual, pair, batch.folder), "asked": asked}) for pair, asked in todo]
    for text in cluster.run(texts, TalkWorker, (), workers, "row"):
        yield json.loads(text)


class TalkWorker:
    """Makes videos one after the other, with models that are loaded once."""

    def __init__(self) -> None:
        self._models: Models | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A batch {"job": JSON of tasks} as {"row": JSON of the rows of `SCHEMA`}."""
        return {"row": [json.dumps(self._made(json.loads(str(text)))) for text in batch["job"]]}

    def _made(self, job: Mapping[str, Any]) -> dict[str, Any]:
        task = job["task"]
        row = {name: task[name] for name in ("portrait", "speech", "controls", "seed")}
        row |= {"name": Path(task["out"]).stem, "asked": job["asked"], "frames": None, "seconds": None, "reason": None}
        try:
            asked = _talk_of(task)
            self._models = self._models or Models.of(asked.checkpoint, asked.face)
            found = talk(asked, lambda text: None, self._models)
        except (UsageError, InputError, OSError, ValueError, RuntimeError) as error:
            reason = said(error) if isinstance(error, OSError) else str(error)
            return {**row, "status": FAILED, "reason": reason}
        return {**row, "status": MADE, "frames": found.frames, "seconds": found.frames / FPS}


def _task(usual: Talk, pair: Pair, folder: Path) -> dict[str, Any]:
    """JSON-ready: one video."""
    return {
        **asdict(usual),
        "portrait": pair.portrait,
        "speech": pair.speech,
        "controls": pair.controls,
        "seed": pair.seed,
        "out": str(folder / f"{pair.name}.mp4"),
        "checkpoint": str(usual.checkpoint),
        "face": str(usual.face),
    }


def _talk_of(task: Mapping[str, Any]) -> Talk:
    sampling = Sampling(**{**task["sampling"], "guidance": Guidance(**task["sampling"]["guidance"])})
    paths = {
        name: None if task[name] is None else Path(task[name]) for name in ("out", "checkpoint", "face", "controls")
    }
    return Talk(**{**task, **paths, "sampling": sampling})


def _hash(task: Mapping[str, Any], note: Mapping[str, Any]) -> str:
    """Of a task, with models as they are in place of where they are."""
    said = {name: value for name, value in task.items() if name not in ("out", "checkpoint", "face")}
    return hashlib.blake2b(json.dumps([said, note], sort_keys=True).encode(), digest_size=16).hexdigest()


def _is_made(row: Mapping[str, Any] | None, asked: str, folder: Path) -> bool:
    if row is None or row["status"] != MADE or row["asked"] != asked:
        return False
    return (folder / f"{row['name']}.mp4").is_file()


def _known(table: Path) -> list[dict[str, Any]]:
    if not table.exists():
        return []
    try:
        return pq.read_table(table, schema=SCHEMA).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UsageError(
            f"{table}: not the table of an earlier run ({error}); remove it, or give another folder"
        ) from error


def _write(table: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    with storage.put(table) as draft:
        pq.write_table(pa.Table.from_pylist([dict(rows[name]) for name in sorted(rows)], SCHEMA), draft)
