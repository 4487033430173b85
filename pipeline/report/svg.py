"""Matplotlib figures as inline SVG: in the colours of the page, with words where a pointer rests."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from matplotlib import rc_context, style
from matplotlib.artist import Artist
from matplotlib.figure import Figure

PALETTE = {
    "text": "#1b1f24",
    "muted": "#5f6873",
    "line": "#e2e5e9",
    "soft": "#eceef1",
    "card": "#ffffff",
    "accepted": "#1f9a80",
    "rejected": "#dd9a2f",
    "accent": "#2f6fd0",
}
TEXT, MUTED, LINE, SOFT, CARD, ACCEPTED, REJECTED, ACCENT = PALETTE.values()
"""The page's colours as `report.css` has them on a light ground; each becomes the variable of its name."""

in_style = style.context(Path(__file__).with_name("charts.mplstyle"))
"""Around every function that makes a `Drawing`: matplotlib looks its style up with each thing that is drawn."""

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_WITHOUT_MEANING = ("metadata", "style", "clipPath")
_FONT = re.compile(r"font-family: [^;]*; ?")
_UNSEEN = re.compile(r"(?<=\.\d\d)\d+|rotate\(-0 [^)]*\)|(?<= ) ")
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_VARIABLES = {colour: f"var(--{name})" for name, colour in PALETTE.items()}


class Drawing:
    """One pair of axes on a figure of `size` (width, height) pixels, inside margins (left, right, top, bottom)."""

    def __init__(self, size: tuple[float, float], margins: tuple[float, float, float, float], label: str) -> None:
        self._label = label
        self._named: list[tuple[str, Sequence[str]]] = []
        (width, height), (left, right, top, bottom) = size, margins
        self._figure = Figure(figsize=(width / 72, height / 72), frameon=False)
        across, up = 1 - (left + right) / width, 1 - (top + bottom) / height
        self.axes = self._figure.add_axes((left / width, bottom / height, across, up))

    def name(self, artist: Artist, kind: str, titles: Sequence[str] = ()) -> None:
        """Give an artist the class `kind`, and each of its shapes a title that is said when a pointer rests on it."""
        artist.set_gid(f"named-{len(self._named)}")
        self._named.append((kind, titles))

    def markup(self) -> Markup:
        """The SVG, as wide as its place on the page. Every text of it is escaped."""
        out = io.BytesIO()
        with rc_context({"svg.hashsalt": self._label}):
            self._figure.savefig(out, format="svg")
        root = ET.fromstring(out.getvalue())
        used = {element.get(_LINK, "")[1:] for element in root.iter()}
        for element in list(root.iter()):
            self._tidy(element, used)
        root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": self._label}
        return Markup(ET.tostring(root, encoding="unicode"))

    def _tidy(self, element: ET.Element, used: set[str]) -> None:
        """Classes and titles in place of matplotlib's running ids, which the figures of a page would share.

        Fonts are left to the page. Nothing is clipped: what is drawn lies inside the axes.
        """
        element.tag = element.tag.removeprefix(_SVG)
        element[:] = [child for child in element if not child.tag.endswith(_WITHOUT_MEANING)]
        element.tail = None
        if element.tag != "text":
            element.text = None
        given = {key: _UNSEEN.sub("", value) for key, value in element.attrib.items() if key != "clip-path"}
        if not given.get("transform"):
            given.pop("transform", None)
        name = given.get("id", "")
        if name not in used:
            given.pop("id", None)
        if name.startswith(("xtick_", "ytick_")):
            given["class"] = name[:5]
        if name.startswith("named-"):
            given["class"], titles = self._named[int(name.removeprefix("named-"))]
            _entitle(element, titles)
        if _LINK in given:
            given["href"] = given.pop(_LINK)
        if "style" in given:
            given["style"] = _COLOUR.sub(lambda found: _VARIABLES[found[0]], _FONT.sub("", given["style"]))
        element.attrib = given


def _entitle(group: ET.Element, titles: Sequence[str]) -> None:
    # matplotlib writes many like shapes as references to one path, few as a path each
    shapes = list(group.iter(f"{_SVG}use")) or list(group.iter(f"{_SVG}path"))
    for shape, title in zip(shapes, titles, strict=bool(titles)):
        ET.SubElement(shape, "title").text = title
