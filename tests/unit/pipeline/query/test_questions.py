"""SQL comes from where it is said, and only reads."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import UsageError
from pipeline.query import questions


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "from clips; table clips;",
        "with a as (select 1) from a",
        "describe clips; show tables; summarize clips",
        "explain select 1; explain analyze with a as (select 1) from a; explain (format json) select 1",
        "pragma table_info('clips')",
        "pivot clips on status using count(*)",
        "-- why\n /* not */ (select 1)",
        "values (1), (2)",
    ],
)
def test_questions_are_let_through(sql: str) -> None:
    found = questions.statements(sql)
    assert len(found) == len(duckdb.extract_statements(sql))
    assert all(statement in sql for statement in found)


@pytest.mark.parametrize(
    "sql",
    [
        "drop view clips",
        "create or replace view clips as select 1",
        "create temp table clips as select 1",
        "create temp table clips as pivot older_clips on status using count(*)",
        "create macro avg(x) as 1",
        "alter view clips rename to c",
        "attach ':memory:' as other",
        "use other",
        "set search_path = 'other'",
        "prepare a as select 1",
        "begin",
        "delete from clips",
        "call enable_logging()",
        "load json",
        "explain analyze drop view clips",
        "explain analyze create or replace view clips as select 1",
        "/* a */ explain (analyze) drop view clips",
    ],
)
def test_what_would_change_the_answer_is_refused(sql: str) -> None:
    for asked in (sql, f"select 1; {sql}; select count(*) from clips"):
        with pytest.raises(UsageError, match="a query only reads, and [A-Z_]+ does not .*vasari.open"):
            questions.statements(asked)


@pytest.mark.parametrize("sql", ["copy clips to 'a.csv'", "COPY (select 1) TO 'a'", "export database 'a'"])
def test_a_copy_says_how_to_write(sql: str) -> None:
    with pytest.raises(UsageError, match=r"writes no files.*--csv \.\.\. > FILE.*read_only=False"):
        questions.statements(sql)


@pytest.mark.parametrize("sql", ["-- a comment", ";;", "/* */"])
def test_no_statement_is_an_error(sql: str) -> None:
    with pytest.raises(UsageError, match="no statement"):
        questions.statements(sql)


def test_wrong_sql_is_duckdb_s_message() -> None:
    with pytest.raises(UsageError, match="DuckDB refuses the SQL: .*selec"):
        questions.statements("select 1; selec 2")


def test_sql_from_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert questions.given("select 1") == "select 1"
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 2\n"))
    assert questions.given(None) is None  # nobody can tell who typed it
    assert questions.given("-") == "select 2\n"
    for empty in ("", "  \n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(empty))
        for given in ("-", empty):
            with pytest.raises(UsageError, match="the SQL is empty"):
                questions.given(given)
    monkeypatch.setattr(sys, "stdin", None)
    assert questions.given(None) is None
    with pytest.raises(UsageError, match="standard input is closed"):
        questions.given("-")


@pytest.mark.parametrize("text", ["select 3", "", "\n"])
def test_what_is_piped_in_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.sql").write_text(text)
    with (tmp_path / "a.sql").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert questions.given(None) == (text.strip() or None)
    end, start = os.pipe()
    os.write(start, text.encode())
    os.close(start)
    with os.fdopen(end) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        assert questions.given(None) == (text.strip() or None)


def test_a_silent_pipe_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    end, start = os.pipe()
    with os.fdopen(end) as pipe, os.fdopen(start, "w"):
        monkeypatch.setattr(sys, "stdin", pipe)
        assert questions.given(None) is None
