"""Rows as CSV and JSON: valid whatever DuckDB's types."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipeline.query.answers import json_lines, write_csv


def answer(sql: str) -> pa.Table:
    found = duckdb.connect().sql(sql)
    assert found is not None
    return found.to_arrow_table()


def strictly(text: str) -> Any:
    """JSON as RFC 8259 has it: without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def of_json(expression: str) -> Any:
    (line,) = json_lines(answer(f"SELECT {expression} AS x"))
    return strictly(line)["x"]


def of_csv(expression: str) -> str:
    out = io.StringIO()
    write_csv(answer(f"SELECT {expression} AS x, 1 AS after"), out)
    names, row = csv.reader(io.StringIO(out.getvalue()))
    assert (names, row[1]) == (["x", "after"], "1")
    return row[0]


@pytest.mark.parametrize(
    ("expression", "as_json", "as_csv"),
    [
        ("'nan'::DOUBLE", None, "nan"),
        ("'-inf'::FLOAT", None, "-inf"),
        ("['nan'::DOUBLE, 1.5]", [None, 1.5], "[null, 1.5]"),
        ("{'a': 'inf'::FLOAT, 'b': [{'c': 'nan'::DOUBLE}]}", {"a": None, "b": [{"c": None}]}, None),
        ("MAP {'a': 'nan'::DOUBLE, 'b': 2}", {"a": None, "b": 2.0}, '{"a": null, "b": 2.0}'),
        ("MAP {1: DATE '2024-02-03'}", {"1": "2024-02-03"}, '{"1": "2024-02-03"}'),
        ("DATE '2024-02-03'", "2024-02-03", "2024-02-03"),
        ("TIMESTAMP '2024-02-03 04:05:06.5'", "2024-02-03T04:05:06.500000", "2024-02-03T04:05:06.500000"),
        ("TIMESTAMP 'infinity'", "infinity", "infinity"),
        ("TIME '04:05:06'", "04:05:06", "04:05:06"),
        ("INTERVAL '14 months 2 days 90.5 seconds'", "P14M2DT90.5S", "P14M2DT90.5S"),
        ("[INTERVAL 0 SECOND]", ["PT0S"], '["PT0S"]'),
        ("1.10::DECIMAL(5, 2)", 1.1, "1.10"),
        ("sum(3::INTEGER)", 3, "3"),
        ("12345678901234567890.123::DECIMAL(30, 3)", "12345678901234567890.123", "12345678901234567890.123"),
        ("'a\\x00'::BLOB", "YQA=", "YQA="),
        ("['a'::BLOB]", ["YQ=="], '["YQ=="]'),
        ("true", True, "true"),
        ("NULL", None, ""),
        ("'a'::ENUM ('a', 'b')", "a", "a"),
        ("'line\n,\"quoted\" ü'", 'line\n,"quoted" ü', 'line\n,"quoted" ü'),
        ("{'name': 'ü'}", {"name": "ü"}, '{"name": "ü"}'),
    ],
)
def test_values(expression: str, as_json: Any, as_csv: str | None) -> None:
    assert of_json(expression) == as_json
    assert of_csv(expression) == (json.dumps(as_json) if as_csv is None else as_csv)


def test_a_name_that_stands_twice_loses_no_column() -> None:
    table = answer("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS b")
    assert [strictly(line) for line in json_lines(table)] == [{"a": 1, "a_2": 2, "a_1": 3, "b": 4}]
    out = io.StringIO()
    write_csv(table, out)
    assert out.getvalue().split() == ["a,a,a_1,b", "1,2,3,4"]


def test_no_rows() -> None:
    assert list(json_lines(answer("SELECT 1 AS a WHERE false"))) == []
