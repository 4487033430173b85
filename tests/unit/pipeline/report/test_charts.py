"""Charts: right counts, round axes, valid SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.axes import Axis, around_zero, fixed, from_zero, nice, ticks
from pipeline.report.charts import direction_map, histogram
from pipeline.report.figures import gaze_figure, label_figures
from pipeline.report.reading import LABELS, Label

some_numbers = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=80).map(np.array)


def bars(svg: ET.Element, kind: str) -> list[float]:
    """The heights of the bars of one kind, from left to right."""
    found = [rect for rect in svg.iter("rect") if rect.get("class") == f"bar {kind}"]
    return [float(rect.get("height", "")) for rect in sorted(found, key=lambda rect: float(rect.get("x", "")))]


@given(some_numbers)
def test_every_value_is_in_one_bin(values: np.ndarray) -> None:
    for axis in (from_zero(values), around_zero(values), fixed(0, 100)):
        assert axis.count(values).sum() == len(values)
        assert np.all(np.diff(axis.edges()) > 0)
        assert len(axis.edges()) == axis.bins + 1


@given(some_numbers)
def test_an_axis_around_zero_has_zero_between_two_bins(values: np.ndarray) -> None:
    axis = around_zero(values)
    assert axis.low == -axis.high
    assert axis.bins % 2 == 0


def test_values_fall_in_their_bins() -> None:
    assert Axis(0, 10, 5).count(np.array([0, 1.9, 2, 9.9, 10, 11, -1])).tolist() == [3, 1, 0, 0, 3]


def test_an_axis_does_not_stretch_for_one_stray_value_among_many() -> None:
    values = np.append(np.linspace(0, 4, 500), 1000.0)
    axis = from_zero(values)
    assert axis.high <= 5
    assert axis.above
    assert not from_zero(values[:-1]).above


@pytest.mark.parametrize(
    ("step", "wanted"), [(0.011, 0.02), (0.2, 0.2), (0.21, 0.25), (3, 5), (7, 10), (0, 1), (-1, 1)]
)
def test_nice_steps(step: float, wanted: float) -> None:
    assert nice(step) == pytest.approx(wanted)


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert ticks(-40, 40) == [-40, -20, 0, 20, 40]
    assert ticks(0, 0.8) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_a_histogram_stacks_the_others_on_the_accepted() -> None:
    svg = ET.fromstring(histogram(np.array([5.0, 5, 15]), np.array([5.0, 25]), Axis(0, 30, 3), "points", "Quality"))
    ours, theirs = bars(svg, "accepted"), bars(svg, "rejected")
    assert ours[0] == pytest.approx(2 * ours[1], rel=0.01)
    assert theirs == pytest.approx([ours[1], ours[1]], rel=0.01)
    titles = [title.text for title in svg.iter("title")]
    assert titles == ["0 to 10: 2 accepted, 1 not accepted", "10 to 20: 1 accepted", "20 to 30: 1 not accepted"]


def test_a_histogram_names_bins_that_hold_more_than_their_range() -> None:
    svg = ET.fromstring(histogram(np.array([1.0, 99]), np.array([]), Axis(0, 30, 3, above=True), "", ""))
    assert [title.text for title in svg.iter("title")][-1] == "20 and more: 1 accepted"
    assert "≥30" in [text.text for text in svg.iter("text")]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 9, 10, 23, 99, 101, 1037, 123456])
def test_counts_on_the_left_are_whole_and_reach_the_highest_bar(most: int) -> None:
    svg = ET.fromstring(histogram(np.full(most, 0.5), np.array([]), Axis(0, 1, 1), "", ""))
    marks = [text.text or "" for text in svg.iter("text") if text.get("class") == "end"]
    values = [int(mark.replace(",", "")) for mark in marks]
    assert values[0] == 0
    assert most <= values[-1] <= 2 * most
    assert 2 <= len(values) <= 6


def test_a_direction_to_the_images_left_and_up_is_drawn_there() -> None:
    svg = ET.fromstring(direction_map(np.array([[20.0, 10.0]]), np.array([[20.0, 10.0]]), 30, 2.5, "gaze"))
    cells = [rect for rect in svg.iter("rect") if rect.get("class") == "heat"]
    dots = list(svg.iter("circle"))
    ground = next(rect for rect in svg.iter("rect") if rect.get("class") == "ground")
    middle = [
        float(ground.get(at, "")) + float(ground.get(size, "")) / 2 for at, size in (("x", "width"), ("y", "height"))
    ]
    assert len(cells) == len(dots) == 1
    for at in (cells[0].get("x"), dots[0].get("cx")):
        assert float(at or "") < middle[0] - 50
    for at in (cells[0].get("y"), dots[0].get("cy")):
        assert float(at or "") < middle[1] - 20


def test_a_direction_beyond_the_map_is_in_its_outermost_cell() -> None:
    svg = ET.fromstring(direction_map(np.array([[-170.0, -80.0], [0.1, 0.1]]), np.empty((0, 2)), 30, 2.5, "gaze"))
    assert sum(rect.get("class") == "heat" for rect in svg.iter("rect")) == 2


def test_text_in_a_chart_is_escaped() -> None:
    svg = histogram(np.array([1.0]), np.array([]), Axis(0, 2, 2), "<b>&", '"><script>')
    assert "<script" not in svg
    assert ET.fromstring(svg).get("aria-label") == '"><script>'


def test_every_label_has_a_figure_even_without_values() -> None:
    none = np.array([])
    figures = label_figures({name: Label(none, none) for name in LABELS})
    assert len(figures) == len(LABELS)
    assert all(figure.chart is None for figure in figures)
    assert gaze_figure(np.empty((0, 2)), np.empty((0, 2))).chart is None


def test_angles_share_one_axis() -> None:
    values = {name: Label(np.array([1.0, 2.0]), np.array([])) for name in LABELS} | {
        "yaw": Label(np.array([-50.0, 3]), np.array([]))
    }
    figures = {figure.title: figure.chart for figure in label_figures(values)}
    marks = []
    for title in ("Pitch", "Yaw", "Roll"):
        svg = ET.fromstring(str(figures[title]))
        marks.append([text.text for text in svg.iter("text") if text.get("class") == "middle"])
    assert marks[0] == marks[1] == marks[2]


def test_the_gaze_map_grows_with_what_it_shows() -> None:
    near = gaze_figure(np.zeros((100, 2)), np.zeros((1, 2)))
    far = gaze_figure(np.full((100, 2), 55.0), np.zeros((1, 2)))
    assert "within 10° of the camera" in near.line
    assert "100%" in near.line
    assert "60°" in str(far.chart)
    assert "60°" not in str(near.chart)
