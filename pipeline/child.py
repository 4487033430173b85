"""A warm child process for work in native code: it may hang or die, and costs only the call it was on.

The parent sends (name, arguments) as a pickle over a pair of sockets and waits for the answer with a time limit.
Before it answers, the child may ask the parent something in return (what only the parent can reach, such as a GPU).
The child exits when its parent does: the kernel kills it (PR_SET_PDEATHSIG), and its end of the pair closes.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from pipeline.program import python_code

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 120.0
_GONE = (BrokenPipeError, ConnectionResetError, EOFError)
"""How a connection ends whose other side has."""


class ChildTimeout(RuntimeError):
    """The call took longer than its limit; the child was killed."""


class ChildCrashed(RuntimeError):
    """The child died during the call; says the signal or exit code and the end of what it printed."""


class ChildError(RuntimeError):
    """The call raised; carries the exception's type, message and traceback as text."""


class AskFailed(RuntimeError):
    """What a child asked its parent could not be answered; carries the parent's error as text."""


class AskOverdue(AskFailed, TimeoutError):
    """What a child asked its parent was not answered in time."""


_REFUSALS = {"error": AskFailed, "late": AskOverdue}

Answer = Callable[..., Any]
"""Answers a child's question, called with what the child's `ask` was called with."""


class Child:
    """One child process, started at the first call and again after it was lost. memory: its address space, bytes."""

    def __init__(self, memory: int = 12 << 30) -> None:
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._log: Any = None

    def call(self, name: str, *arguments: Any, seconds: float, asked: Answer | None = None) -> Any:
        """The answer of the function `name`, as "module:function", within `seconds`.

        asked: answers the child's questions. With it, `name` is called with one more argument, `ask`: a function that
        sends its arguments to `asked` and returns what that gives, or raises AskFailed with what it raised (AskOverdue
        for a TimeoutError). The time `asked` takes does not count. Raises ChildTimeout, ChildCrashed or ChildError; the
        child is usable again after each.
        """
        connection = self._ready()
        try:
            _send(connection, (name, arguments, asked is not None))
            while True:
                began = time.monotonic()
                kind, value = self._receive(connection, seconds)
                if kind != "ask":
                    break
                assert asked is not None
                seconds -= time.monotonic() - began
                _send(connection, _answered(asked, value))
        except _GONE as error:
            raise self._crashed() from error
        if kind == "error":
            raise ChildError(value)
        return value

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """Kill the child, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ready(self) -> Connection:
        """The connection to the child, started if there is none."""
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self.close()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "VASARI_MEMORY": str(self._memory),
        }
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", python_code(__name__, serve.__name__), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        try:
            self._receive(self._connection, _START_SECONDS)
        except _GONE as error:
            raise self._crashed() from error
        return self._connection

    def _receive(self, connection: Connection, seconds: float) -> Any:
        if not connection.poll(max(0.0, seconds)):
            self.close()
            raise ChildTimeout(f"took longer than {round(seconds, 2):g} s")
        return _received(connection)

    def _crashed(self) -> ChildCrashed:
        assert self._process is not None
        code = self._process.wait()
        how = f"died of {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 2000))
        said = " ".join(self._log.read().decode(errors="replace").split()[-40:])
        self.close()
        return ChildCrashed(how + (f"; last words: {said}" if said else ""))


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def serve() -> None:
    """The child's loop: answers calls until its connection, the file of the number given, closes."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = int(os.environ["VASARI_MEMORY"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    handle = int(sys.argv[1])
    os.set_inheritable(handle, False)
    connection = Connection(handle)
    _send(connection, "ready")
    while True:
        try:
            name, arguments, may_ask = _received(connection)
        except _GONE:
            return
        more = {"ask": partial(_ask, connection)} if may_ask else {}
        try:
            answer = ("ok", _function(name)(*arguments, **more))
        except Exception as error:
            said = str(error).replace("\n", "\\n")  # the first line is the whole message
            answer = ("error", f"{type(error).__name__}: {said}\n{traceback.format_exc()}")
        _send(connection, answer)


def _ask(connection: Connection, *question: Any) -> Any:
    """The child's side of a question to its parent."""
    _send(connection, ("ask", question))
    kind, value = _received(connection)
    if kind in _REFUSALS:
        raise _REFUSALS[kind](value)
    return value


def _answered(asked: Answer, question: tuple[Any, ...]) -> tuple[str, Any]:
    """The parent's side: the answer, or the error it ended in, as text."""
    try:
        return "ok", asked(*question)
    except Exception as error:
        return "late" if isinstance(error, TimeoutError) else "error", f"{type(error).__name__}: {error}"


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _send(connection: Connection, value: Any) -> None:
    # as bytes: `Connection.send` would hand tensors over as files in shared memory
    connection.send_bytes(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))


def _received(connection: Connection) -> Any:
    """The next value. Raises one of _GONE when there will be none."""
    return pickle.loads(connection.recv_bytes())
