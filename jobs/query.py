"""Ask a catalog in SQL: views clips, latents, runs (and previews, metrics); without SQL, its summary."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import catalogs
from catalogs.summary import summary
from pipeline.command import Failure, absolute, reported
from pipeline.summary import catalog_text
from pipeline.table import table_text


@dataclass(frozen=True)
class Query:
    """Run SQL on a catalog and print a table; without SQL, print the catalog's summary."""

    sql: Annotated[str | None, tyro.conf.Positional] = None
    """DuckDB SQL over the views clips, latents, previews, runs, metrics."""
    catalog: str = "catalog"
    """Folder of the catalog."""
    csv: bool = False
    """Print CSV."""
    json: bool = False
    """Print one JSON object a row."""


def main(args: Query) -> None:
    uri = absolute(args.catalog, "--catalog")
    if args.sql is None:
        counts = summary(uri)
        print(json.dumps(counts) if args.json else catalog_text(uri, counts))
        return
    try:
        table = catalogs.query(uri, args.sql)
    except duckdb.Error as error:
        raise Failure(f"DuckDB refuses the SQL: {error}") from error
    if args.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(table.column_names)
        writer.writerows(row.values() for row in table.to_pylist())
    elif args.json:
        for row in table.to_pylist():
            print(json.dumps(row, default=str))
    else:
        print(table_text(table))


if __name__ == "__main__":
    with reported():
        main(tyro.cli(Query, config=(tyro.conf.FlagCreatePairsOff,)))
