"""Scatter plots: every clip a dot in the right place, the furthest apart marked, valid SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from pipeline.compare.labels import EMOTION_LABELS, LABELS, Compared
from pipeline.compare.scatter import Scatter, scatter
from pipeline.evaluation.metrics.agreement import agreement

QUALITY = next(label for label in LABELS if label.column == "quality")
YAW = next(label for label in LABELS if label.column == "yaw")


def drawn(label: Compared, a: list[float], b: list[float]) -> tuple[Scatter, ET.Element]:
    """The plot of clips named clip 0, clip 1, ..., also as parsed SVG."""
    ours, theirs = np.array(a), np.array(b)
    found = scatter(label, agreement(ours, theirs, label.angle), ours, theirs, [f"clip {at}" for at in range(len(a))])
    assert found.chart is not None
    return found, ET.fromstring(found.chart)


def dots(plot: ET.Element) -> dict[str, tuple[float, float, str]]:
    """Title to (x, y, class) of each dot."""
    out = {}
    for group in plot.iter("g"):
        title, circle = group.find("title"), group.find("circle")
        if title is not None and circle is not None:
            out[title.text or ""] = (
                float(circle.get("cx", "")),
                float(circle.get("cy", "")),
                circle.get("class", ""),
            )
    return out


def test_a_dot_a_clip_a_to_the_right_and_b_up() -> None:
    _, plot = drawn(QUALITY, [0.0, 100.0, 50.0], [0.0, 100.0, 0.0])
    found = dots(plot)
    low, high, below = (found[f"clip {at}: A {a}, B {b}"] for at, (a, b) in enumerate(((0, 0), (100, 100), (50, 0))))
    assert low[0] < below[0] < high[0]
    assert high[1] < low[1] == below[1]
    line = next(line for line in plot.iter("line") if line.get("class") == "same")
    ends = [(float(line.get(f"x{end}", "")), float(line.get(f"y{end}", ""))) for end in (1, 2)]
    assert ends == [low[:2], high[:2]]


def test_the_furthest_apart_is_marked_and_named() -> None:
    found, plot = drawn(QUALITY, [10.0, 20.0, 30.0, 40.0], [10.0, 20.0, 70.0, 44.0])
    assert [(clip.mark, clip.clip, clip.a, clip.b) for clip in found.apart] == [("1", "clip 2", "30", "70")]
    assert dots(plot)["clip 2: A 30, B 70"][2] == "point apart"
    assert "1" in [text.text for text in plot.iter("text") if text.get("class") == "middle mark"]
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
    titles = [title.text or "" for title in plot.iter("title")]
    assert sum(int(title.split(" of ")[0]) for title in titles if title.endswith(" of 2,000 clips")) == 2000
    assert len(dots(plot)) == len(found.apart) == 3


def test_a_clip_beyond_the_axis_is_drawn_at_its_end() -> None:
    distance = next(label for label in LABELS if label.column == "distance")
    values = [1.0] * 99 + [50.0]
    _, plot = drawn(distance, values, values)
    ground = next(rect for rect in plot.iter("rect") if rect.get("class") == "ground")
    left, width = float(ground.get("x", "")), float(ground.get("width", ""))
    assert dots(plot)["clip 99: A 50, B 50"][0] == pytest.approx(left + width)
    assert any((text.text or "").startswith("≥") for text in plot.iter("text"))


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
    found = scatter(QUALITY, agreement(values, values), values, values, ['<b>"&'])
    assert found.chart is not None
    assert "<b>" not in found.chart
    assert '<b>"&: A 1, B 1' in dots(ET.fromstring(found.chart))
