"""Where jobs read and write: paths and file: URIs of this machine, looked at before long work begins."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from catalogs.errors import BadPlace
from catalogs.storage import local_path
from pipeline.cli.command import absolute
from pipeline.errors import UsageError


def local(text: str, option: str) -> Path:
    """The absolute path that an argument names. UsageError: it is none of this machine, or relative in a submitted
    job.
    """
    try:
        path = local_path(text)
    except BadPlace as error:
        raise UsageError(f"{option}: {error}") from error
    if not text.startswith("~") and not text.lower().startswith("file:"):
        absolute(text, option)
    return path


def given(text: str, option: str) -> str:
    """An argument that may be remote, as it is; a file: URI or a path as an absolute path. UsageError: as `local`."""
    remote = "://" in text and not text.startswith(("/", ".", "~")) and not text.lower().startswith("file:")
    return text if remote else str(local(text, option))


def file_to_write(text: str, option: str, example: str) -> Path:
    """The path of a file that can be written. UsageError: it is a folder, or nothing can be written there.

    example: a name for it, for the message.
    """
    path = local(text, option)
    if path.is_dir() or text.endswith("/"):
        raise UsageError(f"{option} {text} is a folder: name the file to write, for example {path / example}")
    if os.path.lexists(path) and not path.is_file() and not path.is_symlink():
        raise UsageError(f"{option} {text} is no file but a device or a pipe: name a file to write")
    _check_writable(path.parent, f"{option} {text}")
    return path


def folder_to_write(text: str, option: str) -> Path:
    """The path of a folder, there or not, into which can be written. UsageError: it is a file, or nothing can be."""
    path = local(text, option)
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{option} {text} is a file: name a folder, which is made if it is not there")
    _check_writable(path, f"{option} {text}")
    return path


def _check_writable(folder: Path, what: str) -> None:
    """UsageError unless files can be made in `folder`, or in the folder above in which it would be made."""
    above = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not above.is_dir():
        raise UsageError(f"{what}: {above} is no folder, so nothing can be written below it; choose another place")
    try:
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        raise UsageError(
            f"{what}: nothing can be written in {above} ({error.strerror}); choose another place, or let this user "
            "write there"
        ) from error
