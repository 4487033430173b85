"""The stage track on sample clips: a face in every frame, a steady crop, and every reason to reject."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from models.detection import face_finder
from stages.clip import Clip, Runner
from stages.observations import Inset
from stages.tracking.track import FaceTrack
from stages.video.reader import frame_count
from tests.made.clips import TrackOf, accepted, clip_of, filled_up, rejected, shown


@pytest.mark.parametrize("name", ["talking_man", "talking_woman"])
def test_the_face_is_found_in_every_frame(track_of: TrackOf, name: str) -> None:
    clip = accepted(track_of(name))
    track, count = clip.tracked(), frame_count(clip.seconds)
    assert track.present.shape == (count,)
    assert track.present.all()
    assert track.landmarks.shape == (count, 468, 3)
    assert len(track.crops) == count
    assert {(crop.shape, crop.dtype) for crop in track.crops} == {((256, 256, 3), np.dtype(np.uint8))}
    assert track.crop_matrix.shape == (count, 2, 3)
    assert track.frame_size == (360, 640)
    assert np.abs(track.times - np.arange(count) / 25).max() <= 0.5 / clip.header.fps + 1e-3
    heights = np.ptp(track.landmarks[:, :, 1], axis=1)
    assert clip.columns["face_px"] == pytest.approx(np.median(heights), rel=0.01)
    assert (clip.columns["frames"], clip.columns["faces_max"]) == (count, 1)
    assert len(clip.thumbs) == 6


def test_crops_hold_the_face_and_show_the_frame(samples: Path, woman: Clip) -> None:
    track = woman.tracked()
    frames = list(clip_of(samples / "talking_woman.mp4").frames)
    for index in range(0, len(frames), 17):
        points = track.crop_landmarks(index)[:, :2]
        assert points.min() > 10
        assert points.max() < 245
        wanted = cv2.warpAffine(
            frames[index].image, track.crop_matrix[index], (256, 256), borderMode=cv2.BORDER_REPLICATE
        )
        assert np.abs(track.crops[index].astype(int) - wanted).mean() < 3


def test_the_crop_moves_smoothly_while_the_head_moves(track_of: TrackOf) -> None:
    track = accepted(track_of("looking_away")).tracked()
    centre = np.stack([np.linalg.solve(m[:, :2], 127.5 - m[:, 2]) for m in track.crop_matrix])
    face = (track.landmarks[:, :, :2].min(1) + track.landmarks[:, :, :2].max(1)) / 2
    height = float(np.median(np.ptp(track.landmarks[:, :, 1], axis=1)))
    assert np.ptp(face, axis=0).max() > 0.15 * height
    assert np.abs(np.diff(centre, axis=0)).max() < 0.03 * height
    shake = [np.abs(np.diff(path, 2, axis=0)).mean() for path in (centre, face)]
    assert shake[0] < 0.25 * shake[1]
    size = 1 / track.crop_matrix[:, 0, 0]
    assert np.abs(np.diff(size) / size[:-1]).max() < 0.02
    assert track.crop_matrix[:, 0, 1] == pytest.approx(0)


def test_patches_are_native_faces_on_the_codec_s_grid(samples: Path, man: Clip) -> None:
    track = man.tracked()
    frames = list(clip_of(samples / "talking_man.mp4").frames)
    assert 5 <= len(track.patches) <= FaceTrack().patches
    for patch in track.patches:
        x, y = patch.origin
        assert (x % 8, y % 8) == (0, 0)
        height, width = patch.image.shape[:2]
        assert np.array_equal(patch.image, frames[patch.index].image[y : y + height, x : x + width])
        assert x <= patch.box[0] < patch.box[2] <= x + width
        assert y <= patch.box[1] < patch.box[3] <= y + height


@pytest.fixture(scope="module")
def still_man(samples: Path) -> list[np.ndarray]:
    return [frame.image for frame in clip_of(samples / "talking_man.mp4", 0.0, 2.4).frames]


def covered(images: list[np.ndarray], first: int, last: int, clip: Clip) -> list[np.ndarray]:
    """The frames, the face painted over with what is left of it in frames first ... last - 1."""
    points = clip.tracked().landmarks[: len(images), :, :2]
    x0, y0 = (int(v) - 25 for v in points.min((0, 1)))
    x1, y1 = (int(v) + 25 for v in points.max((0, 1)))
    out = [image.copy() for image in images]
    for image in out[first:last]:
        wall = image[max(0, y0) : y1, x0 - 5 : x0].mean((0, 1))
        image[max(0, y0) : y1, x0:x1] = wall
    return out


def test_a_short_gap_is_filled_between_its_ends(track: Runner, still_man: list[np.ndarray], man: Clip) -> None:
    out = accepted(track(shown(covered(still_man, 26, 31, man))))
    found = out.tracked()
    gone = np.flatnonzero(~found.present)
    assert set(range(26, 31)) <= set(gone) <= set(range(25, 35))
    first, last = gone[0] - 1, gone[-1] + 1
    share = (np.arange(first, last + 1) - first) / (last - first)
    line = found.landmarks[first] + share[:, None, None] * (found.landmarks[last] - found.landmarks[first])
    # smoothing over time bends the line by less than a pixel or two
    assert np.abs(found.landmarks[first : last + 1] - line).max() < 3
    assert all(patch.index not in gone for patch in found.patches)


def test_a_long_gap_is_a_lost_face(track: Runner, still_man: list[np.ndarray], man: Clip) -> None:
    out = rejected(track(shown(covered(still_man, 20, 42, man))))
    assert out.reason == "face_lost"
    assert "% of the frames, first at 0.8" in out.detail


def test_how_long_a_face_may_be_gone_is_a_parameter(still_man: list[np.ndarray], man: Clip) -> None:
    frames = covered(still_man, 26, 31, man)
    assert rejected(FaceTrack(max_gap=0.1).open()(shown(frames))).reason == "face_lost"
    assert rejected(FaceTrack(max_missing=0.02).open()(shown(frames))).reason == "face_lost"


@pytest.mark.parametrize(("part", "several"), [(0.2, False), (0.75, True)])
def test_an_inset_thumbnail_is_no_second_person(
    track: Runner, still_man: list[np.ndarray], man: Clip, woman: Clip, part: float, several: bool
) -> None:
    """Her face in a corner, `part` as wide as his."""
    his = float(np.ptp(man.tracked().landmarks[0, :, 0]))
    found = woman.tracked()
    width = float(np.ptp(found.crop_landmarks(0)[:, 0]))
    inset = cv2.resize(found.crops[0], None, fx=part * his / width, fy=part * his / width, interpolation=cv2.INTER_AREA)
    frames = [image.copy() for image in still_man[:40]]
    for image in frames:
        image[: inset.shape[0], -inset.shape[1] :] = inset
    out = track(shown(frames))
    if several:
        assert rejected(out).reason == "several_faces"
    else:
        assert accepted(out).tracked().present.all()
        assert accepted(out).columns["faces_max"] == 1


@pytest.mark.parametrize(("size", "blur"), [((910, 512), 3.0), ((910, 512), 25.0), ((288, 768), 8.0)])
def test_a_picture_before_its_own_blurred_copy_is_the_picture_alone(
    track: Runner, still_man: list[np.ndarray], size: tuple[int, int], blur: float
) -> None:
    """Upright in a wide frame and in one that is higher still: as tracked without what is beside, above and below."""
    inner = [cv2.resize(image[:, 170:372], (288, 512), interpolation=cv2.INTER_AREA) for image in still_man[:30]]
    alone = accepted(track(shown(inner)))
    frames = [filled_up(image, *size, blur) for image in inner]
    clip = accepted(track(shown(frames)))
    assert clip.columns["faces_max"] == 1
    assert clip.columns["face_px"] == pytest.approx(alone.columns["face_px"], rel=0.01)
    found = clip.tracked()
    assert found.frame_size == pytest.approx((512, 288), abs=3)
    assert found.present.all()
    assert np.abs(found.landmarks - alone.tracked().landmarks).max() < 0.03 * clip.columns["face_px"]
    # patches are cut on the grid of the whole frame's blocks
    patch = found.patches[0]
    x, y = patch.origin
    assert (x % 8, y % 8) == (0, 0)
    assert np.array_equal(patch.image, frames[0][y : y + patch.image.shape[0], x : x + patch.image.shape[1]])
    assert clip.thumbs[0].image.shape[:2] == (180, 101)


def test_where_the_first_frame_does_not_show_the_inner_picture_the_key_frames_tell(
    track: Runner, still_man: list[np.ndarray]
) -> None:
    inner = [cv2.resize(image[:, 170:372], (288, 512), interpolation=cv2.INTER_AREA) for image in still_man[:30]]
    frames = [filled_up(image, 910, 512, 10) for image in inner]
    frames[0] = cv2.GaussianBlur(frames[0], (0, 0), 12)
    clip = shown(frames)
    assert accepted(track(replace(clip, inset=Inset(310, 0, 598, 512)))).tracked().frame_size == (512, 288)


@pytest.mark.parametrize(
    ("name", "reason", "detail"),
    [
        ("face_leaves", "face_lost", r"no face in \d+% of the frames, first at 2\.\d\d s"),
        ("two_people", "several_faces", r"2 faces at most, several in \d+% of \d+ samples"),
        ("no_face", "no_face", r"no face in 85 frames"),
        ("far_away", "face_too_small", r"face 5\d pixels high, at least 64 wanted"),
    ],
)
def test_reasons(track_of: TrackOf, name: str, reason: str, detail: str) -> None:
    out = rejected(track_of(name))
    assert out.reason == reason
    assert re.fullmatch(detail, out.detail)
    assert out.clip.columns["frames"] == frame_count(out.clip.seconds)
    assert out.clip.thumbs
    assert out.clip.track is None


def test_the_smallest_face_is_a_parameter(samples: Path) -> None:
    clip = accepted(FaceTrack(min_face=40).open()(clip_of(samples / "far_away.mp4", 0.0, 1.0)))
    assert clip.columns["face_px"] == pytest.approx(51, abs=3)


def test_a_clip_is_cut_at_a_scene_change_and_both_parts_judged(samples: Path, track: Runner, man: Clip) -> None:
    whole = clip_of(samples / "scene_change.mp4")
    assert whole.sound is not None
    first = accepted(track(whole))
    assert (first.start_s, first.end_s) == (0.0, pytest.approx(3.6, abs=0.05))
    assert first.columns["frames"] == len(first.tracked().times) == 90
    assert first.rest is not None
    assert first.sound is not None
    assert first.rest.sound is not None
    assert len(first.sound) == round(first.seconds * 16_000)
    assert np.array_equal(np.concatenate([first.sound, first.rest.sound]), whole.sound)
    assert (first.rest.start_s, first.rest.end_s) == (first.end_s, whole.end_s)
    second = accepted(track(first.rest))
    assert second.rest is None
    assert len(second.tracked().times) == 90
    assert np.abs(second.tracked().times - np.arange(90) / 25).max() < 0.03
    # the second part is the man, from his first frame on
    assert second.columns["face_px"] == pytest.approx(man.columns["face_px"], rel=0.05)
    assert second.thumbs[0].index < 90


def resized(man: Path) -> Clip:
    """A second of the man, then the same with grey beside it: a picture that changes its size on the way."""
    frames = [frame.image for frame in clip_of(man, 0.0, 2.0).frames]
    wide = [np.pad(image, ((0, 0), (60, 100), (0, 0)), constant_values=90) for image in frames[25:]]
    return shown([*frames[:25], *wide])


def test_a_clip_is_cut_where_the_picture_changes_its_size(samples: Path, track: Runner) -> None:
    first = accepted(track(resized(samples / "talking_man.mp4")))
    assert (first.start_s, first.end_s, first.tracked().frame_size) == (0.0, 1.0, (360, 640))
    assert first.rest is not None
    second = accepted(track(first.rest))
    assert (second.start_s, second.end_s, second.tracked().frame_size) == (1.0, 2.0, (360, 800))
    assert (second.header.width, second.header.height) == (800, 360)
    # the face is as wide, and as far from the picture's left edge as the grey there says
    moved = second.tracked().landmarks[0] - first.tracked().landmarks[-1]
    assert np.abs(moved[:, :2].mean(0) - [60, 0]).max() < 3


def test_without_split_a_change_of_size_rejects(samples: Path) -> None:
    out = rejected(FaceTrack(split=False).open()(resized(samples / "talking_man.mp4")))
    assert (out.reason, out.detail) == ("scene_cut", "the picture's size changes at 1.00 s")


def test_without_split_a_scene_change_rejects(samples: Path) -> None:
    out = rejected(FaceTrack(split=False).open()(clip_of(samples / "scene_change.mp4", 3.0, 4.5)))
    assert out.reason == "scene_cut"
    assert out.detail == "the scene changes at 3.60 s"
    assert out.clip.rest is None


def test_a_clip_turned_by_metadata_is_tracked_upright(track_of: TrackOf, man: Clip) -> None:
    clip = accepted(track_of("phone_rotated"))
    track = clip.tracked()
    assert track.frame_size == (540, 404)
    assert track.present.all()
    eyes = track.landmarks[:, 263, :2] - track.landmarks[:, 33, :2]
    assert np.abs(np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))).max() < 15


def test_a_repeated_frame_is_not_looked_at_again(still_man: list[np.ndarray], track: Runner) -> None:
    clip = shown(still_man[:20])
    twice = [replace(frame, index=2 * frame.index + k, repeated=bool(k)) for frame in clip.frames for k in (0, 1)]
    out = accepted(track(replace(clip, frames=iter(twice), end_s=1.6)))  # type: ignore[arg-type]
    assert len(out.tracked().times) == 40
    assert out.tracked().present.all()


def test_another_detector_gives_the_same_track(
    shared: Path, man: Clip, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts and checks the mesh, whose landmarks are the track."""
    path = shared / "weights/scrfd_2.5g_kps.onnx"
    if not path.is_file():
        pytest.skip(f"no real SCRFD at {path}")
    monkeypatch.setattr(face_finder, "weights", lambda name: SimpleNamespace(path=lambda: path))
    stage = FaceTrack(detector="scrfd")
    assert stage.weights == ("scrfd", "face_mesh", "canonical_face")
    clip = accepted(stage.open()(clip_of(samples / "talking_man.mp4", 0.0, 2.0)))
    assert clip.columns["faces_max"] == 1
    track = clip.tracked()
    assert track.present.all()
    apart = np.linalg.norm(track.landmarks[:45] - man.tracked().landmarks[:45], axis=2)
    assert apart.mean() < 0.005 * clip.columns["face_px"]
