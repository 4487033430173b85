"""Run the questions of docs/catalog.md on a catalog and write their outputs into the page.

python benchmarks/questions.py --catalog demo/catalog
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import catalogs
from pipeline.query.table import table_text

PAGE = Path(__file__).resolve().parents[1] / "docs/catalog.md"
QUESTION = re.compile(r"```sql\n(?P<sql>.*?)```\n\n```text\n.*?```", re.DOTALL)


@dataclass(frozen=True)
class Questions:
    """Answer the questions of docs/catalog.md again."""

    catalog: str
    """Folder of the catalog."""


def answered(page: str, catalog: str) -> str:
    """The page with every question's output from `catalog`."""

    def answer(match: re.Match[str]) -> str:
        table = table_text(catalogs.query(catalog, match["sql"]))
        return f"```sql\n{match['sql']}```\n\n```text\n{table}\n```"

    return QUESTION.sub(answer, page)


def main(args: Questions) -> None:
    PAGE.write_text(answered(PAGE.read_text(), args.catalog))
    print(f"look at: {PAGE}")


if __name__ == "__main__":
    main(tyro.cli(Questions))
