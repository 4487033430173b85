"""What is drawn in the SVG of a chart: shapes by their class, with their place, size and title."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from markupsafe import Markup

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Shape:
    """Its middle (x, y), its width and height in pixels, 0 for what is drawn by reference; what a pointer is told."""

    x: float
    y: float
    width: float
    height: float
    title: str | None


def parsed(chart: Markup | None) -> ET.Element:
    """The SVG, which has to be valid XML."""
    assert chart is not None
    return ET.fromstring(chart)


def shapes(svg: ET.Element, kind: str) -> list[Shape]:
    """All shapes of the class `kind`, from left to right."""
    out = []
    for group in (each for each in svg.iter("g") if each.get("class") == kind):
        for use in (drawn := list(group.iter("use"))):
            out.append(Shape(float(use.get("x", "")), float(use.get("y", "")), 0, 0, use.findtext("title")))
        for path in () if drawn else group.iter("path"):
            found = [float(each) for each in _NUMBER.findall(path.get("d", ""))]
            (left, right), (top, bottom) = ((min(along), max(along)) for along in (found[::2], found[1::2]))
            middle = ((left + right) / 2, (top + bottom) / 2)
            out.append(Shape(*middle, right - left, bottom - top, path.findtext("title")))
    return sorted(out, key=lambda shape: shape.x)


def tick_words(svg: ET.Element, axis: str) -> list[str]:
    """What is written along an axis, "x" or "y", from its origin on."""
    return list(tick_places(svg, axis))


def tick_places(svg: ET.Element, axis: str) -> dict[str, float]:
    """Where the ticks are whose words are these, in pixels along their axis."""
    ticks = [group for group in svg.iter("g") if group.get("class") == f"{axis}tick"]
    return {text.text or "": float(text.get(axis, "")) for tick in ticks for text in tick.iter("text")}
