"""Files from public bug reports, through the job: each is decided as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.here import extract
from tests.made.runs import rows

pytestmark = pytest.mark.slow


VIDEOS = (
    "timestamps_start_again_longer.ts",
    "mirrored_matrix_h.mov",
    "mirrored_matrix_transposed.mov",
    "mirrored_reference.mp4",
    "frame_size_changes.ts",
    "h264_bframes.avi",
    "raw_stream.h264",
    "unknown_audio_first.mov",
    "speech_in_second_default_track.mkv",
    "antiphase_stereo.mov",
    "last_frame_held_2s.mp4",
    "theora_repeated_frames.ogv",
    "hdr_hlg.mov",
    "hdr_reference.mp4",
    "dv_ntsc_10_frames.dv",
    "blurred_copy_beside.mp4",
    "still_photo_with_speech.mp4",
)

Row = dict[str, object]


@pytest.fixture(scope="module")
def decided(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """The clips of every file in one catalog, in time order, by file name."""
    folder = shared / "reports"
    if not folder.is_dir():
        pytest.skip(f"no files of bug reports at {folder}")
    catalog = tmp_path_factory.mktemp("reports") / "catalog"
    extract(catalog, "--input", *(folder / name for name in VIDEOS))
    found: dict[str, list[Row]] = {name: [] for name in VIDEOS}
    for row in sorted(rows(catalog, "clips"), key=lambda row: row["start_s"]):
        found[Path(row["source_uri"]).name].append(row)
    return found


def one(decided: dict[str, list[Row]], name: str) -> Row:
    assert [row["status"] for row in decided[name]] == ["accepted"], decided[name]
    return decided[name][0]


@pytest.mark.parametrize("name", ["mirrored_matrix_h.mov", "mirrored_matrix_transposed.mov"])
def test_mirrored_pictures_are_labelled_as_they_are_shown(decided: dict[str, list[Row]], name: str) -> None:
    found, wanted = one(decided, name), one(decided, "mirrored_reference.mp4")
    assert found["yaw"] == pytest.approx(7.0, abs=0.3)
    for label in ("yaw", "gaze_theta", "roll"):
        assert found[label] == pytest.approx(wanted[label], abs=0.5)


def test_two_recordings_in_one_file_are_two_clips(decided: dict[str, list[Row]]) -> None:
    first, second = decided["timestamps_start_again_longer.ts"]
    assert first["end_s"] == second["start_s"] == pytest.approx(4.6, abs=0.1)
    assert second["end_s"] == pytest.approx(11.6, abs=0.1)
    assert first["speech_share"] == pytest.approx(0.93, abs=0.03)
    assert [row["status"] for row in (first, second)] == ["accepted"] * 2


def test_a_part_of_another_size_has_its_own_labels(decided: dict[str, list[Row]]) -> None:
    first, second = decided["frame_size_changes.ts"]
    assert [(row["width"], row["height"]) for row in (first, second)] == [(480, 480), (854, 480)]
    assert second["start_s"] == pytest.approx(3.4, abs=0.05)
    assert second["distance"] == pytest.approx(0.795, abs=0.01)
    assert second["gaze_theta"] == pytest.approx(5.7, abs=0.3)
    assert second["pose_delta"] == pytest.approx(0.28, abs=0.05)


@pytest.mark.parametrize(
    "name", ["antiphase_stereo.mov", "speech_in_second_default_track.mkv", "h264_bframes.avi", "hdr_hlg.mov"]
)
def test_speech_is_heard(decided: dict[str, list[Row]], name: str) -> None:
    found, wanted = one(decided, name), one(decided, "hdr_reference.mp4")
    assert found["speech_share"] == pytest.approx(0.93, abs=0.02)
    assert found["gaze_theta"] == pytest.approx(wanted["gaze_theta"], abs=0.3)
    assert found["pose_delta"] == pytest.approx(wanted["pose_delta"], rel=0.05)


def test_hdr_has_the_emotion_of_its_sdr(decided: dict[str, list[Row]]) -> None:
    found, wanted = one(decided, "hdr_hlg.mov")["emotion"], one(decided, "hdr_reference.mp4")["emotion"]
    for name in ("surprise", "neutral"):
        assert found[name] == pytest.approx(wanted[name], abs=0.05)  # type: ignore[index]


def test_what_could_not_be_read_is_decided(decided: dict[str, list[Row]]) -> None:
    assert [row["reason"] for row in decided["raw_stream.h264"]] == ["no_audio"]
    assert one(decided, "unknown_audio_first.mov")["audio_hz_in"] == 44_100
    assert one(decided, "last_frame_held_2s.mp4")["end_s"] == pytest.approx(6.96, abs=0.01)
    assert one(decided, "theora_repeated_frames.ogv")["frames"] == 114
    (dv,) = decided["dv_ntsc_10_frames.dv"]
    assert dv["reason"] == "too_short"
    assert dv["fps_in"] == pytest.approx(29.97, abs=0.01)


def test_a_blurred_copy_beside_the_picture_is_no_part_of_it(decided: dict[str, list[Row]]) -> None:
    found = one(decided, "blurred_copy_beside.mp4")
    assert (found["width"], found["height"], found["faces_max"]) == (910, 512, 1)
    assert found["yaw"] == pytest.approx(-1.9, abs=0.3)
    assert found["distance"] == pytest.approx(0.79, abs=0.01)


def test_a_photo_with_speech_does_not_move(decided: dict[str, list[Row]]) -> None:
    (found,) = decided["still_photo_with_speech.mp4"]
    assert (found["reason"], found["motion"]) == ("still_picture", 0.0)
    assert one(decided, "hdr_reference.mp4")["motion"] == 1.0
