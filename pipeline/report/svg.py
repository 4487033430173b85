"""Shapes and texts of inline SVG: every text is escaped, every colour comes from the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape


def drawing(width: int, height: int, label: str, parts: Sequence[Markup]) -> Markup:
    """The SVG of `parts`, with a label for those who cannot see it."""
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, label, Markup().join(parts)
    )


def titled(title: str, inner: Markup) -> Markup:
    """Shapes that say `title` when a pointer rests on them."""
    return Markup("<g><title>{}</title>{}</g>").format(title, inner)


def rect(x: float, y: float, width: float, height: float, kind: str, opacity: float | None = None) -> Markup:
    """A rectangle of the class `kind`."""
    faint = Markup() if opacity is None else Markup(' fill-opacity="{}"').format(place(opacity))
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}/>').format(
        kind, place(x), place(y), place(width), place(height), faint
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A line of the class `kind`."""
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        kind, place(x1), place(y1), place(x2), place(y2)
    )


def dot(x: float, y: float, radius: float, kind: str) -> Markup:
    """A circle of the class `kind`."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(kind, place(x), place(y), place(radius))


def text(x: float, y: float, words: str, kind: str) -> Markup:
    """Words of the class `kind`."""
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, place(x), place(y), escape(words))


def upright(x: float, y: float, words: str, kind: str) -> Markup:
    """Words that read upwards."""
    return Markup('<text class="{}" transform="translate({} {}) rotate(-90)">{}</text>').format(
        kind, place(x), place(y), escape(words)
    )


def place(value: float) -> str:
    """A coordinate, two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
