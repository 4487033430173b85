"""Compare two catalogs: do they agree about the clips that both have?"""

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

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import FileIfAny, Flag, parsed
from pipeline.cli.places import file_to_write, local
from pipeline.compare import compare, comparison_text, write_comparison
from pipeline.errors import UsageError

Catalogs = Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="FOLDER")]


@dataclass(frozen=True)
class Compare:
    """Join two catalogs by clip (the same bytes and times), print how their verdicts and labels agree; with --out,
    write a page with a scatter plot of every label.

    Exit code 0 however well they agree, 2 for a wrong argument, 1 if it could not finish.
    """

    catalog: Catalogs
    """Folder of a catalog. Give it twice: A, then B; differences are B - A."""
    out: FileIfAny = None
    """The HTML file to write; without it, none is written."""
    json: Flag = False
    """Print all figures, and every clip that only one has, as one line of JSON."""


def main(args: Compare) -> None:
    if len(args.catalog) != 2:
        given = ", ".join(args.catalog) or "none"
        raise UsageError(f"two catalogs are compared, not {len(args.catalog)} ({given}): give --catalog A --catalog B")
    a, b = (local(catalog, "--catalog") for catalog in args.catalog)
    out = None if args.out is None else file_to_write(args.out, "--out", "compare.html")
    found = compare(a, b)
    page = None if out is None else str(write_comparison(found, out))
    if args.json:
        print(json.dumps(found.summary() | {"page": page}))
        return
    print(comparison_text(found))
    print(f"\nlook at: {page}" if page else "\na page with plots: the same command with --out compare.html")


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Compare))


if __name__ == "__main__":
    run()
