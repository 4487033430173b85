from __future__ import annotations

import pyarrow as pa

from catalogs.schema import UNDECIDED_REASONS
from catalogs.upsert import collisions, decided_before, doubles, superseded, with_names


def _rows(*rows: tuple[str, str, int, str]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    names = ["clip_id", "source_key", "span_index", "recipe"]
    return pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})


HELD = _rows(("a0", "A", 0, "new"), ("a1", "A", 1, "new"), ("b0", "B", 0, "old"), ("b1", "B", 1, "old"))


def _superseded(*rows: tuple[str, str, int, str]) -> list[str]:
    return superseded(HELD, _rows(*rows), "new")["clip_id"].to_pylist()


def test_a_span_replaces_its_own_rows_only() -> None:
    assert _superseded(("x", "A", 1, "new")) == ["a1"]
    assert _superseded(("a1", "A", 1, "new"), ("a0", "A", 0, "new")) == ["a0", "a1"]
    assert _superseded(("x", "C", 0, "new")) == []


def test_rows_of_another_recipe_go_with_their_source_or_clip() -> None:
    assert _superseded(("x", "B", 0, "new")) == ["b0", "b1"]
    assert _superseded(("b1", "C", 0, "new")) == ["b1"]


def test_a_clip_stands_once() -> None:
    assert collisions(HELD, _rows(("a0", "C", 0, "new"), ("y", "C", 0, "new")), "new") == ["a0"]
    assert collisions(HELD, _rows(("a0", "A", 0, "new")), "new") == []
    assert collisions(HELD, _rows(("b0", "C", 0, "new")), "new") == []
    assert collisions(HELD, _rows(("a1", "A", 0, "new"), ("z", "A", 1, "new")), "new") == []


def test_accepted_clips_keep_the_name_that_no_manifest_gave() -> None:
    going = pa.table(
        {
            "clip_id": ["a", "b", "c", "d", "e"],
            "subject_id": ["A", "B", "C", None, "E"],
            "subject_listed": [False, True, None, None, False],
        }
    )
    incoming = pa.table(
        {
            "clip_id": ["e", "b", "new", "c", "a", "d"],
            "status": ["rejected", *["accepted"] * 5],
            "subject_id": [None, None, None, "listed", None, None],
            "subject_listed": [None, None, None, True, None, None],
        },
        pa.schema(
            [(name, pa.string()) for name in ("clip_id", "status", "subject_id")] + [("subject_listed", pa.bool_())]
        ),
    )
    found = with_names(incoming, going)
    assert found["subject_id"].to_pylist() == [None, None, None, "listed", "A", None]
    assert found["subject_listed"].to_pylist() == [None, None, None, True, False, None]
    assert found.schema.equals(incoming.schema)


def test_of_spans_that_share_a_clip_the_first_is_taken() -> None:
    spans = {
        "one": _rows(("p", "P", 0, "new")),
        "two": _rows(("q", "Q", 0, "new"), ("p", "Q", 0, "new")),
        "three": _rows(("q", "R", 0, "new")),  # free again, as span two is refused
        "four": _rows(("a0", "S", 0, "new")),
    }
    assert doubles(spans, [HELD], "new") == {"two": ("p", "one"), "four": ("a0", "a span already in the catalog")}


def test_a_span_that_is_refused_replaces_nothing_so_what_it_would_have_replaced_stays_taken() -> None:
    spans = {
        "moves": _rows(("a0", "A", 1, "new")),
        "leaves": _rows(("b", "A", 0, "new"), ("b1", "A", 0, "new"), ("c", "A", 0, "new")),
    }
    held = [HELD, _rows(("c", "C", 0, "new"))]
    assert doubles(spans, held, "new") == {
        "leaves": ("c", "a span already in the catalog"),
        "moves": ("a0", "a span already in the catalog"),
    }


def test_what_is_out_of_reach_now_stays_decided() -> None:
    def said(rows: pa.Table, *reasons: str | None) -> pa.Table:
        return rows.append_column("reason", pa.array(reasons, pa.string()))

    reason = UNDECIDED_REASONS[0]
    held = [said(HELD, None, "no_face", reason, reason)]
    spans = {
        "decided": said(_rows(("a", "A", 0, "new")), reason),
        "never": said(_rows(("b", "B", 0, "new")), reason),
        "new": said(_rows(("c", "C", 0, "new")), reason),
        "again": said(_rows(("a1", "A", 1, "new")), None),
    }
    assert decided_before(spans, held) == {"decided": "A"}
    assert decided_before({"again": spans["again"]}, held) == {}
