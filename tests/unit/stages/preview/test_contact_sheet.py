"""What stages/preview/contact_sheet.py draws, on a made-up clip whose face is the canonical one, turned as told."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import rotation_of
from stages.clip import Clip, Track
from stages.observations import Thumb
from stages.preview.contact_sheet import contact_sheet, face_picture
from stages.preview.thumbs import HEIGHT, thumb
from stages.video.header import VideoHeader
from stages.video.reader import Frames

FRAMES = 60


def tracked(
    yaw: float = 0.0,
    gaze: tuple[float, float] | None = (0.0, 0.0),
    size: tuple[int, int] = (360, 360),
    face: float = 14.0,
    thumbs: int = 6,
) -> Clip:
    """A grey clip of `size` (height, width) with a face of `face` pixels a cm in the middle, turned by `yaw`."""
    height, width = size
    angles = np.zeros((FRAMES, 3))
    angles[:, 1] = yaw
    middle = np.array([width / 2, height / 2, 0])
    points = face * canonical_face() @ rotation_of(angles)[0].T + middle
    scale = 256 / (1.9 * np.ptp(points[:, 1]))
    matrix = np.array([[scale, 0, 128 - scale * middle[0]], [0, scale, 128 - scale * middle[1]]])
    track = Track(
        times=np.arange(FRAMES) / 25,
        landmarks=np.repeat(points[None].astype(np.float32), FRAMES, 0),
        present=np.ones(FRAMES, bool),
        crops=np.full((FRAMES, 256, 256, 3), 120, np.uint8),
        crop_matrix=np.repeat(matrix[None], FRAMES, 0),
        frame_size=size,
        patches=(),
    )
    arrays = {"pose": np.column_stack([angles, np.zeros((FRAMES, 3))])}
    if gaze is not None:
        arrays["gaze"] = np.repeat([gaze], FRAMES, 0)
    return replace(plain(size, thumbs), track=track, arrays=arrays)


def plain(size: tuple[int, int] = (360, 360), thumbs: int = 6) -> Clip:
    """A grey clip that nothing is known of."""
    header = VideoHeader("mp4", "h264", size[1], size[0], 25.0, FRAMES / 25, 0, 1.0, None, 0, 0, 0.0)
    image = np.full((*size, 3), 120, np.uint8)
    held = tuple(thumb(10 * at, image) for at in range(thumbs))
    return Clip("a.mp4", header, 60.0, 60.0 + FRAMES / 25, Frames(iter(())), thumbs=held)


def picture(clip: Clip, status: str = "accepted", reason: str | None = None) -> np.ndarray:
    """The sheet decoded, RGB int."""
    data = contact_sheet(clip, status, reason)
    assert data is not None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image[:, :, ::-1].astype(int)


def amber(image: np.ndarray) -> np.ndarray:
    """Where the gaze is drawn: (y, x) [N, 2]."""
    return np.argwhere(image[..., 0] - image[..., 2] > 100)


def test_no_thumbs_no_sheet() -> None:
    assert contact_sheet(plain(thumbs=0), "rejected", "no_face") is None


def test_six_square_frames_stand_side_by_side() -> None:
    image = picture(plain())
    assert image.shape[1] == 6 * HEIGHT + 5 * 4
    assert HEIGHT < image.shape[0] < HEIGHT + 40
    assert np.abs(image[: HEIGHT - 8, : HEIGHT - 8] - 120).max() < 12


@pytest.mark.parametrize(("size", "per_row"), [((360, 640), 3), ((1920, 1080), 6), ((100, 1000), 1)])
def test_wide_frames_go_into_rows_of_equal_length(size: tuple[int, int], per_row: int) -> None:
    clip = plain(size)
    image = picture(clip)
    width = clip.thumbs[0].image.shape[1]
    assert image.shape[1] == min(1160, per_row * width + (per_row - 1) * 4)
    if clip.thumbs[0].image.shape[0] == HEIGHT:  # very wide frames are less high
        assert image.shape[0] // HEIGHT == 6 // per_row


def test_frames_of_any_shape_give_a_sheet() -> None:
    for size in ((8, 400), (400, 4), (1, 1)):
        assert picture(plain(size)).size


def test_the_thumbs_themselves_stay_as_they_are() -> None:
    clip = tracked()
    before = [item.image.copy() for item in clip.thumbs]
    picture(clip)
    assert all(np.array_equal(was, item.image) for was, item in zip(before, clip.thumbs, strict=True))


@pytest.mark.parametrize("theta", [30.0, -30.0])
def test_the_gaze_arrow_points_where_the_eyes_look(theta: float) -> None:
    image = picture(tracked(gaze=(theta, 0.0), thumbs=1))
    x = amber(image)[:, 1] - HEIGHT / 2
    left, right = -x.min(), x.max()
    assert (left > 30) == (theta > 0)
    assert (right > 30) == (theta < 0)


def test_a_gaze_up_goes_up() -> None:
    level, up = (amber(picture(tracked(gaze=(0.0, phi), thumbs=1)))[:, 0] for phi in (0.0, 30.0))
    assert up.min() < level.min() - 20


def test_the_head_arrow_points_where_the_head_is_turned() -> None:
    clip = tracked(yaw=30.0, gaze=None, thumbs=1)
    drawn, without = picture(clip)[:HEIGHT], picture(replace(clip, arrays={}))[:HEIGHT]
    x = np.argwhere(np.abs(drawn - without).max(-1) > 50)[:, 1]
    assert x.min() < HEIGHT / 2 - 50
    assert x.max() < HEIGHT / 2


def test_a_track_without_gaze_draws_landmarks_only() -> None:
    image = picture(replace(tracked(gaze=None), arrays={}))
    assert not len(amber(image[:HEIGHT]))
    assert np.abs(image[:HEIGHT] - 120).max() > 60


def test_a_frame_without_the_face_stays_plain() -> None:
    clip = tracked()
    assert clip.track is not None
    present = clip.track.present.copy()
    present[0] = False
    image = picture(replace(clip, track=replace(clip.track, present=present)))
    assert np.abs(image[: HEIGHT - 8, : HEIGHT - 8] - 120).max() < 12
    assert np.abs(image[:HEIGHT, HEIGHT + 4 :] - 120).max() > 60


def test_a_thumb_behind_the_end_of_the_track_stays_plain() -> None:
    clip = tracked(thumbs=1)
    late = Thumb(FRAMES + 3, clip.thumbs[0].image, clip.thumbs[0].scale)
    assert np.abs(picture(replace(clip, thumbs=(late,)))[: HEIGHT - 8, : HEIGHT - 8] - 120).max() < 12


def test_a_small_face_is_enlarged_in_a_corner() -> None:
    small = picture(tracked(face=1.5, thumbs=1))
    corner, rest = small[90:HEIGHT, 90:HEIGHT], small[:80, :80]
    assert np.abs(corner - 120).max() > 60
    assert np.abs(rest - 120).max() < 12


def test_the_line_at_the_bottom_tells_the_verdict() -> None:
    green, yellow, red = (
        picture(plain(), *verdict)[-2].mean(0)
        for verdict in (("accepted", None), ("rejected", "no_face"), ("failed", "error"))
    )
    assert green.argmax() == 1
    assert red.argmax() == yellow.argmax() == 0
    assert yellow[1] > red[1] + 40


def test_no_face_picture_without_a_track() -> None:
    assert face_picture(plain()) is None
    clip = tracked()
    assert clip.track is not None
    gone = replace(clip.track, present=np.zeros(FRAMES, bool))
    assert face_picture(replace(clip, track=gone)) is None


@pytest.mark.parametrize("with_pose", [True, False])
def test_the_face_picture_is_of_the_most_frontal_frame_with_a_face(with_pose: bool) -> None:
    clip = tracked(yaw=25.0)
    frontal = tracked()
    assert clip.track is not None
    assert frontal.track is not None
    landmarks, crops = clip.track.landmarks.copy(), np.stack(clip.track.crops)
    present, pose = clip.track.present.copy(), clip.arrays["pose"].copy()
    for index, colour in ((20, 250), (40, 10)):
        landmarks[index] = frontal.track.landmarks[index]
        pose[index, 1] = 0.0
        crops[index] = colour
    present[40] = False
    track = replace(clip.track, landmarks=landmarks, crops=crops, present=present)
    data = face_picture(replace(clip, track=track, arrays={"pose": pose} if with_pose else {}))
    assert data is not None
    face = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert face.shape == (96, 96, 3)
    assert np.abs(face.astype(int) - 250).max() < 8
