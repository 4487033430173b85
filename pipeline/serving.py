"""One network served to many clips at once: requests that wait together become one batch."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from models.batches import Model, in_batches

_WAIT = 0.01
"""Seconds a request waits for others that may join its batch."""

Request = tuple[list[np.ndarray], "Future[list[np.ndarray]]"]


class Server:
    """Answers requests from many threads with one model, in batches of at most `most` items.

    What does not fit the device's memory is halved (`models.batches`). A request that makes the model fail fails
    alone: those that shared its batch are asked again one by one.
    """

    def __init__(self, model: Model, most: int, wait: float = _WAIT) -> None:
        self._model, self._most, self._wait = model, most, wait
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._left: Request | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The answers to `items`, in order; blocks until they are there. Raises what the model raised."""
        if not len(items):
            return []
        answer: Future[list[np.ndarray]] = Future()
        self._requests.put((list(items), answer))
        return answer.result()

    def _serve(self) -> None:
        while True:
            requests = self._gathered()
            try:
                answers = in_batches(self._model, [item for items, _ in requests for item in items], self._most)
            except Exception as error:
                self._one_by_one(requests, error)
                continue
            for items, future in requests:
                future.set_result(answers[: len(items)])
                answers = answers[len(items) :]

    def _gathered(self) -> list[Request]:
        """The next request, with those that come within the wait and fit into its batch."""
        first = self._left or self._requests.get()
        self._left = None
        requests, count = [first], len(first[0])
        until = time.monotonic() + self._wait
        while count < self._most:
            try:
                request = self._requests.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if count + len(request[0]) > self._most:
                self._left = request
                break
            requests.append(request)
            count += len(request[0])
        return requests

    def _one_by_one(self, requests: Sequence[Request], error: Exception) -> None:
        for items, future in requests:
            if len(requests) == 1:
                future.set_exception(error)
                return
            try:
                future.set_result(in_batches(self._model, items, self._most))
            except Exception as own:
                future.set_exception(own)
