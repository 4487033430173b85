"""The figures of a comparison, on tables whose agreement is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from catalogs.errors import NoCatalog
from pipeline.compare import compare
from pipeline.compare.frames import MOST_FRAMES, within_clips
from pipeline.compare.labels import EMOTION_LABELS, LABELS
from pipeline.evaluation.metrics.agreement import agreement, confusion, together, wrapped
from tests.made.compare_samples import RECIPE_A, RECIPE_B, build, row
from tests.made.report_samples import VERDICTS, hexes

NONE = np.nan


def test_known_differences_and_correlations() -> None:
    found = agreement(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 1.0, 4.0, 7.0]))
    assert found.n == 4
    assert found.pearson == pytest.approx(stats.pearsonr([1, 2, 3, 4], [2, 1, 4, 7])[0])
    assert found.spearman == pytest.approx(0.8)
    assert found.mean_a == 2.5
    assert found.mean_b == 3.5
    assert found.mean_difference == 1.0
    assert found.mean_absolute_difference == 1.5


def test_the_order_alone_makes_spearman_one() -> None:
    found = agreement(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 1000.0]))
    assert found.spearman == pytest.approx(1.0)
    assert found.pearson is not None
    assert found.pearson < 0.95


def test_equal_values_share_their_rank() -> None:
    a, b = np.array([1.0, 1.0, 2.0, 3.0]), np.array([5.0, 6.0, 6.0, 9.0])
    assert agreement(a, b).spearman == pytest.approx(stats.spearmanr(a, b)[0])


def test_values_that_only_one_has_are_counted_and_left_out() -> None:
    found = agreement(np.array([1.0, NONE, 3.0, NONE, 9.0]), np.array([1.0, 2.0, NONE, NONE, 9.5]))
    assert (found.n, found.only_a, found.only_b) == (2, 1, 1)
    assert found.mean_difference == 0.25


@pytest.mark.parametrize("angle", [False, True])
def test_what_does_not_vary_has_no_correlation(angle: bool) -> None:
    a = np.array([0.1, 0.2, 0.3])
    for ours, theirs in ((a, np.full(3, 0.7)), (np.full(3, 0.7), a)):
        found = agreement(ours, theirs, angle)
        assert found.pearson is None
        assert found.spearman is None
        assert found.n == 3
    assert agreement(a[:1], a[:1], angle).pearson is None


def test_no_values_at_all() -> None:
    found = agreement(np.array([NONE, 1.0]), np.array([NONE, NONE]))
    assert (found.n, found.only_a, found.only_b) == (0, 1, 0)
    assert found.mean_a is None
    assert found.mean_difference is None


def test_angles_are_compared_the_short_way_round() -> None:
    a, b = np.array([179.0, -179.0, 10.0]), np.array([-179.0, 179.0, 11.0])
    found = agreement(a, b, angle=True)
    assert found.mean_difference == pytest.approx((2 - 2 + 1) / 3)
    assert found.mean_absolute_difference == pytest.approx(5 / 3)
    assert found.pearson is not None
    assert found.pearson > 0.99
    straight = agreement(a, b)
    assert straight.mean_absolute_difference == pytest.approx((358 + 358 + 1) / 3)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20).map(np.array))
def test_wrapped_angles_are_within_half_a_turn_and_the_same_direction(degrees: np.ndarray) -> None:
    found = wrapped(degrees)
    assert np.all(np.abs(found) <= 180)
    assert np.allclose(np.cos(np.radians(found)), np.cos(np.radians(degrees)), atol=1e-9)


def test_a_confusion_counts_every_pair_of_names() -> None:
    found = confusion(["x", "x", "y", "z"], ["x", "y", "y", "new"], ("y", "x"))
    assert found.names == ("y", "x", "new", "z")
    assert found.cells() == [("y", "y", 1), ("x", "y", 1), ("x", "x", 1), ("z", "new", 1)]
    assert (found.total, found.same) == (4, 2)
    assert confusion([], [], ("y",)).names == ()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_pairs_of_clips_are_counted_as_by_looking_at_each(clusters: list[tuple[int, int]]) -> None:
    found = together([f"a{one}" for one, _ in clusters], [f"b{other}" for _, other in clusters])
    each = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for at, (one, other) in enumerate(clusters):
        for one_more, other_more in clusters[:at]:
            each[one == one_more, other == other_more] += 1
    assert (found.both, found.only_a, found.only_b, found.neither) == tuple(each.values())
    assert found.pairs == len(clusters) * (len(clusters) - 1) // 2


def test_frames_are_correlated_within_clips_not_between_them() -> None:
    """Two clips whose means differ by far, in which B does the opposite of A."""
    move = np.linspace(-1, 1, 50)
    pose = [np.tile((level + move)[:, None], 6) for level in (0.0, 100.0)]
    against = [np.tile((level - move)[:, None], 6) for level in (0.0, 100.0)]
    found = within_clips("pose", list(zip(pose, against, strict=True)))
    assert [column.name for column in found] == [f"pose.{name}" for name in ("pitch", "yaw", "roll", "x", "y", "z")]
    for column in found:
        assert column.correlation == pytest.approx(-1.0)
        assert column.mean_difference == pytest.approx(0.0)
        assert column.mean_absolute_difference == pytest.approx(2 * np.abs(move).mean())
        assert (column.clips, column.values) == (2, 100)


def test_frames_of_angles_are_wrapped_and_frames_without_a_value_left_out() -> None:
    a = np.array([[178.0, 0], [179.0, 1], [NONE, 2]])
    b = np.array([[-180.0, 0], [-179.0, 1], [5.0, NONE]])
    theta, phi = within_clips("gaze", [(a, b)])
    assert theta.mean_difference == pytest.approx(2.0)
    assert theta.correlation == pytest.approx(1.0)
    assert (theta.values, phi.values) == (2, 2)


def test_a_column_that_never_moves_has_no_correlation() -> None:
    still = np.full((7, 2), 0.1)
    for column in within_clips("gaze", [(still, np.random.default_rng(0).normal(size=(7, 2)))]):
        assert column.correlation is None
        assert column.mean_absolute_difference is not None


def test_audio_is_one_figure_of_all_its_numbers() -> None:
    a = np.random.default_rng(0).normal(size=(20, 320))
    (found,) = within_clips("audio", [(a, 2 * a + 1)])
    assert found.name == "audio"
    assert found.correlation == pytest.approx(1.0)
    assert (found.clips, found.values) == (1, 20 * 320)


def test_clips_are_joined_by_bytes_and_times_and_nothing_is_lost(tmp_path: Path) -> None:
    same = {"content": hexes("same"), "start_s": 0.0, "end_s": 4.0}
    cut = {"content": hexes("cut")}
    rows_a = [
        row(1, clip_id=hexes("a"), source_uri="/here/one.mp4", **same),
        row(2, "rejected", "duplicate", source_uri="/here/copy.mp4", **same),
        row(3, start_s=0.0, end_s=9.0, **cut),
        row(4),
    ]
    rows_b = [
        row(5, clip_id=hexes("b"), source_uri="/there/other.mp4", **same),
        row(6, start_s=0.0, end_s=4.5, **cut),
        row(7, start_s=4.5, end_s=9.0, **cut),
    ]
    pairs = compare(build(tmp_path / "a", rows_a), build(tmp_path / "b", rows_b)).pairs
    assert pairs.a["source_uri"].to_pylist() == ["/here/one.mp4"]
    assert pairs.b["source_uri"].to_pylist() == ["/there/other.mp4"]
    assert {(clip.source_uri, clip.why) for clip in pairs.only_a} == {
        ("/here/copy.mp4", "copy"),
        ("/videos/clip_00003.mp4", "cut"),
        ("/videos/clip_00004.mp4", "absent"),
    }
    assert [(clip.start_s, clip.why) for clip in pairs.only_b] == [(0.0, "cut"), (4.5, "cut")]
    assert pairs.only_a[0].verdict == "rejected duplicate"


def test_copies_are_joined_with_copies_whatever_their_order(tmp_path: Path) -> None:
    same = {"content": hexes("same"), "start_s": 0.0, "end_s": 4.0}
    rows = [row(1, **same), row(2, "rejected", "duplicate", **same), row(3, "rejected", "duplicate", **same)]
    turned = [row(1, "rejected", "duplicate", **same), row(2, "rejected", "duplicate", **same), row(3, **same)]
    found = compare(build(tmp_path / "a", rows), build(tmp_path / "b", turned))
    assert found.pairs.only_a == found.pairs.only_b == ()
    assert found.verdicts.cells() == [("accepted", "accepted", 1), ("rejected duplicate", "rejected duplicate", 2)]


def test_files_without_a_hash_are_joined_by_what_was_listed(tmp_path: Path) -> None:
    rows = [row(n, "failed", "unreadable", content=None, start_s=None, end_s=None) for n in range(3)]
    found = compare(build(tmp_path / "a", rows), build(tmp_path / "b", rows[1:]))
    assert found.verdicts.cells() == [("failed unreadable", "failed unreadable", 2)]
    assert [clip.why for clip in found.pairs.only_a] == ["absent"]


def test_verdicts_of_all_clips_and_labels_of_those_that_both_accepted(tmp_path: Path) -> None:
    rows_a = [row(n, quality=50.0 + n, gaze_theta=None) for n in range(4)] + [row(9, "rejected", "no_face")]
    rows_b = [row(n, quality=52.0 + n) for n in range(3)]
    rows_b += [row(3, "rejected", "low_quality", quality=1.0), row(9, "failed", "timeout")]
    found = compare(build(tmp_path / "a", rows_a), build(tmp_path / "b", rows_b, RECIPE_B))
    assert found.verdicts.cells() == [
        ("accepted", "accepted", 3),
        ("accepted", "rejected low_quality", 1),
        ("rejected no_face", "failed timeout", 1),
    ]
    assert found.labels["quality"].n == 3
    assert found.labels["quality"].mean_difference == pytest.approx(2.0)
    assert found.labels["quality"].pearson == pytest.approx(1.0)
    assert (found.labels["gaze_theta"].n, found.labels["gaze_theta"].only_b) == (0, 3)
    assert found.labels["emotion.contempt"].n == 0
    assert set(found.labels) == {label.column for label in (*LABELS, *EMOTION_LABELS)}
    assert found.changes == (("quality.minimum", "30.0", "0.0"),)


def test_the_strongest_emotion_and_people(tmp_path: Path) -> None:
    happy, sad = {"happiness": 0.9, "sadness": 0.1}, {"happiness": 0.2, "sadness": 0.8}
    feelings_a, feelings_b = (happy, happy, sad, None), (happy, sad, sad, happy)
    people_a, people_b = ("p", "p", "q", "q"), ("x", "x", "x", None)
    rows_a, rows_b = (
        [row(n, emotion=feelings[n], subject_id=people[n]) for n in range(4)]
        for feelings, people in ((feelings_a, people_a), (feelings_b, people_b))
    )
    found = compare(build(tmp_path / "a", rows_a), build(tmp_path / "b", rows_b))
    assert found.emotions.cells() == [
        ("happiness", "happiness", 1),
        ("happiness", "sadness", 1),
        ("sadness", "sadness", 1),
    ]
    held = found.subjects
    assert (held.clips, held.both, held.only_a, held.only_b, held.neither) == (3, 1, 0, 2, 0)


def test_latents_of_the_clips_that_both_accepted(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [row(n) for n in range(3)]
    gaze = {one["clip_id"]: random.normal(size=(8, 2)) for one in rows}
    latents_a = {name: {"gaze": track, "audio": np.ones((8, 320))} for name, track in gaze.items()}
    latents_b = {name: {"gaze": track + [1.0, 0.0], "audio": np.ones((8, 768))} for name, track in gaze.items()}
    del latents_b[rows[2]["clip_id"]]["gaze"]
    found = compare(build(tmp_path / "a", rows, RECIPE_A, latents_a), build(tmp_path / "b", rows, RECIPE_B, latents_b))
    theta, phi = found.frames.columns
    assert (theta.name, theta.clips, theta.values) == ("gaze.theta", 2, 16)
    assert theta.correlation == pytest.approx(1.0, abs=1e-4)
    assert theta.mean_difference == pytest.approx(1.0, abs=1e-3)
    assert phi.mean_absolute_difference == pytest.approx(0.0, abs=1e-3)
    assert found.frames.notes == (
        "pose: no values in A and B",
        "gaze: 1 clip without values in one, or with another number of frames",
        "audio: 320 numbers a frame in A and 768 in B cannot be compared",
    )


def test_of_many_frames_some_clips_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOST_FRAMES, "gaze", 16)
    rows = [row(n) for n in range(5)]
    latents = {one["clip_id"]: {"gaze": np.random.default_rng(0).normal(size=(8, 2))} for one in rows}
    catalog = build(tmp_path / "a", rows, RECIPE_A, latents)
    found = compare(catalog, catalog)
    assert found.frames.columns[0].clips == 2
    assert "gaze: 2 of 5 clips are read, chosen by hash" in found.frames.notes


def test_a_catalog_agrees_with_itself(tmp_path: Path) -> None:
    catalog = build(tmp_path / "a", [row(n, *VERDICTS[n % len(VERDICTS)]) for n in range(60)])
    found = compare(catalog, catalog)
    assert found.pairs.only_a == found.pairs.only_b == found.changes == ()
    assert found.verdicts.same == found.verdicts.total == 60
    for label in found.labels.values():
        assert label.pearson is None or label.pearson == pytest.approx(1.0)
        assert label.mean_absolute_difference in (None, 0.0)
    assert found.subjects.only_a == found.subjects.only_b == 0


def test_catalogs_that_share_nothing_and_empty_ones(tmp_path: Path) -> None:
    empty = build(tmp_path / "empty", [])
    some = build(tmp_path / "some", [row(1)])
    for found in (compare(empty, empty), compare(empty, some)):
        assert found.verdicts.total == found.emotions.total == found.subjects.pairs == 0
        assert found.frames.columns == found.frames.notes == ()
        assert all(label.n == 0 for label in found.labels.values())
    assert len(compare(empty, some).pairs.only_b) == 1


def test_without_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(NoCatalog, match="there is no catalog at .*none"):
        compare(build(tmp_path / "a", []), tmp_path / "none")
