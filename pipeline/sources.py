"""Sources: what the inputs of a job name, listed in a fixed order, each once."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from catalogs.place import MANIFESTS
from pipeline.manifests import is_manifest, read_manifest
from pipeline.uris import InputError, canonical, content_hash, is_http, is_local, local_copy, open_fs, stamp

__all__ = ["InputError", "Source", "content_hash", "list_sources", "local_copy", "source_key", "stamp"]

_IN_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray's job supervisor sets this variable (it is its name) for the driver of a submitted job."""


@dataclass(frozen=True)
class Source:
    """One listed clip: an absolute path or a remote URI, and what a manifest says of it. Times in seconds."""

    uri: str
    subject_id: str | None = None
    split: str | None = None
    start_s: float | None = None
    end_s: float | None = None


def list_sources(inputs: Sequence[str], limit: int | None = None) -> list[Source]:
    """Every source that the inputs name, inputs in the order given; the first `limit` of them.

    An input is a file, a folder (all its files, recursive), a glob (`**` too) or an fsspec URI of one of these, sorted
    by uri; or a manifest (it ends with .csv or .parquet), in the order of its rows. Only hidden files and folders,
    and folders that are catalogs, are left out: what is no video gets its verdict later. A file named twice for the
    same span is one source, with what either naming says of it. Raises InputError.
    """
    if not inputs:
        raise InputError("no input given; name files, folders, globs, URIs or a manifest")
    if limit is not None and limit < 1:
        raise InputError(f"the limit must be at least 1, not {limit}")
    folder_of = cache(os.path.realpath)
    listed: dict[tuple[str, float | None, float | None], Source] = {}
    for text in inputs:
        for source in _expand(text):
            key = (_identity(source.uri, folder_of), source.start_s, source.end_s)
            listed[key] = _merge(listed[key], source) if key in listed else source
    return list(listed.values())[:limit]


def source_key(source: Source, stamp: str) -> str:
    """32 hex digits, blake2b-128 of uri, stamp and the span given: changes when the file or the span does."""
    text = json.dumps([source.uri, stamp, source.start_s, source.end_s])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _expand(text: str) -> Iterator[Source]:
    """The sources of one input."""
    uri = canonical(text)
    uris = _local(uri, text) if is_local(uri) else _remote(uri)
    if not uris:
        raise _nothing(text, "matches no file (hidden ones do not count)")
    for found in uris:
        if is_manifest(text) and is_manifest(found):
            rows = [Source(*row) for row in read_manifest(found)]
            if not rows:
                raise InputError(f"{found}: the manifest has no rows")
            yield from rows
        else:
            yield Source(found)


def _merge(first: Source, again: Source) -> Source:
    """One source that was named twice; what only one naming says is kept."""
    for name in ("subject_id", "split"):
        a, b = getattr(first, name), getattr(again, name)
        if a is not None and b is not None and a != b:
            raise InputError(f"{again.uri}: listed with {name} {a!r} and again with {b!r}; keep one of the two")
        first = replace(first, **{name: a if a is not None else b})
    return first


def _identity(uri: str, real: Callable[[str], str]) -> str:
    """What two spellings of one file share: its folder with links resolved, and its name."""
    if not is_local(uri):
        return uri
    folder, name = os.path.split(uri)
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
            raise InputError(f"{here}: cannot be listed ({error}); check its permissions") from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                (linked if entry.is_symlink() else real).append(entry.path)
            elif entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path)):
                yield entry.path


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


def _remote(uri: str) -> list[str]:
    """Sorted files of a remote file, folder or glob."""
    try:
        fs, path = open_fs(uri)
        return sorted(set(_remote_files(fs, path, uri)))
    except FileNotFoundError as error:
        raise _nothing(uri, "is not there, or its server does not answer") from error
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{uri}: cannot be listed ({type(error).__name__}: {error}); check access to it") from error


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
