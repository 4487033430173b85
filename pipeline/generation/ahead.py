"""Work that goes on in a thread while its results are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_END = object()


def ahead(items: Iterator[T], most: int) -> Iterator[T]:
    """The same items in the same order, made by one thread, `most` ahead of the one that is used. Errors come where
    the item would have."""
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[object]] = deque()
        try:
            for _ in range(most):
                waiting.append(thread.submit(next, items, _END))
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(thread.submit(next, items, _END))
                yield item  # type: ignore[misc]
        finally:
            for each in waiting:
                each.cancel()
