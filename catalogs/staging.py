"""The worker's side: one finished span becomes one file, whole or absent.

`_work/<source_key>-<span_index>.span` holds the span's tables as consecutive Arrow IPC streams, clips last,
so that a file cut short always lacks its clips. The name is the span: doing a span twice replaces the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.errors import BadSpan, NoCatalog, SchemaError
from catalogs.place import WORK, locate
from catalogs.schema import REJECTED, STATUSES, conform, dim, fitted, per_frame, with_columns
from catalogs.storage import Entry, Storage
from catalogs.storage.full_disk import named_when_full

SUFFIX = ".span"
BAD_SUFFIX = ".bad"
_NAME = re.compile(rf"{WORK}/([0-9a-f]{{32}})-(\d{{5,}})\{SUFFIX}")
_TABLES = ("latents", "previews", "frames", *REJECTED.values(), "clips")
_REQUIRED = ("latents", "previews", "clips")


def span_name(source_key: str, span_index: int) -> str:
    """The name of a span's staged file in the catalog. ValueError if source_key is not 32 hex digits."""
    name = f"{WORK}/{source_key}-{span_index:05d}{SUFFIX}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"source_key {source_key!r}, span {span_index}: the key must be 32 hex digits, the index >= 0")
    return name


def span_of(name: str) -> tuple[str, int]:
    """(source_key, span_index) of a staged file. BadSpan if it is not named after one."""
    match = _NAME.fullmatch(name)
    if not match:
        raise BadSpan(f"{name} is not named <source_key>-<span_index>{SUFFIX}")
    return match[1], int(match[2])


def stage_span(root: str | os.PathLike[str], source_key: str, span_index: int, tables: Mapping[str, pa.Table]) -> str:
    """Stage a decided span for the next commit; returns the file's name in the catalog, where it is durable.

    tables: `clips` (at least one row), `latents` (one row an accepted clip), `previews`, and `frames` if
    wanted. BadSpan or SchemaError names the clip or column that is wrong, NoSpace a full disk; nothing is staged then.
    """
    files = locate(root)
    name = span_name(source_key, span_index)
    if not (files.root / WORK).is_dir():
        raise NoCatalog(f"{files.uri(WORK)} does not exist: Writer.open makes it before any worker starts")
    fitting = {table: conform(table, rows).combine_chunks() for table, rows in tables.items()}
    _check(fitting, source_key, span_index)
    with named_when_full(files.uri(WORK)), files.put(name) as draft, pa.OSFile(os.fspath(draft), "wb") as sink:
        for table in (table for table in _TABLES if table in fitting):
            with pa.ipc.new_stream(sink, fitting[table].schema) as stream:
                stream.write_table(fitting[table])
    return name


def read_span(files: Storage, name: str) -> dict[str, pa.Table]:
    """The tables of a staged file. BadSpan: there is none, or it is unreadable or contradicts itself."""
    source_key, span_index = span_of(name)
    try:
        with files.open_input(name) as source:
            found = dict(_streams(source))
    except (pa.ArrowException, SchemaError, OSError, ValueError, KeyError) as error:
        raise BadSpan(f"{files.uri(name)} cannot be read: {error}") from error
    _check(found, source_key, span_index)
    return found


def staged(files: Storage) -> list[Entry]:
    """The files of all staged spans, by name."""
    return [entry for entry in files.list(WORK) if _NAME.fullmatch(entry.name)]


def batches(spans: Sequence[Entry], most_bytes: int) -> Iterator[list[str]]:
    """Cut staged files into runs of at most `most_bytes` (and at least one file); their names."""
    batch: list[str] = []
    held = 0
    for span in spans:
        if batch and held + span.bytes > most_bytes:
            yield batch
            batch, held = [], 0
        batch.append(span.name)
        held += span.bytes
    if batch:
        yield batch


def set_aside(files: Storage, name: str) -> str:
    """Rename a staged file that cannot be committed, for inspection; its span counts as undecided. The new name."""
    bad = bad_name(name)
    with files.open_input(name) as source, files.put(bad) as draft:
        draft.write_bytes(source.read())
    files.delete([name])
    return bad


def bad_name(name: str) -> str:
    """What a staged file is called once it is set aside."""
    return name.removesuffix(SUFFIX) + BAD_SUFFIX


def _streams(source: pa.NativeFile) -> Iterator[tuple[str, pa.Table]]:
    size = source.size()
    while source.tell() < size:
        table = pa.ipc.open_stream(source).read_all()
        name = (table.schema.metadata or {})[b"vasari.table"].decode()
        yield name, fitted(table, with_columns(name, table.schema))


def _check(tables: Mapping[str, pa.Table], source_key: str, span_index: int) -> None:
    """BadSpan unless the tables are those of exactly this span and belong together."""
    name = span_name(source_key, span_index).removeprefix(f"{WORK}/")
    missing = [table for table in _REQUIRED if table not in tables]
    unknown = [table for table in tables if table not in _TABLES]
    if missing or unknown:
        raise BadSpan(f"{name}: tables missing: {missing or 'none'}, not for a span: {unknown or 'none'}")
    clips = tables["clips"]
    if clips.num_rows == 0:
        raise BadSpan(f"{name}: no clips: a span gives at least one row")
    keys = set(zip(clips["source_key"].to_pylist(), clips["span_index"].to_pylist(), strict=True))
    if keys != {(source_key, span_index)}:
        raise BadSpan(f"{name}: rows of another span: {sorted(keys)}")
    ids, statuses = clips["clip_id"].to_pylist(), clips["status"].to_pylist()
    if len(set(ids)) < len(ids):
        raise BadSpan(f"{name}: a clip_id stands twice")
    for clip, status, reason in zip(ids, statuses, clips["reason"].to_pylist(), strict=True):
        if status not in STATUSES or (status == "accepted") != (reason is None) or reason == "":
            raise BadSpan(f"{name}: clip {clip} has status {status!r} with reason {reason!r}")
    accepted = sorted(clip for clip, status in zip(ids, statuses, strict=True) if status == "accepted")
    if sorted(tables["latents"]["clip_id"].to_pylist()) != accepted:
        raise BadSpan(f"{name}: latents must have one row for each accepted clip: {accepted}")
    rejected = sorted(clip for clip, status in zip(ids, statuses, strict=True) if status == "rejected")
    for table, allowed in (
        ("previews", ids),
        ("frames", accepted),
        *((table, rejected) for table in REJECTED.values()),
    ):
        if table in tables:
            _check_subset(name, table, tables[table]["clip_id"].to_pylist(), allowed)
    for table in ("latents", REJECTED["latents"]):
        if table in tables:
            _check_lengths(name, table, tables[table])
    for table in ("frames", REJECTED["frames"]):
        if table in tables:
            _check_frames(name, table, tables[table])


def _check_subset(name: str, table: str, clips: list[str], allowed: list[str]) -> None:
    if len(set(clips)) < len(clips) or not set(clips) <= set(allowed):
        raise BadSpan(f"{name}: {table} has rows of other clips, or one twice: {clips}")


def _check_lengths(name: str, table: str, latents: pa.Table) -> None:
    """Every per-frame list must hold frames x D values: the schema's D, or the same whole D in all rows."""
    frames = latents["frames"].to_pylist()
    for column in per_frame(latents.schema):
        size = dim(latents.schema.field(column))
        lengths = pc.list_value_length(latents[column]).to_pylist()
        held = [(count, length) for count, length in zip(frames, lengths, strict=True) if length is not None]
        if size is None:
            size = next((length // count for count, length in held if count), 0)
        if any(length != count * size for count, length in held):
            raise BadSpan(f"{name}: {table}.{column} must hold frames x {size or 'D'} values, has {lengths}")


def _check_frames(name: str, table: str, frames: pa.Table) -> None:
    """Every list of table frames must hold one item (landmarks: dim values) a frame."""
    for field in frames.schema:
        if pa.types.is_list(field.type):
            wanted = pc.multiply(frames["frames"], dim(field) or 1)
            right = pc.fill_null(pc.equal(pc.list_value_length(frames[field.name]), wanted), False)
            if not pc.all(right, min_count=0).as_py():
                raise BadSpan(f"{name}: {table}.{field.name} must hold frames x {dim(field) or 1} values")
