"""The labels' promises on real clips: a subset of what `benchmarks/labels.py` measures, held to the same limits.

docs/labels.md has the figures over all clips. Here: six single-face clips for head pose (two of them tight crops),
three of them mirrored and padded, ten for quality, eight acted ones for emotion.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.labelling import emotion, events, faces, identity, mirror, pose, quality, speech, timing
from benchmarks.labelling.findings import Result, verdict_lines
from benchmarks.labelling.shelf import Shelf

pytestmark = pytest.mark.slow

SIX = ("news_512", "pcavs_00086", "pcavs_00373", "vasa_11", "vr_2", "vr_3")
THREE = ("news_512", "pcavs_00086", "vr_3")
TEN = (*SIX, "pcavs_00002", "pcavs_00010", "pcavs_00015", "pcavs_681100216")


@pytest.fixture(scope="module")
def shelf(shared: Path, tracks: Path) -> Shelf:
    """Stage outputs of the real clips, each computed once until code changes."""
    return Shelf(shared, tracks)


def assert_reached(result: Result) -> None:
    missed = [finding for finding in result.findings if finding.reached is False]
    assert not missed, "\n".join(("", *verdict_lines(Result(tuple(missed))), "", *result.table))


def test_head_pose_agrees_with_mediapipes_face_landmarker(shelf: Shelf) -> None:
    pytest.importorskip("mediapipe", reason="the reference is mediapipe's face landmarker: pip install mediapipe")
    assert_reached(pose.measure(shelf, SIX))


def test_mirrored_files_have_mirrored_angles(shelf: Shelf) -> None:
    assert_reached(mirror.measure(shelf, THREE))


def test_padding_a_clip_to_twice_its_size_doubles_the_distance_and_keeps_the_pose(shelf: Shelf) -> None:
    assert_reached(mirror.measure_padding(shelf, THREE))


def test_quality_falls_with_every_step_of_damage(shelf: Shelf) -> None:
    assert_reached(quality.measure(shelf, TEN))


def test_faces_are_found(shelf: Shelf) -> None:
    assert_reached(faces.measure_found(shelf, TEN))


def test_plant_dog_and_text_show_no_face(shelf: Shelf) -> None:
    assert_reached(faces.measure_none(shelf, told=()))


@pytest.mark.parametrize(
    "event",
    [
        "other person same studio cut",
        "other person same studio dissolve",
        "other face in the same picture",
        "face leaves at once",
        "face fades away",
    ],
)
def test_a_face_that_leaves_or_is_replaced_is_seen(shelf: Shelf, event: str) -> None:
    assert_reached(events.measure(shelf, (event,)))


@pytest.mark.parametrize("name", ["st_10", "st_16"])
def test_one_person_s_wild_grimaces_are_one_person(shelf: Shelf, name: str) -> None:
    (verdict,) = shelf.verdicts(shelf.shared / "faces" / f"{name}.mp4")
    assert (verdict.status, verdict.detail) == ("accepted", None)


def test_a_jump_of_the_face_is_followed_within_half_a_second(shelf: Shelf) -> None:
    assert_reached(faces.measure_drift(shelf, ("vr_3", "pcavs_00373")))


def test_acted_happiness_and_surprise_are_highest_in_their_own_clips(shelf: Shelf) -> None:
    assert_reached(emotion.measure(shelf, ("happy", "surprised", "neutral", "sad")))


def test_loudness_does_not_change_the_share_of_speech(shelf: Shelf) -> None:
    assert_reached(speech.measure(shelf, ("dj_3", "news_512", "pcavs_00010", "vasa_10")))


def test_clusters_of_identity_vectors_are_people(shelf: Shelf) -> None:
    acted = tuple(
        f"mead_{actor}_{name}" for actor in emotion.ACTORS for name in ("happy", "surprised", "neutral", "sad")
    )
    result = identity.measure(shelf, (*TEN, *acted))
    assert result["ours_0.5_recall"].value == 1
    assert result["ours_0.5_precision"].value >= 0.9


def test_flash_and_click_fall_on_the_same_frame_at_every_rate(shelf: Shelf) -> None:
    assert_reached(timing.measure(shelf))


def test_both_decoders_give_the_same_frames(shelf: Shelf) -> None:
    assert_reached(timing.measure_decoders(shelf, ("news_512", "pcavs_00010", "vr_1", "vr_2", "vr_3")))
