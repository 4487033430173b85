"""Ray's own words stay out of a user's terminal: they go to the logs of its session, where they can be read."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray


@contextmanager
def quiet_ray() -> Iterator[None]:
    """Around `ray.init`: what Ray, its native code and its raylet say is not printed, now and later in this process.

    Ray prints messages of the cluster ("infinite retries remaining") on standard output, among our results, and has no
    option against it; its native code writes to descriptor 2 past Python, and gets a file for that in the folder of the
    session's logs. Python's sys.stderr still is the terminal. Errors are raised as ever.
    """
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    module: Any = ray._private.worker
    module.print_to_stdstream = _unsaid
    parted = _is_native(sys.stderr)
    if parted:
        terminal = os.dup(2)
        with tempfile.TemporaryFile() as aside:
            os.dup2(aside.fileno(), 2)
        encoding = sys.stderr.encoding
        sys.stderr = os.fdopen(terminal, "w", buffering=1, encoding=encoding, errors="backslashreplace")
    yield
    node: Any = getattr(module, "_global_node", None)
    if parted and node is not None:
        log = os.open(Path(node.get_logs_dir_path()) / f"driver-{os.getpid()}.err", os.O_WRONLY | os.O_CREAT, 0o644)
        os.dup2(log, 2)
        os.close(log)


def _unsaid(*_: Any, **__: Any) -> None:
    """In the place of Ray's printing."""


def _is_native(stream: Any) -> bool:
    """Whether Python's standard error is descriptor 2 itself: not so in tests, or where it was parted already."""
    try:
        return bool(stream.fileno() == 2)
    except (OSError, ValueError, AttributeError):
        return False
