"""What is asked at which second: options, files of curves, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.tables import EMOTIONS
from models.motion.generation import Controls
from pipeline.errors import UsageError
from pipeline.generation.controls import COLUMNS, ControlCurves, constants, read_controls


def file(folder: Path, text: str) -> Path:
    path = folder / "controls.csv"
    path.write_text(text)
    return path


def test_without_a_word_it_is_what_the_paper_takes() -> None:
    assert ControlCurves().at(7.0) == Controls((0.0, 0.0), 1.0, None) == Controls()
    assert ControlCurves.constant({}).at(0.0) == Controls()


def test_options_are_names_with_numbers() -> None:
    asked = constants("-15,2.5", 1.25, ["happiness=0.8", "fear=.1"])
    assert asked == {"gaze_theta": -15.0, "gaze_phi": 2.5, "distance": 1.25, "happiness": 0.8, "fear": 0.1}
    controls = ControlCurves.constant(asked).at(3.0)
    assert (controls.gaze, controls.distance) == ((-15.0, 2.5), 1.25)
    assert controls.emotion == tuple({"happiness": 0.8, "fear": 0.1}.get(name, 0.0) for name in EMOTIONS)


@pytest.mark.parametrize(
    ("gaze", "emotions", "message"),
    [
        ("15", [], "--gaze 15: give two angles"),
        ("a,b", [], "--gaze a,b: give two angles"),
        ("0,0", ["joy=1"], "--emotion joy=1: give NAME=W with a name of anger, contempt"),
        ("0,0", ["fear"], "--emotion fear: give fear a number from 0 to 1"),
    ],
)
def test_options_that_are_none(gaze: str, emotions: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        constants(gaze, 1.0, emotions)


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [("gaze_phi", 61.0, "-60 to 60"), ("distance", 0.0, "0.5 to 4"), ("anger", -0.1, "0 to 1"), ("anger", np.nan, "0")],
)
def test_what_cannot_be_asked(name: str, value: float, limits: str) -> None:
    with pytest.raises(UsageError, match=f"{name} .*: give a number from {limits}"):
        ControlCurves.constant({name: value})


def test_curves_are_linear_between_rows_and_constant_beyond(tmp_path: Path) -> None:
    path = file(tmp_path, "\ufeffseconds, gaze_theta,distance,happiness\n1,-10,1.0,0\n\n3,10,2.0,1\n")
    curves = read_controls(path, {"gaze_phi": 5.0, "gaze_theta": 40.0, "sadness": 0.25})
    now = curves.at(2.0)
    assert (now.gaze, now.distance) == ((0.0, 5.0), 1.5)
    assert now.emotion is not None
    assert dict(zip(EMOTIONS, now.emotion, strict=True)) == dict.fromkeys(EMOTIONS, 0.0) | {
        "happiness": 0.5,
        "sadness": 0.25,
    }
    assert curves.at(0.0).gaze == (-10.0, 5.0)
    assert curves.at(99.0).gaze == (10.0, 5.0)
    np.testing.assert_allclose(curves.distances(np.array([0.0, 1.5, 3.0, 9.0])), [1.0, 1.25, 2.0, 2.0])


@given(st.dictionaries(st.integers(0, 10_000), st.floats(0.5, 4.0), min_size=1, max_size=8))
def test_a_file_says_at_its_own_seconds_what_stands_there(tmp_path_factory: pytest.TempPathFactory, rows: dict) -> None:
    text = "".join(f"{tick / 100},{rows[tick]!r}\n" for tick in sorted(rows))
    curves = read_controls(file(tmp_path_factory.mktemp("csv"), f"seconds,distance\n{text}"), {})
    for tick, distance in rows.items():
        assert curves.at(tick / 100).distance == pytest.approx(distance)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("seconds,distance\n", "has no rows"),
        ("distance\n1\n", "has no rows, no column seconds"),
        ("seconds,joy\n0,1\n", "has a column 'joy'; it wants seconds and any of gaze_theta"),
        ("seconds,distance,distance\n0,1,1\n", "or one twice"),
        ("seconds,distance\n0,1\n1,far\n", "line 3 is not 2 numbers"),
        ("seconds,distance\n0\n", "line 2 is not 2 numbers"),
        ("seconds,distance\n0,nan\n", "line 2 is not 2 numbers"),
        ("seconds,distance\n1,1\n1,2\n", "seconds: must rise from row to row"),
        ("seconds,distance\n0,9\n", "distance 9: give a number from 0.5 to 4"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    path = file(tmp_path, text)
    with pytest.raises(UsageError, match=f"--controls {path}: .*{message}"):
        read_controls(path, {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none.csv: cannot be read as CSV .*No such file"):
        read_controls(tmp_path / "none.csv", {})
    (tmp_path / "noise.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(UsageError, match=r"noise.csv: cannot be read as CSV .*; check the path"):
        read_controls(tmp_path / "noise.csv", {})


def test_every_column_of_a_file_has_limits() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 11
    for name in COLUMNS:
        with pytest.raises(UsageError, match=f"{name} 1000"):
            ControlCurves.constant({name: 1000.0})
