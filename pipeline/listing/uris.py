"""URIs of clips: one spelling for each, and what can be asked of the bytes behind it.

Local files are absolute paths without file://, except those whose path is no UTF-8: they are file:// with every byte
that is not plain in percent-encoding (file:///clips/caf%E9.mp4), so that every URI is text that can be stored, printed
and turned back into the path. Everything else goes through fsspec (memory://, http(s)://, s3://, gs://,
zip://INNER::ARCHIVE and what else is installed).
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

import fsspec
from fsspec.callbacks import Callback

from pipeline.errors import InputError

_CACHES = frozenset({"simplecache", "filecache", "blockcache", "cached"})
_HTTP = ("http://", "https://")
_FILE = "file://"
_LONGEST_SUFFIX = 16
# What file systems call the mark that changes with a file's bytes, best first.
_MARKS = (
    "ETag",
    "etag",
    "Content-MD5",
    "md5Hash",
    "CRC",
    "LastModified",
    "last_modified",
    "Last-Modified",
    "mtime",
    "modified",
    "updated",
    "created",
)
_CHUNK = 1 << 20


def is_local(uri: str) -> bool:
    """Whether a canonical URI is a local file."""
    return os.path.isabs(uri) or uri.startswith(_FILE)


def local_path(uri: str) -> str:
    """The path that a canonical URI of a local file stands for, as `open` takes it."""
    return os.fsdecode(unquote_to_bytes(uri.removeprefix(_FILE))) if uri.startswith(_FILE) else uri


def uri_of(path: str) -> str:
    """The canonical URI of an absolute local path: itself if it is UTF-8, else file:// with percent-encoding."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _FILE + quote(os.fsencode(path))
    return path


def printable(text: str) -> str:
    """Text that UTF-8 can hold: what stands for a byte that is no UTF-8 is shown as \\udce9."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_http(uri: str) -> bool:
    """Whether the first link of a URI is a web address."""
    return uri.startswith(_HTTP)


def canonical(text: str, folder: str | None = None) -> str:
    """The one spelling of a URI or path: absolute, without file://, `.`, `..` and double slashes.

    folder: canonical URI that relative paths are relative to; the working directory by default. Caching links of a
    chain (simplecache::...) are dropped: every clip is fetched once anyway. Links to folders are kept as written.
    """
    if os.path.isabs(text) or ("://" not in text and ("::" not in text or _is_there(text, folder))):
        if folder is not None and not is_local(folder) and not os.path.isabs(text):
            return join(folder, text)
        return uri_of(_absolute(os.path.join(local_path(folder or ""), os.path.expanduser(text))))
    first, *rest = (link for link in text.split("::") if link not in _CACHES)
    if rest:
        first = first if "://" in first else f"{first}://"
        return "::".join([first, *rest[:-1], canonical(rest[-1], folder)])
    if first.partition("://")[0] in ("file", "local"):
        path = first.partition("://")[2].removeprefix("localhost")
        return uri_of(_absolute(os.fsdecode(unquote_to_bytes(os.fsencode(path)))))
    return first if "://" in first else canonical(first, folder)


def join(folder: str, name: str) -> str:
    """`name`, a relative path, inside the folder at a canonical URI."""
    head, chain = _split_chain(folder)
    scheme, mark, path = head.rpartition("://")
    return f"{scheme}{mark}{posixpath.normpath(posixpath.join(path, name))}{chain}"


def parent(uri: str) -> str:
    """The folder that a canonical URI of a file lies in."""
    if is_local(uri):
        return uri_of(os.path.dirname(local_path(uri)))
    head, chain = _split_chain(uri)
    scheme, mark, path = head.rpartition("://")
    return f"{scheme}{mark}{posixpath.dirname(path)}{chain}"


def path_of(uri: str) -> str:
    """The path of the file itself, the first link of a chain, without the query of a web address."""
    head = _split_chain(uri)[0]
    return urlsplit(head).path if is_http(uri) else head


def suffix(uri: str) -> str:
    """The file name's ending in lower case with its dot ('.mp4'), or ''."""
    return os.path.splitext(path_of(uri))[1].lower()


def open_fs(uri: str) -> tuple[Any, str]:
    """(fsspec file system, path in it) of a canonical URI. Raises InputError for an unknown or missing protocol."""
    head, mark, last = uri.rpartition("::")
    try:
        return fsspec.core.url_to_fs(head + mark + (local_path(last) if is_local(last) else last))
    except (ImportError, ValueError) as error:
        raise InputError(f"{uri}: {error}; install the package named, or check the protocol") from error


def stamp(uri: str) -> str:
    """A mark that changes when the file does, without reading it: 'size:mtime_ns', 'size:etag' or the like.

    A server that tells neither etag, checksum nor time leaves 'size:'. Raises OSError when the file is not there.
    """
    if is_local(uri):
        status = os.stat(local_path(uri))
        return f"{status.st_size}:{status.st_mtime_ns}"
    with _os_errors(uri):
        fs, path = open_fs(uri)
        info = fs.info(path)
    mark = next((info[key] for key in _MARKS if info.get(key) is not None), "")
    return f"{info.get('size')}:{mark}"


def content_hash(uri: str) -> str:
    """32 hex digits, blake2b-128 of the file's bytes, read in pieces. Raises OSError."""
    digest = hashlib.blake2b(digest_size=16)
    with _os_errors(uri), open(local_path(uri), "rb") if is_local(uri) else fsspec.open(uri, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def copy_name(uri: str) -> str:
    """A plain file name with the ending of the URI."""
    ending = suffix(uri)
    return f"clip{ending if len(ending) <= _LONGEST_SUFFIX else ''}"


def copy_to(uri: str, path: str, on_progress: Callback | None = None) -> None:
    """The bytes of a remote file into a new file at `path`. on_progress: told of what has come. Raises OSError."""
    with _os_errors(uri):
        fs, inside = open_fs(uri)
        fs.get_file(inside, path, callback=on_progress or Callback())


@contextmanager
def local_copy(uri: str) -> Iterator[str]:
    """A local path with the file's bytes: itself when it is local, else a temporary copy with the same ending.

    A local file whose path is no UTF-8 gets a temporary link: not every library opens such a path.
    """
    if os.path.isabs(uri):
        yield uri
        return
    with tempfile.TemporaryDirectory(prefix="vasari-") as folder:
        copy = os.path.join(folder, copy_name(uri))
        if is_local(uri):
            os.symlink(local_path(uri), copy)
        else:
            copy_to(uri, copy)
        yield copy


def _is_there(text: str, folder: str | None) -> bool:
    """Whether the relative path names a file here, or in the folder."""
    base = "" if folder is None else local_path(folder) if is_local(folder) else None
    return base is not None and os.path.exists(os.path.join(base, text))


def _split_chain(uri: str) -> tuple[str, str]:
    """('zip://inner', '::/archive.zip'): the first link and the rest of a chain."""
    if is_local(uri):
        return uri, ""
    head, mark, chain = uri.partition("::")
    return head, mark + chain


def _absolute(path: str) -> str:
    """Absolute and normalised; what `..` steps out of is resolved, since it may be a link."""
    if ".." not in path.split("/"):
        return os.path.abspath(path)
    folder, name = os.path.split(path.rstrip("/"))
    return os.path.join(os.path.realpath(folder), name) if name != ".." else os.path.realpath(path)


@contextmanager
def _os_errors(uri: str) -> Iterator[None]:
    """Whatever a remote file system raises, as an OSError that names the URI."""
    try:
        yield
    except (OSError, InputError):
        raise
    except Exception as error:
        raise OSError(f"{uri}: {type(error).__name__}: {error}") from error
