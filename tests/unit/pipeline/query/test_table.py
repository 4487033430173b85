"""Tables as text: aligned, numbers to the right, nothing too wide."""

from __future__ import annotations

import pyarrow as pa

from pipeline.query.table import table_text


def test_columns_are_aligned() -> None:
    table = pa.table({"name": ["a", "longer", None], "n": [1, 200, None], "share": [0.5, 1 / 3, 1e9]})
    assert table_text(table).splitlines() == [
        "name      n   share",
        "------  ---  ------",
        "a         1     0.5",
        "longer  200  0.3333",
        "              1e+09",
        "(3 rows)",
    ]


def test_no_rows_and_one_row() -> None:
    assert table_text(pa.table({"x": pa.array([], pa.int32())})).splitlines() == ["x", "-", "(0 rows)"]
    assert table_text(pa.table({"x": [7]})).splitlines() == ["x", "-", "7", "(1 row)"]


def test_structs_lists_bytes_and_long_text_are_cut() -> None:
    table = pa.table(
        {
            "struct": [{"anger": 0.25, "fear": None, "joy": 1.0}],
            "short": [[1, 2]],
            "long": [[0.5] * 20],
            "image": [b"12345"],
            "text": ["x" * 100],
        }
    )
    row = table_text(table).splitlines()[2]
    assert "anger 0.25, joy 1" in row
    assert "[1, 2]" in row
    assert "[0.5, 0.5, 0.5, 0.5, ... 20 values]" in row
    assert "5 bytes" in row
    assert row.endswith("x" * 57 + "...")
    wide = table_text(table, wide=True).splitlines()[2]
    assert wide.endswith("x" * 100)
    assert ", ".join(["0.5"] * 20) in wide


def test_a_cause_is_never_cut() -> None:
    causes = [
        f"[Errno 5] {'a long cause ' * 9}/videos/a.mp4: replace or remove the file",
        "/videos/" + "folder/" * 20 + "a.mp4",
        "two\nlines " + "x" * 60,
    ]
    lines = table_text(pa.table({"why": causes, "after": ["z"] * 3})).splitlines()[2:5]
    assert lines[0].startswith(causes[0] + "  ")
    assert lines[1].startswith(causes[1] + "  ")
    assert lines[2].startswith("two\\nlines " + "x" * 60 + "  ")
    assert all(line.endswith("  z") for line in lines)
    said = '{"name": "' + "a b " * 30 + '"}'
    assert table_text(pa.table({"json": [said]})).splitlines()[2] == said[:57] + "..."


def test_maps_are_told_by_key() -> None:
    kind = pa.map_(pa.string(), pa.float64())
    assert table_text(pa.table({"s": pa.array([[("probe", 1.5), ("track", 2.0)]], kind)})).splitlines()[2] == (
        "probe 1.5, track 2"
    )
