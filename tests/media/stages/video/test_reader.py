"""The reader: the nearest source frame for every i / 25, from both backends the same, and clear errors."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.video.encode import write_video
from stages.video.header import Unreadable, VideoHeader
from stages.video.pyav import orientation, read_header
from stages.video.reader import Decoder, Frame, Frames, frame_count, read, upright
from tests.made.clips import QUICK, number, numbered, remux

FILM = Fraction(24_000, 1001)
BOTH = pytest.mark.parametrize("decoder", ["pyav", "decord"])


def frames(path: Path, start_s: float = 0.0, end_s: float | None = None, decoder: Decoder = "pyav") -> list[Frame]:
    header = read_header(str(path))
    return list(read(str(path), header, start_s, header.duration if end_s is None else end_s, decoder))


def check_times(found: Sequence[Frame], times: np.ndarray, start_s: float, end_s: float) -> None:
    """Every frame is the nearest of the source's `times` to start_s + i / 25, and says which it is."""
    assert [frame.index for frame in found] == list(range(frame_count(end_s - start_s)))
    before = None
    for frame in found:
        wanted, source = start_s + frame.index / 25, number(frame.image)
        assert frame.time + start_s == pytest.approx(times[source], abs=2e-4)
        assert abs(times[source] - wanted) <= np.abs(times - wanted).min() + 2e-4
        inside = times[0] <= wanted <= times[-1]
        if inside:
            gap = max(np.diff(times)[max(source - 1, 0) : source + 1])
            assert abs(times[source] - wanted) <= gap / 2 + 2e-4
        assert frame.repeated == (source == before)
        before = source


@BOTH
@pytest.mark.parametrize("fps", [22.13, FILM, 24, 25, 29.97, 30, 60, 10])
def test_each_frame_is_at_most_half_a_source_frame_from_its_time(
    tmp_path: Path, fps: float | Fraction, decoder: Decoder
) -> None:
    path = tmp_path / "a.mp4"
    count = round(3 * float(fps))
    write_video(path, numbered(count), fps=fps, options=QUICK)
    times = np.arange(count) / float(fps)
    check_times(frames(path, decoder=decoder), times, 0.0, read_header(str(path)).duration)


@BOTH
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_irregular_times_too(tmp_path: Path, seed: int, decoder: Decoder) -> None:
    path = tmp_path / "a.mp4"
    times = np.cumsum(np.random.default_rng(seed).uniform(0.008, 0.13, 60))
    times -= times[0]
    write_video(path, numbered(60), times=list(times), options=QUICK)
    check_times(frames(path, end_s=times[-1], decoder=decoder), times, 0.0, times[-1])


@BOTH
@pytest.mark.parametrize("fps", [FILM, 30])
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 1.0), (1.0, 2.5), (1.37, 3.9), (3.99, 5.0)])
def test_a_span_is_that_stretch_of_the_whole(
    tmp_path: Path, fps: Fraction, start_s: float, end_s: float, decoder: Decoder
) -> None:
    path = tmp_path / "a.mp4"
    count = round(5 * float(fps))
    write_video(path, numbered(count), fps=fps, options={**QUICK, "g": "40"})
    check_times(frames(path, start_s, end_s, decoder), np.arange(count) / float(fps), start_s, end_s)


@BOTH
def test_time_counts_from_the_first_frame_even_if_it_is_late(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(75), times=[0.6 + i / 25 for i in range(75)], options=QUICK)
    header = read_header(str(path))
    assert header.origin == pytest.approx(0.6, abs=2e-3)
    assert header.duration == pytest.approx(3.0, abs=0.05)
    found = list(read(str(path), header, 1.0, 2.0, decoder))
    assert [number(frame.image) for frame in found] == list(range(25, 50))
    assert found[3].time == pytest.approx(3 / 25, abs=2e-3)


@pytest.mark.parametrize(
    "name", ["talking_woman", "talking_man", "variable_rate", "phone_rotated", "far_away", "scene_change"]
)
def test_both_backends_give_the_same_frames_bit_for_bit(samples: Path, name: str) -> None:
    path = samples / f"{name}.mp4"
    ours, theirs = frames(path, 0.5, 2.5), frames(path, 0.5, 2.5, "decord")
    assert len(ours) == len(theirs) == 50
    for a, b in zip(ours, theirs, strict=True):
        assert np.array_equal(a.image, b.image)
        assert (a.index, a.repeated) == (b.index, b.repeated)
        assert a.time == pytest.approx(b.time, abs=1e-5)


@pytest.mark.parametrize("fps", [25, 50])
@pytest.mark.parametrize("start_s", [0.5, 0.02, 1.01, 1.3])
def test_of_two_frames_equally_near_both_backends_take_the_earlier(tmp_path: Path, fps: int, start_s: float) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(3 * fps), fps=fps, options=QUICK)
    first = int(np.ceil(start_s * fps - 0.5 - 1e-6))
    for decoder in ("pyav", "decord"):
        found = frames(path, start_s, start_s + 1, decoder)
        assert [number(frame.image) for frame in found] == list(range(first, first + fps, fps // 25))
        assert not any(frame.repeated for frame in found)


def cornered(height: int = 96, width: int = 160) -> np.ndarray:
    """A dark picture whose top left corner is light."""
    image = np.full((height, width, 3), 16, np.uint8)
    image[: height // 4, : width // 4] = 235
    return image


def light(image: np.ndarray) -> tuple[float, float]:
    """Where the light part lies: (y, x) from 0 to 1."""
    y, x = np.nonzero(image[..., 1] > 128)
    return float(y.mean() / image.shape[0]), float(x.mean() / image.shape[1])


@BOTH
@pytest.mark.parametrize("container", ["mp4", "matroska"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_honoured(tmp_path: Path, rotation: int, container: str, decoder: Decoder) -> None:
    path = tmp_path / "a"
    stored = np.rot90(cornered(), -rotation // 90)
    write_video(path, [stored] * 5, fps=25, rotation=rotation, container=container, options=QUICK)
    header = read_header(str(path))
    assert header.rotation == rotation
    (frame, *_) = read(str(path), header, 0.0, 0.2, decoder)
    assert frame.image.shape == (96, 160, 3)
    assert light(frame.image) == pytest.approx((0.125, 0.125), abs=0.02)


def test_upright_turns_and_squares_pixels() -> None:
    """Pixels twice as wide as high, as they are stored: of 160 in a row, which the turn makes a column of 320."""
    header = VideoHeader("mp4", "h264", 96, 320, 25.0, 1.0, 90, 2.0, None, 0, 0, 0.0)
    image = upright(np.rot90(cornered(160, 96), -1), header)
    assert image.shape == (320, 96, 3)
    assert light(image) == pytest.approx((0.125, 0.125), abs=0.02)
    assert image.flags.c_contiguous


@given(st.integers(0, 5000), st.sampled_from([25, 30]))
def test_frame_count_is_that_of_whole_intervals(count: int, fps: int) -> None:
    assert frame_count(count / fps, fps) == count
    assert frame_count((count + 0.5) / fps, fps) == count
    assert frame_count(-1.0) == 0


def test_a_frame_pushed_back_comes_first_again() -> None:
    items = [Frame(i, i / 25, np.zeros((2, 2, 3), np.uint8), False) for i in range(4)]
    stream = Frames(iter(items))
    assert next(stream) is items[0]
    second = next(stream)
    stream.push(second)
    assert [frame.index for frame in stream] == [1, 2, 3]
    stream.push(items[3])
    assert next(stream) is items[3]
    with pytest.raises(StopIteration):
        next(stream)


def test_an_unknown_decoder_is_named() -> None:
    header = VideoHeader("mp4", "h264", 64, 64, 25.0, 1.0, 0, 1.0, None, 0, 0, 0.0)
    with pytest.raises(ValueError, match="unknown decoder 'vlc': pyav or decord"):
        read("a.mp4", header, 0, 1, "vlc")  # type: ignore[arg-type]


def test_images_are_made_of_used_frames_only_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stages.video import pyav as reader_pyav

    path = tmp_path / "a.mp4"
    write_video(path, numbered(60), fps=60, options=QUICK)
    made = []
    convert = reader_pyav._Rgb.__call__
    monkeypatch.setattr(reader_pyav._Rgb, "__call__", lambda rgb, frame: made.append(frame.pts) or convert(rgb, frame))
    assert len(frames(path)) == 25
    assert len(made) == len(set(made)) == 25


@BOTH
def test_a_file_cut_off_is_unreadable_and_named(samples: Path, tmp_path: Path, decoder: Decoder) -> None:
    whole, half = tmp_path / "whole.mp4", tmp_path / "half.mp4"
    remux(samples / "talking_man.mp4", whole, movflags="faststart")
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    header = read_header(str(half))
    assert header.duration == pytest.approx(5.0, abs=0.05)
    got = []
    with pytest.raises(Unreadable, match=r"half\.mp4: .*(copy it again|try --decoder pyav)"):
        got.extend(read(str(half), header, 0.0, header.duration, decoder))
    if decoder == "pyav":
        assert 30 < len(got) < 100


@BOTH
def test_a_promise_of_more_than_there_is_is_unreadable(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(50), fps=25, options=QUICK)
    header = read_header(str(path))
    assert len(list(read(str(path), header, 0.0, 2.4, decoder))) == 60
    with pytest.raises(
        Unreadable, match=r"a\.mp4: the header promises 2\.00 s but decoding ended at 1\.96 s; .*copy it"
    ):
        list(read(str(path), header, 0.0, 3.0, decoder))


MATRICES = {
    (0, False): [[1, 0], [0, 1]],
    (90, False): [[0, -1], [1, 0]],
    (180, False): [[-1, 0], [0, -1]],
    (270, False): [[0, 1], [-1, 0]],
    (0, True): [[-1, 0], [0, 1]],
    (90, True): [[0, -1], [-1, 0]],
    (180, True): [[1, 0], [0, -1]],
    (270, True): [[0, 1], [1, 0]],
}
"""How a picture may lie, (degrees counter-clockwise, then mirrored), to the display matrix that says so."""


@BOTH
@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("way", MATRICES)
def test_the_whole_display_matrix_is_honoured(
    tmp_path: Path, way: tuple[int, bool], container: str, decoder: Decoder
) -> None:
    """A picture stored turned and mirrored, with the matrix that puts it upright again, in all eight ways."""
    turn, mirror = way
    wanted = cornered()
    wanted[-12:, 60:] = [200, 40, 40]
    stored = np.rot90(wanted[:, ::-1] if mirror else wanted, -turn // 90)
    path = tmp_path / f"a.{container}"
    height, width = stored.shape[:2]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv444p"
        (a, b), (c, d) = MATRICES[way]
        one = 1 << 16
        stream.set_display_matrix([a * one, b * one, 0, c * one, d * one, 0, 0, 0, one << 14])
        for index in range(5):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    header = read_header(str(path))
    assert (header.rotation, header.mirrored, header.width, header.height) == (turn, mirror, 160, 96)
    (frame, *_) = read(str(path), header, 0.0, 0.2, decoder)
    assert np.abs(frame.image.astype(int) - wanted).mean() < 4


@given(st.sampled_from(list(MATRICES)), st.floats(-30, 30), st.floats(0.25, 4))
def test_a_matrix_is_the_nearest_way_to_lie(way: tuple[int, bool], degrees: float, scale: float) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    matrix[:2, :2] = scale * np.array(MATRICES[way]) @ [[c, -s], [s, c]]
    assert orientation(matrix) == way


@pytest.mark.parametrize("start_s", [0.0, 1.4])
def test_a_picture_that_changes_its_size_keeps_its_shape(tmp_path: Path, start_s: float) -> None:
    parts = [tmp_path / "a.ts", tmp_path / "b.ts"]
    for part, (height, width) in zip(parts, [(96, 96), (96, 160)], strict=True):
        write_video(part, [cornered(height, width)] * 50, fps=25, options=QUICK)
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    found = frames(path, start_s)
    first = 50 - round(start_s * 25)
    assert [frame.image.shape for frame in found] == [(96, 96, 3)] * first + [(96, 160, 3)] * 50
    for frame in (found[0], found[-1]):
        assert light(frame.image) == pytest.approx((0.125, 0.125), abs=0.02)
