"""Scatter plots: every clip a dot in the right place, the furthest apart marked, valid SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from pipeline.compare.labels import EMOTION_LABELS, LABELS, Compared
from pipeline.compare.scatter import Scatter, scatter
from pipeline.evaluation.metrics.agreement import agreement
from tests.made.svg_shapes import Shape, parsed, shapes, tick_words

QUALITY = next(label for label in LABELS if label.column == "quality")
YAW = next(label for label in LABELS if label.column == "yaw")


def drawn(label: Compared, a: list[float], b: list[float]) -> tuple[Scatter, ET.Element]:
    """The plot of clips named clip 0, clip 1, ..., also as parsed SVG."""
    ours, theirs = np.array(a), np.array(b)
    found = scatter(label, agreement(ours, theirs, label.angle), ours, theirs, [f"clip {at}" for at in range(len(a))])
    return found, parsed(found.chart)


def dots(plot: ET.Element) -> dict[str, Shape]:
    """Each dot by its title."""
    return {dot.title or "": dot for kind in ("point", "point apart") for dot in shapes(plot, kind)}


def test_a_dot_a_clip_a_to_the_right_and_b_up() -> None:
    _, plot = drawn(QUALITY, [0.0, 100.0, 50.0], [0.0, 100.0, 0.0])
    found = dots(plot)
    low, high, below = (found[f"clip {at}: A {a}, B {b}"] for at, (a, b) in enumerate(((0, 0), (100, 100), (50, 0))))
    assert low.x < below.x < high.x
    assert high.y < low.y == below.y
    (line,) = shapes(plot, "same")
    assert (line.x, line.y) == pytest.approx(((low.x + high.x) / 2, (low.y + high.y) / 2), abs=0.02)
    assert (line.width, line.height) == pytest.approx((high.x - low.x, low.y - high.y), abs=0.02)


def test_the_furthest_apart_is_marked_and_named() -> None:
    found, plot = drawn(QUALITY, [10.0, 20.0, 30.0, 40.0], [10.0, 20.0, 70.0, 44.0])
    assert [(clip.mark, clip.clip, clip.a, clip.b) for clip in found.apart] == [("1", "clip 2", "30", "70")]
    assert [dot.title for dot in shapes(plot, "point apart")] == ["clip 2: A 30, B 70"]
    assert [group.findtext("text") for group in plot.iter("g") if group.get("class") == "mark"] == ["1"]
    assert found.line == "r 0.73, B − A 11, |B − A| 11"


def test_angles_on_both_sides_of_half_a_turn_are_not_apart() -> None:
    found, _ = drawn(YAW, [179.0, 10.0, 20.0, 30.0], [-179.0, 10.0, 28.0, 30.0])
    assert [clip.clip for clip in found.apart] == ["clip 2"]


def test_nothing_is_marked_where_all_agree() -> None:
    found, _ = drawn(QUALITY, [10.0, 20.0, 30.0], [10.0, 20.0, 30.0])
    assert found.apart == ()


def test_of_many_clips_the_density_is_drawn_and_none_is_lost() -> None:
    random = np.random.default_rng(0)
    a = random.uniform(0, 100, 2000)
    found, plot = drawn(QUALITY, a.tolist(), np.clip(a + random.normal(0, 5, 2000), 0, 100).tolist())
    titles = [cell.title or "" for cell in shapes(plot, "heat")]
    assert sum(int(title.removesuffix(" of 2,000 clips")) for title in titles) == 2000
    assert len(dots(plot)) == len(found.apart) == 3


def test_a_clip_beyond_the_axis_is_drawn_at_its_end() -> None:
    distance = next(label for label in LABELS if label.column == "distance")
    values = [1.0] * 99 + [50.0]
    _, plot = drawn(distance, values, values)
    (line,) = shapes(plot, "same")
    assert dots(plot)["clip 99: A 50, B 50"].x == pytest.approx(line.x + line.width / 2, abs=0.02)
    assert tick_words(plot, "x")[-1].startswith("≥")


@pytest.mark.parametrize("label", [*LABELS, *EMOTION_LABELS], ids=lambda label: label.column)
def test_every_label_without_values_and_with_one(label: Compared) -> None:
    none = np.array([np.nan, 0.5])
    found = scatter(label, agreement(none, none[::-1]), none, none[::-1], ["x", "y"])
    assert found.chart is None
    assert found.line == "no clip has a value in both; 1 in A alone, 1 in B alone"
    one, plot = drawn(label, [0.5], [0.25])
    assert len(dots(plot)) == len(one.apart) == 1


def test_names_are_escaped() -> None:
    values = np.array([1.0])
    found = scatter(QUALITY, agreement(values, values), values, values, ['<b>"&#ffffff'])
    assert found.chart is not None
    assert "<b>" not in found.chart
    assert '<b>"&#ffffff: A 1, B 1' in dots(parsed(found.chart))
