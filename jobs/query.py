"""Ask a catalog in SQL: views clips, latents, previews, frames, runs, metrics; without SQL, its summary."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import duckdb
import tyro

from catalogs.summary import summary
from catalogs.view import answers
from pipeline.cli.command import reported
from pipeline.cli.options import Flag, Folder, parsed
from pipeline.cli.places import local
from pipeline.errors import UsageError
from pipeline.extraction.summary import catalog_text
from pipeline.query import questions
from pipeline.query.answers import json_lines, write_csv
from pipeline.query.table import table_text
from pipeline.text import older_text

OLDER = "select count(*) from older_clips"
Sql = Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="[SQL]", help_behavior_hint="")]


@dataclass(frozen=True)
class Query:
    """Run SQL on a catalog and print a table; without SQL, print the catalog's summary.

    SQL only reads. Several statements, with ; between them, give several tables. Exit code 2 for a wrong argument.
    """

    sql: Sql = None
    """DuckDB SQL over the views clips, latents, previews, frames, runs, metrics, and older_clips, which an earlier
    recipe decided. -: from standard input."""
    catalog: Folder = "catalog"
    """Folder of the catalog."""
    csv: Flag = False
    """Print CSV; lists, structs and maps as JSON."""
    json: Flag = False
    """Print one JSON object a row."""
    wide: Flag = False
    """Cut nothing, however long: lists, structs, JSON."""


def main(args: Query) -> None:
    uri = str(local(args.catalog, "--catalog"))
    if args.csv and args.json:
        raise UsageError("--csv and --json exclude each other: give one of them")
    sql = questions.given(args.sql)
    if sql is None:
        if args.csv:
            raise UsageError("--csv prints the rows of a question: give SQL, or no --csv for the summary")
        counts = summary(uri)
        print(json.dumps(counts) if args.json else catalog_text(uri, counts))
        return
    asked = questions.statements(sql)
    if len(asked) > 1 and (args.csv or args.json):
        raise UsageError(f"--csv and --json print the rows of one statement, not of {len(asked)}: ask one at a time")
    try:
        *tables, older = answers(uri, [*asked, OLDER])
    except duckdb.Error as error:
        raise UsageError(f"DuckDB refuses the SQL: {error}") from error
    if args.csv:
        write_csv(tables[0], sys.stdout)
    elif args.json:
        for line in json_lines(tables[0]):
            print(line)
    else:
        print("\n\n".join(table_text(table, args.wide) for table in tables))
    if left := older[0][0].as_py():
        print(f"note: {older_text(left)}", file=sys.stderr)


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Query))


if __name__ == "__main__":
    run()
