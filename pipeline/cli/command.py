"""What all commands share: exit codes, and paths that mean the same on the machine that runs the job."""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from catalogs.errors import BadPlace, CatalogBusy, CatalogError, NoCatalog, RecipeMismatch
from models.weights.registry import WeightsMissing
from pipeline.errors import InputError, RecipeError, RunError, UsageError

WRONG_ARGUMENT = (UsageError, InputError, RecipeError, RecipeMismatch, NoCatalog, BadPlace, duckdb.Error)
COULD_NOT_FINISH = (CatalogBusy, CatalogError, RunError, WeightsMissing, OSError)


class Terminated(KeyboardInterrupt):
    """SIGTERM: like Ctrl-C, what is done is kept."""


@contextmanager
def reported() -> Iterator[None]:
    """Errors a person can act on end as one message and an exit code: 2 for a wrong argument, 1 for the rest.

    What the terminal's encoding lacks is printed as its escape. Who reads the output may stop reading (`| head`): the
    job ends then without a word.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _terminable():
            yield
    except WRONG_ARGUMENT as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except COULD_NOT_FINISH as error:
        if isinstance(error, BrokenPipeError) and _reader_left():
            raise SystemExit(0) from None
        print(f"error: {said(error)}", file=sys.stderr)
        raise SystemExit(1) from error
    except KeyboardInterrupt as error:
        print("\nstopped; what is done is kept: run the same command again to go on", file=sys.stderr)
        raise SystemExit(143 if isinstance(error, Terminated) else 130) from error
    finally:
        _reader_left()


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM raises Terminated meanwhile, so that a job can note how it ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _reader_left() -> bool:
    """Print what is left to print; whether nobody reads it any more. Then Python does not try again when it ends."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    try:
        handle = sys.stdout.fileno()
    except (OSError, ValueError):
        return False  # no file: somebody who called this job as a function took its output
    poll = select.poll()
    poll.register(handle, 0)
    left = any(event & select.POLLERR for _, event in poll.poll(0))
    if left:
        os.dup2(os.open(os.devnull, os.O_WRONLY), handle)
    return left


def said(error: Exception) -> str:
    """The error in words: what the system says of a file, with what to do about it, and without its number."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    what, hint = _SYSTEM.get(error.errno, ((error.strerror or str(error)).lower(), "check the path"))
    return f"{error.filename}: {what}; {hint}" if error.filename else f"{what}; {hint}"


_SYSTEM = {
    errno.ENOENT: ("is not there", "check the spelling"),
    errno.EISDIR: ("is a folder", "give the path of a file"),
    errno.ENOTDIR: ("is not a folder, or is inside something that is none", "give the path of a folder"),
    errno.EACCES: ("must not be read or written by this user", "check its permissions"),
    errno.EPERM: ("must not be read or written by this user", "check its permissions"),
    errno.EROFS: ("lies on a file system that cannot be written to", "choose another place"),
    errno.ENOSPC: ("there is no space left on its file system", "free some and run the same command again"),
    errno.EDQUOT: ("this user's quota of disk space is used up", "free some and run the same command again"),
    errno.EEXIST: ("is there already and is no folder", "choose another place"),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n) and run the same command again"),
}
"""What a person understands, and does, of the system's errors."""


def in_submitted_job() -> bool:
    """Whether this process is the entry point of a `ray job submit`."""
    return "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ


def absolute(path: str, option: str) -> str:
    """`path` as an absolute path or the URI it is. A relative path in a submitted job is a UsageError: see there."""
    if "://" in path or os.path.isabs(path):
        return path
    if in_submitted_job():
        raise UsageError(
            f"{option} {path}: a submitted job runs in a copy of the working directory that is removed; "
            "give an absolute path"
        )
    return str(Path(path).absolute())
