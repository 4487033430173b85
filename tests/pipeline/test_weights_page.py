"""docs/weights.md has the table of the registry."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.weights_page import HEAD, rows, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "weights.md"


def written() -> list[list[str]]:
    """The cells of all table rows of the page."""
    lines = re.findall(r"^\| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_the_page_s_table_is_the_registry() -> None:
    """Columns to the right of those of the registry are written by hand."""
    found = [tuple(cells[: len(HEAD)]) for cells in written() if cells[0].startswith("`")]
    assert found == rows()
    heads = [cells for cells in written() if tuple(cells[: len(HEAD)]) == HEAD]
    assert len(heads) == 1


def test_the_table_is_markdown() -> None:
    lines = table().splitlines()
    assert lines[:2] == ["| " + " | ".join(HEAD) + " |", "| " + " | ".join(["---"] * len(HEAD)) + " |"]
    assert len(lines) == 2 + len(rows())
    assert {line.count("|") for line in lines} == {len(HEAD) + 1}
