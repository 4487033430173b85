"""Charts: right counts, round axes, valid SVG."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import charts
from pipeline.report.axes import Axis, around_zero, fixed, from_zero, round_values
from pipeline.report.charts import direction_map, histogram, scatter_plot
from pipeline.report.contents import LABELS, Label
from pipeline.report.figures import gaze_figure, label_figures
from pipeline.report.svg import PALETTE
from tests.made.svg_shapes import parsed, shapes, tick_places, tick_words

STYLE = Path(charts.__file__).with_name("report.css")

some_numbers = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=80).map(np.array)


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


@pytest.mark.parametrize(("step", "wanted"), [(0.011, 0.02), (0.2, 0.2), (0.21, 0.25), (3, 5), (7, 10)])
def test_steps_are_1_2_2_5_or_5_times_a_power_of_ten(step: float, wanted: float) -> None:
    values = round_values(0, 10 * step, 10)
    assert np.diff(values) == pytest.approx(wanted)
    assert values[0] == 0
    assert values[-2] < 10 * step <= values[-1]


@pytest.mark.parametrize("values", [[], [0.0], [-3.0], [1e-300]])
def test_without_a_value_above_zero_an_axis_ends_at_one(values: list[float]) -> None:
    assert (from_zero(np.array(values)).low, from_zero(np.array(values)).high) == (0, 1)


def test_ticks_are_round_and_inside() -> None:
    assert fixed(0, 100).ticks() == ([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
    assert fixed(-35, 35).ticks()[1] == ["−20", "0", "20"]
    assert fixed(0, 0.8).ticks()[1] == ["0", "0.2", "0.4", "0.6", "0.8"]
    assert Axis(0, 30, 3, below=True, above=True).ticks(4)[1] == ["≤0", "10", "20", "≥30"]


def test_a_histogram_stacks_the_others_on_the_accepted() -> None:
    svg = parsed(histogram(np.array([5.0, 5, 15]), np.array([5.0, 25]), Axis(0, 30, 3), "points", "Quality"))
    ours, theirs = shapes(svg, "bar accepted"), shapes(svg, "bar rejected")
    one = ours[1].height
    assert [bar.height for bar in (*ours, *theirs)] == pytest.approx([2 * one, one, one, one], rel=0.01)
    assert theirs[0].x == pytest.approx(ours[0].x, abs=0.02)
    assert theirs[0].y + one / 2 == pytest.approx(ours[0].y - one, abs=0.02)
    assert [bar.title for bar in ours] == ["0 to 10: 2 accepted, 1 not accepted", "10 to 20: 1 accepted"]
    assert [bar.title for bar in theirs] == ["0 to 10: 2 accepted, 1 not accepted", "20 to 30: 1 not accepted"]


def test_the_median_of_the_accepted_is_a_line_over_their_bar() -> None:
    svg = parsed(histogram(np.array([14.0, 15, 16]), np.array([5.0, 5, 5, 5]), Axis(0, 30, 3), "", ""))
    (line,), (bar,) = shapes(svg, "median"), shapes(svg, "bar accepted")
    assert line.x == pytest.approx(bar.x, abs=0.02)
    assert line.width == 0


def test_a_histogram_names_bins_that_hold_more_than_their_range() -> None:
    svg = parsed(histogram(np.array([1.0, 99]), np.array([]), Axis(0, 30, 3, above=True), "", ""))
    assert shapes(svg, "bar accepted")[-1].title == "20 and more: 1 accepted"
    assert "≥30" in tick_words(svg, "x")


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 9, 10, 23, 99, 101, 1037, 123456])
def test_counts_on_the_left_are_whole_and_reach_the_highest_bar(most: int) -> None:
    svg = parsed(histogram(np.full(most, 0.5), np.array([]), Axis(0, 1, 1), "", ""))
    values = [int(mark.replace(",", "")) for mark in tick_words(svg, "y")]
    assert values[0] == 0
    assert most <= values[-1] <= 2 * most
    assert 2 <= len(values) <= 6


def test_a_direction_to_the_images_left_and_up_is_drawn_there() -> None:
    svg = parsed(direction_map(np.array([[21.0, 11.0]]), np.array([[21.25, 11.25]]), 30, 2.5, "gaze"))
    (cell,), (dot,) = shapes(svg, "heat"), shapes(svg, "dot")
    assert cell.title == "theta 21.2°, phi 11.2°: 100% of the frames"
    assert (dot.x, dot.y) == pytest.approx((cell.x, cell.y), abs=0.02)
    across, up = (tick_places(svg, axis) for axis in "xy")
    assert across["30°"] < dot.x < across["20°"] < across["−20°"]
    assert up["20°"] < dot.y < up["10°"] < up["−10°"]


def test_a_direction_beyond_the_map_is_in_its_outermost_cell() -> None:
    svg = parsed(direction_map(np.array([[-170.0, -80.0], [0.1, 0.1]]), np.empty((0, 2)), 30, 2.5, "gaze"))
    inner, outer = shapes(svg, "heat")
    assert inner.title == "theta 1.25°, phi 1.25°: 50% of the frames"
    assert outer.title == "theta −28.8°, phi −28.8°: 50% of the frames"


def test_text_in_a_chart_is_escaped() -> None:
    svg = histogram(np.array([1.0]), np.array([]), Axis(0, 2, 2), "<b>&", '"><script>')
    assert "<script" not in svg
    assert parsed(svg).get("aria-label") == '"><script>'
    assert "<b>&" in [text.text for text in parsed(svg).iter("text")]


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
        marks.append(tick_words(parsed(figures[title]), "x"))
    assert marks[0] == marks[1] == marks[2]


def test_the_gaze_map_grows_with_what_it_shows() -> None:
    near = gaze_figure(np.zeros((100, 2)), np.zeros((1, 2)))
    far = gaze_figure(np.full((100, 2), 55.0), np.zeros((1, 2)))
    assert "within 10° of the camera" in near.line
    assert "100%" in near.line
    assert "60°" in str(far.chart)
    assert "60°" not in str(near.chart)


def test_two_charts_of_a_page_share_no_id() -> None:
    one, other = (
        set(re.findall(r'\bid="([^"]*)"', histogram(np.array([1.0]), np.array([]), Axis(0, 2, 2), "", label)))
        for label in ("Histogram: Pitch", "Histogram: Yaw")
    )
    assert one
    assert not one & other


def test_the_colours_are_the_page_s_on_a_light_ground() -> None:
    drawn = [
        histogram(np.array([1.0]), np.array([1.0]), Axis(0, 2, 2), "", ""),
        direction_map(np.zeros((1, 2)), np.zeros((1, 2)), 30, 2.5, ""),
        scatter_plot(np.zeros((500, 2)), [""] * 500, [0], Axis(0, 1, 2), "", ""),
    ]
    used = set(re.findall(r"var\(--(\w+)\)", "".join(drawn)))
    assert used == set(PALETTE)
    light = STYLE.read_text().split("@media")[0].replace("#fff;", "#ffffff;")
    for name, colour in PALETTE.items():
        assert f"--{name}: {colour};" in light
