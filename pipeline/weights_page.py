"""The table of weights in docs/weights.md, from the registry."""

from __future__ import annotations

from models.weight_entry import Packaged, Weights
from models.weights import REGISTRY
from pipeline.download_lines import megabytes

HEAD = ("Model", "Stage", "Licence", "Commercial use", "From", "Size")
"""The columns that come from the registry; the page may have more to their right."""


def rows() -> list[tuple[str, ...]]:
    """The cells of HEAD for every entry, as Markdown."""
    return [
        (
            f"`{entry.name}`: {entry.purpose}",
            entry.stage,
            entry.licence,
            "yes" if entry.commercial else "no",
            _source(entry),
            megabytes(entry.size),
        )
        for entry in REGISTRY.values()
    ]


def table() -> str:
    """All rows as a Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (HEAD, ["---"] * len(HEAD), *rows()))


def _source(entry: Weights) -> str:
    if isinstance(entry.origin, Packaged):
        return f"pip: `{entry.distribution}`"
    host = entry.source.split("/")[2].removeprefix("www.")
    return f"[{host}]({entry.source})" + (", by hand" if entry.origin.by_hand else "")
