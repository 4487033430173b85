"""Write the HTML report of a catalog."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

from pipeline.cli.command import reported
from pipeline.cli.options import File, Folder, parsed
from pipeline.cli.places import file_to_write, local
from pipeline.report import write_report


@dataclass(frozen=True)
class Report:
    """Write one self-contained HTML file about a catalog."""

    catalog: Folder
    """Folder of the catalog."""
    out: File
    """The HTML file to write."""


def main(args: Report) -> None:
    out = file_to_write(args.out, "--out", "report.html")
    path = write_report(local(args.catalog, "--catalog"), out)
    print(f"look at: {path}")


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Report))


if __name__ == "__main__":
    run()
