"""Patience with sources: what may pass is tried again, each time after a longer wait, inside a time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from pipeline.listing.faults import SourceFault, fault_of
from pipeline.listing.uris import is_local

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How often a source is tried, and how long is waited before the second try; each later wait is twice as long."""

    attempts: int = 5
    wait_s: float = 1.0
    longest_s: float = 30.0


class Reach:
    """Tries to reach sources within `seconds` each. A server that was tried in vain is tried once until it answers."""

    def __init__(self, seconds: float, patience: Patience) -> None:
        self._seconds, self._patience = seconds, patience
        self._silent: set[str] = set()

    def __call__(self, uri: str, attempt: Callable[[float], T]) -> T:
        """The answer of `attempt`, which is called with the seconds left. Raises SourceFault."""
        deadline = time.monotonic() + self._seconds
        server = _server(uri)
        tries, wait = (1 if server in self._silent else max(1, self._patience.attempts)), self._patience.wait_s
        for number in range(1, tries + 1):
            try:
                answer = attempt(max(0.05, deadline - time.monotonic()))
            except Exception as error:
                fault = fault_of(error, uri)
                if fault.again and number < tries and time.monotonic() + wait < deadline:
                    time.sleep(wait)
                    wait = min(2 * wait, self._patience.longest_s)
                    continue
                if server and fault.reason == "unreachable":
                    self._silent.add(server)
                raise SourceFault(uri, fault, number) from error
            self._silent.discard(server)
            return answer
        raise AssertionError("the last try returns or raises")


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` gives, or TimeoutError after `seconds`: its thread is left behind then and ends with the process."""
    answers: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"no answer within {seconds:.0f} s")
    return answers[0]


def _server(uri: str) -> str:
    """What sources that share a way share: scheme and host of a remote URI, else ''."""
    if is_local(uri):
        return ""
    parts = urlsplit(uri.rpartition("::")[2])
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
