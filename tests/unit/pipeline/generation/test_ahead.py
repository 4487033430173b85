"""A thread that makes what is used later."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pipeline.generation.ahead import ahead


@pytest.mark.parametrize("most", [1, 2, 10])
def test_the_same_items_in_the_same_order_from_one_other_thread(most: int) -> None:
    threads = set()

    def items() -> Iterator[int]:
        for i in range(7):
            threads.add(threading.get_ident())
            yield i

    assert list(ahead(items(), most)) == list(range(7))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_none_is_an_item() -> None:
    assert list(ahead(iter([None, None]), 1)) == [None, None]


def test_an_error_comes_where_the_item_would_have() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("spoiled")

    made = ahead(items(), 2)
    assert next(made) == 1
    with pytest.raises(ValueError, match="spoiled"):
        next(made)


def test_no_more_is_made_than_asked_ahead_and_the_thread_ends_with_its_user() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for i in range(1000):
            made.append(i)
            yield i

    before = threading.active_count()
    used = ahead(items(), 3)
    next(used)
    used.close()  # type: ignore[attr-defined]
    assert len(made) <= 4
    assert threading.active_count() == before
