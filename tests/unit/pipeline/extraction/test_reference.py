from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.schema import TABLES
from pipeline.extraction.reference import BEGIN, END, between_markers, describe, main, replaced
from tests.root import ROOT


def test_every_column_is_described() -> None:
    text = describe()
    assert all(f"### {table}\n" in text for table in TABLES)
    assert all(f"| {name} | " in text for schema in TABLES.values() for name in schema.names)
    assert "| emotion.happiness | FLOAT | share, 0 to 1 |" in text
    assert "| pose | FLOAT[] | degrees" in text


def test_the_reference_in_docs_is_the_schema() -> None:
    text = (ROOT / "docs" / "catalog.md").read_text()
    assert between_markers(text) == describe(), "run python -m pipeline.extraction.reference docs/catalog.md"


def test_only_the_text_between_the_markers_is_replaced() -> None:
    assert replaced(f"before\n{BEGIN}\nold\n{END}\nafter\n") == f"before\n{BEGIN}\n{describe()}{END}\nafter\n"
    with pytest.raises(ValueError, match="no lines"):
        replaced("nothing here")


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reference.md"
    path.write_text(f"{BEGIN}\n{END}\n")
    main([])
    assert capsys.readouterr().out == describe() + "\n"
    main([str(path)])
    assert between_markers(path.read_text()) == describe()
