"""docs/weights.md has the table of the registry, with the measured speeds."""

from __future__ import annotations

import re

from models.weights.registry import REGISTRY
from pipeline.weights.page import CHANGES, HEAD, page_table, rows
from tests.root import ROOT

PAGE = ROOT / "docs" / "weights.md"


def written() -> list[list[str]]:
    """The cells of all table rows of the page."""
    lines = re.findall(r"^\| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_the_page_s_table_is_the_registry() -> None:
    names = tuple(f"`{name}`" for name in REGISTRY)
    assert [tuple(cells) for cells in written() if cells[0].startswith(names)] == rows()
    assert sum(tuple(cells) == HEAD for cells in written()) == 1


def test_the_table_is_markdown() -> None:
    lines = page_table().splitlines()
    assert lines[:2] == ["| " + " | ".join(HEAD) + " |", "| " + " | ".join(["---"] * len(HEAD)) + " |"]
    assert len(lines) == 2 + len(rows())
    assert {line.count("|") for line in lines} == {len(HEAD) + 1}


def test_every_model_says_what_it_changes() -> None:
    assert set(CHANGES) == set(REGISTRY)
    assert all(CHANGES.values())


def test_speeds_are_those_that_were_measured() -> None:
    table = {"cpu": {"items": {"iris": 1234.0, "l2cs": 3.14, "hyperiqa": 0.456}}, "gpu": None}
    speeds = {name: cells[HEAD.index("Speed")] for name, cells in zip(REGISTRY, rows(table), strict=True)}
    assert speeds["iris"] == "1200 faces/s"
    assert speeds["l2cs"] == "3.1 faces/s"
    assert speeds["hyperiqa"] == "0.46 pictures/s"
    assert speeds["canonical_face"] == "-"
    assert [cells[HEAD.index("Speed")] for cells in rows({"cpu": None, "gpu": None})] == ["-"] * len(REGISTRY)
