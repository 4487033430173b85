"""Whether the part of Ray on this machine still lives. When it is gone, Ray says nothing and soon ends this process."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import ray

_EVERY = 1.0


class RayletLost(RuntimeError):
    """This machine's raylet, which starts workers and holds what they pass on, has ended."""


_SIGNAL = signal.SIGUSR2
"""It wakes what waits in the main thread; SIGINT is ignored in what a script has put into the background."""


class Watch:
    """Looks at the raylet every second; what waits for Ray inside `waiting` gets RayletLost when it is gone."""

    def __init__(self) -> None:
        self._path = _socket_path()
        self._inside = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        if self._path is not None and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(_SIGNAL, _raised)
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Look no longer."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            signal.signal(_SIGNAL, self._before)
            self._thread = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Inside, RayletLost may be raised; to be entered and left by the thread that made this object."""
        with self._lock:
            self._inside = True
        try:
            yield
        finally:
            with self._lock:
                self._inside = False

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            if not _answers(self._path):
                with self._lock:
                    if self._inside:
                        signal.pthread_kill(threading.main_thread().ident or 0, _SIGNAL)
                        return


def _raised(*_: object) -> None:
    raise RayletLost("its process on this machine, the raylet, has ended")


def _socket_path() -> str | None:
    """Where the raylet of this process listens; None where this version of Ray does not tell."""
    node = getattr(ray._private.worker.global_worker, "node", None)
    return getattr(node, "raylet_socket_name", None)


def _answers(path: str | None) -> bool:
    """Whether somebody listens there. Doubt counts as yes."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(_EVERY)
        try:
            asked.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True
