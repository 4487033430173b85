"""Sources: what the inputs of a job name, listed in a fixed order, each once."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Literal

from catalogs.place import MANIFESTS
from pipeline.errors import InputError
from pipeline.listing.faults import SourceFault
from pipeline.listing.manifests import Warn, is_manifest, read_manifest
from pipeline.listing.reach import Patience, Reach, within
from pipeline.listing.table_files import TableFiles, ending, parts_of
from pipeline.listing.uris import (
    canonical,
    is_http,
    is_local,
    local_path,
    open_fs,
    suffix,
    uri_of,
)

_IN_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray's job supervisor sets this variable (it is its name) for the driver of a submitted job."""


_SECONDS = 60.0
"""A server is asked what lies there no longer than this."""


def _warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Source:
    """One listed clip: an absolute path or a remote URI, and what a manifest says of it. Times in seconds."""

    uri: str
    subject_id: str | None = None
    split: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    user: Mapping[str, str] | None = None


def list_sources(
    inputs: Sequence[str], limit: int | None = None, reach: Reach | None = None, warn: Warn = _warn
) -> list[Source]:
    """Every source that the inputs name, inputs in the order given; the first `limit` of them.

    An input is a file, a folder (all its files, recursive), a glob (`**` too) or an fsspec URI of one of these, sorted
    by uri; or a manifest (it ends with .csv, .csv.gz or .parquet; also a folder of such files, as Spark writes it), in
    the order of its rows. Only hidden files and folders, and folders that are catalogs, are left out: what is no video
    gets its verdict later. A file named twice for the same span is one source, with what either naming says of it.
    reach: patience with servers. warn: told what a manifest may have meant. Raises InputError, and SourceFault for a
    server that does not answer.
    """
    reach = reach or Reach(_SECONDS, Patience())
    if not inputs:
        raise InputError("no input given; name files, folders, globs, URIs or a manifest")
    if limit is not None and limit < 1:
        raise InputError(f"the limit must be at least 1, not {limit}")
    folder_of = cache(os.path.realpath)
    listed: dict[tuple[str, float | None, float | None], Source] = {}
    for text in inputs:
        for source in _expand(text, reach, warn):
            key = (_identity(source.uri, folder_of), source.start_s, source.end_s)
            listed[key] = _merge(listed[key], source) if key in listed else source
    return list(listed.values())[:limit]


def source_key(source: Source, stamp: str) -> str:
    """32 hex digits, blake2b-128 of uri, stamp and the span given: changes when the file or the span does."""
    text = json.dumps([source.uri, stamp, source.start_s, source.end_s])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _expand(text: str, reach: Reach, warn: Warn) -> Iterator[Source]:
    """The sources of one input."""
    uri = canonical(text)
    uris = [uri_of(path) for path in _local(local_path(uri), text)] if is_local(uri) else _remote(uri, reach)
    if not uris:
        raise _nothing(text, "matches no file (hidden ones do not count)")
    if not is_manifest(text):
        yield from map(Source, uris)
        return
    for found in [TableFiles.single(uri)] if uris == [uri] else _tables(uris):
        if isinstance(found, str):
            yield Source(found)
            continue
        rows = [Source(*row) for row in read_manifest(found, warn)]
        if not rows:
            raise InputError(f"{found.uri}: the manifest has no rows")
        yield from rows


def _tables(uris: Sequence[str]) -> Iterator[str | TableFiles]:
    """The files that an input named as a manifest's matches: tables, alone or in folders of parts, and what is none."""
    folders: dict[str | None, list[str]] = {}
    for uri in uris:
        folders.setdefault(_table_folder(uri), []).append(uri)
    for folder, files in folders.items():
        parts = parts_of(folder, [uri[len(folder) + 1 :] for uri in files]) if folder else None
        if folder and any("/_delta_log/" in uri for uri in files):
            raise InputError(f"{folder}: a Delta table keeps rows that were removed; write it as Parquet alone")
        if folder and parts:
            yield TableFiles(folder, folder, tuple(f"{folder}/{name}" for name in parts))
        else:
            yield from (TableFiles.single(uri) if is_manifest(uri) else uri for uri in files)


def _table_folder(uri: str) -> str | None:
    """The outermost folder above a file that is named like a table; None without one, and within archives."""
    steps = uri.split("/") if is_local(uri) or "::" not in uri else []
    return next(("/".join(steps[:count]) for count in range(1, len(steps)) if ending(steps[count - 1])), None)


def _merge(first: Source, again: Source) -> Source:
    """One source that was named twice; what only one naming says is kept."""
    said, more = (
        {"subject_id": source.subject_id, "split": source.split, **(source.user or {})} for source in (first, again)
    )
    for name, value in more.items():
        before = said.get(name)
        if before is not None and value is not None and before != value:
            raise InputError(
                f"{again.uri}: listed with {name} {before!r} and again with {value!r}; keep one of the two"
            )
    return replace(
        first,
        subject_id=first.subject_id if first.subject_id is not None else again.subject_id,
        split=first.split if first.split is not None else again.split,
        user={**(again.user or {}), **(first.user or {})} or None,
    )


def _identity(uri: str, real: Callable[[str], str]) -> str:
    """What two spellings of one file share: its folder with links resolved, and its name."""
    if not is_local(uri):
        return uri
    folder, name = os.path.split(local_path(uri))
    return os.path.join(real(folder), name)


def _nothing(text: str, cause: str) -> InputError:
    message = f"input {text}: {cause}; check the spelling"
    local = "://" not in text and "::" not in text and not os.path.isabs(os.path.expanduser(text))
    if local and _IN_JOB in os.environ:
        message += (
            ". A submitted job runs in a copy of its working directory, where relative paths end: "
            "give absolute paths or URIs that every machine can read"
        )
    return InputError(message)


def _local(path: str, text: str) -> list[str]:
    """Sorted files of a local file, folder or glob."""
    if os.path.isdir(path):
        return sorted(_walk(path))
    if os.path.isfile(path):
        return [path]
    if os.path.exists(path):
        raise InputError(f"input {text}: is neither a file nor a folder; name a video file")
    if not glob.has_magic(path):
        raise _nothing(text, "is not there")
    return sorted(_glob(path))


def _walk(folder: str) -> Iterator[str]:
    """All files under a folder. Linked folders are followed after the real ones, and no folder is entered twice."""
    seen: set[str] = set()
    real, linked = [folder], list[str]()
    while real or linked:
        here = real.pop() if real else linked.pop(0)
        target = os.path.realpath(here)
        if target in seen or os.path.isdir(os.path.join(here, MANIFESTS)):
            continue
        seen.add(target)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            if here == folder:
                raise InputError(f"{here}: cannot be listed ({error}); check its permissions") from error
            yield here  # a folder inside costs only itself: it fails under its name
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            kind = _kind(entry)
            if kind == "folder":
                (linked if entry.is_symlink() else real).append(entry.path)
            elif kind == "file":
                yield entry.path


def _kind(entry: os.DirEntry[str]) -> Literal["folder", "file", "other"]:
    """What a name in a folder is; one that leads nowhere, or cannot be asked, is a file that fails later."""
    try:
        if entry.is_dir():
            return "folder"
        return "file" if entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path)) else "other"
    except OSError:
        return "file"


def _glob(path: str) -> Iterator[str]:
    """Files that a local glob matches, and all files under the folders it matches."""
    base, pattern = "/", path.strip("/").split("/")
    while pattern and (not glob.has_magic(pattern[0]) or os.path.exists(os.path.join(base, pattern[0]))):
        base = os.path.join(base, pattern.pop(0))
    if "**" in pattern:
        # by our own walk: glob.glob runs round links between folders until the path is too long
        for found in _walk(base) if os.path.isdir(base) else ():
            if _matches(os.path.relpath(found, base).split("/"), pattern):
                yield found
        return
    for found in glob.glob(os.path.join(glob.escape(base), *pattern)):
        if os.path.isdir(found):
            yield from _walk(found)
        elif os.path.isfile(found) or os.path.islink(found):
            yield found


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the pattern matches a path or a folder above it."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _remote(uri: str, reach: Reach) -> list[str]:
    """Sorted files of a remote file, folder or glob.

    A file whose server does not answer now is listed all the same, so that it is known to be out of reach.
    """

    def files() -> list[str]:
        fs, path = open_fs(uri)
        return sorted(set(_remote_files(fs, path, uri)))

    try:
        return reach(uri, lambda left: within(left, files))
    except SourceFault as error:
        if error.fault.reason == "unreachable":
            plain = suffix(uri) and not is_manifest(uri) and not any(sign in uri for sign in "*[")
            if plain:
                return [uri]
            raise
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError):
            raise _nothing(uri, "is not there, or its server does not know it") from error
        if isinstance(cause, InputError):
            raise cause from error
        raise InputError(f"{uri}: cannot be listed ({error.fault.why}); check access to it") from error


def _remote_files(fs: Any, path: str, uri: str) -> list[str]:
    """Files that a remote URI names, as URIs; `path` is what its file system `fs` calls it."""
    head, mark, chain = uri.partition("::")
    signs = "*[" if is_http(uri) else "*?["  # a question mark in a web address begins its query
    root = path.rstrip("/")
    if any(sign in path for sign in signs) and (is_http(uri) or not fs.exists(path)):
        found = fs.glob(path, detail=True)
        root = posixpath.dirname(path[: min(path.index(sign) for sign in signs if sign in path)])
    else:
        info = fs.info(path)
        folder = str(info.get("url", uri)).endswith("/") if is_http(uri) else info["type"] == "directory"
        if not folder:
            return [uri]
        found = {path: {"type": "directory"}}
    if path and not is_http(uri):
        head = head.rstrip("/")
    before = head[: len(head) - len(path)] if head.endswith(path) else None
    files: list[str] = []
    for name, info in found.items():
        files += fs.find(name) if info["type"] == "directory" else [name]
    visible = [name for name in files if "/." not in "/" + name[len(root) :].lstrip("/")]
    return [(fs.unstrip_protocol(name) if before is None else before + name) + mark + chain for name in visible]
