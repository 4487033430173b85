"""One network served to many clips at once: requests that wait together become one batch."""

from __future__ import annotations

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.runtime.batches import Model, device_lost, in_batches

_WAIT = 0.01
"""Seconds a request waits for others that may join its batch."""


class DeviceLost(RuntimeError):
    """The device failed at these items and answers nothing any more in this process; carries the device's words."""


class Overdue(TimeoutError):
    """These items were on the device for longer than a request may be; the process that hangs on them ends."""


@dataclass(frozen=True, eq=False)
class Request:
    """Items that wait for answers. alone: they share no batch. begun: set when the device takes them up."""

    items: list[np.ndarray]
    alone: bool = False
    begun: threading.Event = field(default_factory=threading.Event)
    answer: Future[list[np.ndarray]] = field(default_factory=Future)


class DynamicBatcher:
    """Answers requests from many threads with one model, in batches of at most `most` items.

    What does not fit the device's memory is halved (`models.runtime.batches`). A request that makes the model fail
    fails alone: those that shared its batch are asked again one by one. When the device is lost, or holds a batch for
    more than `seconds`, the requests of that batch get DeviceLost or Overdue, nothing is answered after that, and `end`
    is called, which has to end the process: no CUDA context comes back otherwise, and nothing else ends a kernel that
    hangs.
    """

    def __init__(
        self,
        model: Model,
        most: int,
        wait: float = _WAIT,
        seconds: float = math.inf,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._model, self._most, self._wait, self._seconds, self._end = model, most, wait, seconds, end
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._left: Request | None = None
        self._ended = False
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The answers to `items`, in order; blocks until they are there. Raises what the model raised."""
        return self.ask(items).answer.result()

    def ask(self, items: Sequence[np.ndarray], alone: bool = False) -> Request:
        """A request for the answers to `items`, which will come in its `answer`."""
        request = Request(list(items), alone)
        if request.items:
            self._requests.put(request)
        else:
            request.begun.set()
            request.answer.set_result([])
        return request

    def _serve(self) -> None:
        while self._work(self._gathered()):
            pass

    def _gathered(self) -> list[Request]:
        """The next request, with those that come within the wait and fit into its batch."""
        first = self._left or self._requests.get()
        self._left = None
        requests, count = [first], len(first.items)
        until = time.monotonic() + self._wait
        while count < self._most and not first.alone:
            try:
                request = self._requests.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if request.alone or count + len(request.items) > self._most:
                self._left = request
                break
            requests.append(request)
            count += len(request.items)
        return requests

    def _work(self, requests: Sequence[Request]) -> bool:
        """Answer `requests`; whether more can be answered after them."""
        try:
            answers = self._timed(requests)
        except Exception as error:
            if device_lost(error):
                return self._finish(requests, DeviceLost(str(error).strip().splitlines()[0]))
            if len(requests) > 1:
                return all(self._work([request]) for request in requests)
            return self._settled([(requests[0].answer.set_exception, error)])
        ends = list(itertools.accumulate(len(request.items) for request in requests))
        shares = [answers[end - len(request.items) : end] for request, end in zip(requests, ends, strict=True)]
        return self._settled([(r.answer.set_result, share) for r, share in zip(requests, shares, strict=True)])

    def _timed(self, requests: Sequence[Request]) -> list[np.ndarray]:
        """The answers to all items of `requests`; raises what the model raised."""
        clock = threading.Timer(
            self._seconds, self._finish, (requests, Overdue(f"took longer than {self._seconds:g} s"))
        )
        clock.daemon = True
        if math.isfinite(self._seconds):
            clock.start()
        for request in requests:
            request.begun.set()
        try:
            return in_batches(self._model, [item for request in requests for item in request.items], self._most)
        finally:
            clock.cancel()

    def _settled(self, told: Sequence[tuple[Callable[[Any], None], Any]]) -> bool:
        """Hand out answers, unless the process is ending: then they came too late. Whether they were handed out."""
        with self._lock:
            for tell, value in told if not self._ended else ():
                tell(value)
            return not self._ended

    def _finish(self, requests: Sequence[Request], error: Exception) -> bool:
        """Tell `requests` why the process ends, and end it. Always False."""
        with self._lock:
            if self._ended:
                return False
            self._ended = True
            for request in requests:
                if not request.answer.done():
                    request.answer.set_exception(error)
        self._end()
        return False
