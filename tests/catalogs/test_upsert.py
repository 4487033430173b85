from __future__ import annotations

import pyarrow as pa

from catalogs.upsert import collisions, replaced


def _rows(*rows: tuple[str, str, int, str]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    names = ["clip_id", "source_key", "span_index", "recipe"]
    return pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})


HELD = _rows(("a0", "A", 0, "new"), ("a1", "A", 1, "new"), ("b0", "B", 0, "old"), ("b1", "B", 1, "old"))


def _replaced(*rows: tuple[str, str, int, str]) -> list[str]:
    return replaced(HELD, _rows(*rows), "new")["clip_id"].to_pylist()


def test_a_span_replaces_its_own_rows_only() -> None:
    assert _replaced(("x", "A", 1, "new")) == ["a1"]
    assert _replaced(("a1", "A", 1, "new"), ("a0", "A", 0, "new")) == ["a0", "a1"]
    assert _replaced(("x", "C", 0, "new")) == []


def test_rows_of_another_recipe_go_with_their_source_or_clip() -> None:
    assert _replaced(("x", "B", 0, "new")) == ["b0", "b1"]
    assert _replaced(("b1", "C", 0, "new")) == ["b1"]


def test_a_clip_stands_once() -> None:
    assert collisions(HELD, _rows(("a0", "C", 0, "new"), ("y", "C", 0, "new")), "new") == ["a0"]
    assert collisions(HELD, _rows(("a0", "A", 0, "new")), "new") == []
    assert collisions(HELD, _rows(("b0", "C", 0, "new")), "new") == []
    assert collisions(HELD, _rows(("a1", "A", 0, "new"), ("z", "A", 1, "new")), "new") == []
