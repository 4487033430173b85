"""What SQL a person asks of a catalog: from where it comes, and that it reads and no more."""

from __future__ import annotations

import os
import re
import select
import stat
import sys

import duckdb

from pipeline.errors import UsageError

_MOMENT = 0.2
"""Seconds in which a pipe on standard input must have something to say, where nobody said that it would."""

_READS = ("SELECT", "EXPLAIN", "PRAGMA", "MULTI")
"""DuckDB's statement types that only read; MULTI is what PIVOT becomes."""

_BEGINS = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*"
_EXPLAIN = re.compile(_BEGINS + r"explain\b(?:\s*\([^)]*\))?(?:\s+analyze\b)?", re.IGNORECASE | re.DOTALL)
_ASKS = re.compile(_BEGINS + r"(?:pivot|unpivot|from|select|with|values|table)\b", re.IGNORECASE | re.DOTALL)


def given(sql: str | None) -> str | None:
    """The SQL to run: as given; `-`: standard input; None: what is piped in, None if that is nothing.

    UsageError: it is empty, or a closed standard input was asked for.
    """
    if sql is None:
        text = _piped()
        return text if text.strip() else None
    if sql == "-":
        if sys.stdin is None:
            raise UsageError("standard input is closed: give the SQL as an argument")
        sql = sys.stdin.read()
    if not sql.strip():
        raise UsageError('the SQL is empty: give a question, as "select count(*) from clips", or none for the summary')
    return sql


def statements(sql: str) -> list[str]:
    """The statements of `sql`, one or more. UsageError: one is wrong, or does something else than read."""
    try:
        found = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"DuckDB refuses the SQL: {error}") from error
    if not found:
        raise UsageError('the SQL has no statement: give a question, as "select count(*) from clips"')
    for statement in found:
        kind, text = statement.type.name, statement.query.strip()
        if kind in ("COPY", "EXPORT", "COPY_DATABASE"):
            raise UsageError(
                f"a query writes no files ({_short(text)}): print what you select with --csv or --json into one "
                "(python jobs/query.py --csv ... > FILE), or use Python: "
                'vasari.open("CATALOG").connect(read_only=False).execute("copy ... to ...")'
            )
        if kind not in _READS or (kind == "EXPLAIN" and not _explains_a_question(text)) or not _asks(kind, text):
            raise UsageError(
                f"a query only reads, and {kind} does not ({_short(text)}): later statements would see another "
                "catalog than is there. Name steps in between with WITH; for your own tables and settings use Python: "
                'vasari.open("CATALOG").connect()'
            )
    return [statement.query for statement in found]


def _asks(kind: str, text: str) -> bool:
    return kind != "MULTI" or _ASKS.match(text) is not None


def _explains_a_question(text: str) -> bool:
    """EXPLAIN ANALYZE runs what it explains."""
    found = _EXPLAIN.match(text)
    return found is not None and _ASKS.match(text[found.end() :]) is not None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."


def _piped() -> str:
    """What a file or a pipe on standard input says; nothing if it is a terminal, closed, or a pipe that is silent."""
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return ""
    if stat.S_ISREG(kind):
        return sys.stdin.read()
    speaks = stat.S_ISFIFO(kind) and bool(select.select([sys.stdin], [], [], _MOMENT)[0])
    return sys.stdin.read() if speaks else ""
