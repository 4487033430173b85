"""The reference of all columns: `python -m pipeline.extraction.reference [docs/catalog.md]`.

It is made from the tables that every catalog has and from what the project's stages declare.
Without a file it prints the tables; with one it replaces what stands there between the two markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from catalogs.schema import TABLES, sql_type
from pipeline.extraction.recipe import columns_of
from pipeline.extraction.variants import roles, stage

BEGIN = "<!-- columns: made by python -m pipeline.extraction.reference docs/catalog.md -->"
END = "<!-- end of columns -->"

_ROWS = {
    "clips": "One row a clip, whatever its verdict.",
    "latents": "One row an accepted clip: what training reads.",
    "previews": "One row a clip that could be decoded: what the report shows.",
    "frames": "One row an accepted clip, only where frames were asked for: what face training reads.",
    "rejected_latents": "As latents, of rejected clips that are labelled all the same: with `--label-all`, or before a "
    "threshold was changed.",
    "rejected_frames": "As frames, of such clips.",
    "runs": "One row a run.",
    "metrics": "One row a metric of an evaluation.",
}


def describe() -> str:
    """Markdown: every table with every column, its DuckDB type, unit and meaning."""
    added = columns_of([stage(role, variant.name) for role, held in roles().items() for variant in held])
    schemas = {name: pa.unify_schemas([schema, added.get(name, pa.schema([]))]) for name, schema in TABLES.items()}
    return "\n".join(line for name, schema in schemas.items() for line in _table(name, schema))


def between_markers(text: str) -> str:
    """What stands between the markers of `text`; ValueError if it has none."""
    return text[slice(*_span(text))]


def replaced(text: str) -> str:
    """`text` with the reference as it should be between its markers."""
    start, end = _span(text)
    return text[:start] + describe() + text[end:]


def _span(text: str) -> tuple[int, int]:
    start, end = text.find(BEGIN + "\n"), text.find(END)
    if start < 0 or end < start:
        raise ValueError(f"the text has no lines {BEGIN} and {END}")
    return start + len(BEGIN) + 1, end


def _table(name: str, schema: pa.Schema) -> Iterator[str]:
    yield from (
        f"### {name}",
        "",
        _ROWS[name],
        "",
        "| Column | Type | Unit | Meaning |",
        "| --- | --- | --- | --- |",
    )
    for field in schema:
        yield from _rows(field, "")
    yield ""


def _rows(field: pa.Field, within: str) -> Iterator[str]:
    about = dict(field.metadata or {})
    nested = pa.types.is_struct(field.type)
    kind = "STRUCT" if nested else sql_type(field.type)
    meaning = about[b"about"].decode() + ("" if field.nullable else "; never null")
    yield f"| {within}{field.name} | {kind} | {about[b'unit'].decode()} | {meaning} |"
    if nested:
        for child in field.type:
            yield from _rows(child, f"{field.name}.")


def main(arguments: list[str]) -> None:
    """Print the reference, or write it into the files named."""
    if not arguments:
        print(describe())
    for name in arguments:
        path = Path(name)
        path.write_text(replaced(path.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
