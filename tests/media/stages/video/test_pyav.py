"""The header, what is no video, and key frames."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from stages.video.encode import write_video
from stages.video.header import Unreadable
from stages.video.pyav import keyframes, read_header
from tests.made.clips import QUICK, number, numbered


def test_the_header_of_a_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    sound = np.zeros((2 * 44_100, 2), np.float32)
    write_video(path, numbered(60), fps=30, audio=sound, audio_rate=44_100, options=QUICK)
    header = read_header(str(path))
    assert (header.width, header.height, header.rotation, header.pixel_aspect) == (64, 64, 0, 1.0)
    assert (header.codec, header.fps, header.origin) == ("h264", 30, 0)
    assert header.duration == pytest.approx(2.0)
    assert (header.audio_codec, header.audio_hz, header.audio_channels) == ("aac", 44_100, 2)


def test_a_file_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(5), fps=25, options=QUICK)
    header = read_header(str(path))
    assert (header.audio_codec, header.audio_hz, header.audio_channels) == (None, 0, 0)


def test_a_turned_picture_s_size_is_as_shown(samples: Path) -> None:
    header = read_header(str(samples / "phone_rotated.mp4"))
    assert (header.width, header.height, header.rotation) == (404, 540, 90)


def test_the_duration_of_a_container_without_one_is_walked(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(75), fps=30, options=QUICK)
    assert read_header(str(path)).duration == pytest.approx(2.5, abs=0.02)


@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8", "a.txt", "a.ffconcat", "a.avi", "a.sdp"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"This is a text file that somebody named so.\n" * 40,
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nVIDEO\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile 'VIDEO'\n",
        b"1\n00:00:00,000 --> 00:00:04,000\nHello\n",
    ],
    ids=["empty", "text", "playlist", "concat", "subtitles"],
)
def test_text_is_no_video_and_nothing_it_names_is_opened(
    samples: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content.replace(b"VIDEO", str(samples / "talking_man.mp4").encode()))
    with pytest.raises(Unreadable, match=rf"{name}: .*(replace or remove the file|copy it again|only videos)"):
        read_header(str(path))


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "webp", "tiff"])
@pytest.mark.parametrize("ending", ["mp4", None])
def test_a_picture_is_no_video(tmp_path: Path, kind: str, ending: str | None) -> None:
    _, data = cv2.imencode(f".{kind}", np.full((64, 64, 3), 90, np.uint8))
    path = tmp_path / f"a.{ending or kind}"
    path.write_bytes(data.tobytes())
    with pytest.raises(Unreadable, match=r"a\.\w+: is \w+, not a video; replace or remove the file"):
        read_header(str(path))


def test_noise_a_missing_file_and_half_a_file(samples: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(os.urandom(5000))
    for path in (noise, tmp_path / "gone.mp4", samples / "truncated.mp4", samples / "not_a_video.mp4"):
        with pytest.raises(Unreadable, match=rf"{path.name}: not a readable video \(.*\); replace or remove the file"):
            read_header(str(path))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16_000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        block.sample_rate = 16_000
        output.mux(stream.encode(block))
        output.mux(stream.encode(None))
    with pytest.raises(Unreadable, match=r"a\.mp4: has no video stream; only videos can be extracted"):
        read_header(str(path))


def test_huge_dimensions_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(2), fps=25, options=QUICK)
    with pytest.raises(Unreadable, match=r"a\.mp4: header claims 64x64; over 4000 pixels a frame"):
        read_header(str(path), max_pixels=4000)


def test_key_frames_of_a_stretch_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(100), fps=25, options={**QUICK, "g": "10", "sc_threshold": "0"})
    header = read_header(str(path))
    found = list(keyframes(str(path), header, 0.0, 4.0))
    assert [number(image) for _, image in found] == list(range(0, 100, 10))
    assert [time for time, _ in found] == pytest.approx(np.arange(10) * 0.4)
    part = list(keyframes(str(path), header, 1.0, 2.0))
    assert [number(image) for _, image in part] == [30, 40]


def test_a_rate_that_the_container_does_not_average_is_the_one_of_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.ivf"
    write_video(path, numbered(75), fps=25, codec="libvpx", options={"deadline": "realtime", "cpu-used": "8"})
    header = read_header(str(path))
    assert (header.fps, header.duration) == pytest.approx((25.0, 3.0), abs=0.01)
