"""What write_video writes, read back with PyAV and with the project's own reader."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.video.encode import write_video
from stages.video.pyav import decode, read_header
from stages.video.reader import upright


def pictures(count: int, height: int = 96, width: int = 160) -> Iterator[np.ndarray]:
    """Grey frames, lighter one by one, with a red corner at the top left."""
    for i in range(count):
        image = np.full((height, width, 3), 40 + 4 * i, np.uint8)
        image[: height // 4, : width // 4] = (230, 20, 20)
        yield image


def frame_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def test_frames_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    assert write_video(path, pictures(12), fps=24) == 12
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].codec_context.name == "h264"
        assert not container.streams.audio
    assert len(images) == 12
    for image, wanted in zip(images, pictures(12), strict=True):
        assert np.abs(image.astype(int) - wanted)[40:, 60:].max() <= 4


@pytest.mark.parametrize("fps", [25, 29.97, 22.131, Fraction(24_000, 1001)])
def test_frame_rate_is_kept(tmp_path: Path, fps: float | Fraction) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, pictures(50), fps=fps)
    assert read_header(str(path)).fps == pytest.approx(float(fps), rel=1e-4)
    assert np.allclose(frame_times(path), np.arange(50) / float(fps), atol=1e-4)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_irregular_times_are_kept(tmp_path: Path, codec: str) -> None:
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.2, 30)) - 0.01
    path = tmp_path / "a.mp4"
    write_video(path, pictures(30), times=list(times - times[0]), codec=codec)
    assert np.allclose(frame_times(path), times - times[0], atol=1e-4)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_stands_in_the_header_and_the_reader_turns_the_picture(tmp_path: Path, rotation: int) -> None:
    path = tmp_path / "a.mp4"
    stored = [np.rot90(image, -rotation // 90) for image in pictures(3)]
    write_video(path, stored, fps=25, rotation=rotation)
    header = read_header(str(path))
    assert (header.width, header.height, header.rotation) == (160, 96, rotation)
    first = next(decode(str(path), header, 0.0))
    assert np.abs(upright(first.image(), header).astype(int) - next(pictures(1))).mean() < 3


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (48_000, 1)])
def test_sound_comes_back_in_time(tmp_path: Path, rate: int, channels: int) -> None:
    time = np.arange(2 * rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * time) * (time > 1)).astype(np.float32)
    path = tmp_path / "a.mp4"
    write_video(path, pictures(50), fps=25, audio=tone if channels == 1 else np.stack([tone, tone], 1), audio_rate=rate)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("aac", rate, channels)
        blocks = list(container.decode(audio=0))
    heard = np.concatenate([block.to_ndarray()[0] for block in blocks])
    start = round(blocks[0].time * rate)
    loud = np.flatnonzero(np.abs(heard) > 0.1)[0] + start
    assert abs(loud / rate - 1) < 0.01
    assert 0.9 * 2 < len(heard) / rate < 2.2


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, pictures(25), fps=25, audio=noise)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_codec_options_and_container(tmp_path: Path) -> None:
    path = tmp_path / "a.part"
    write_video(path, pictures(20), fps=25, options={"g": "5", "sc_threshold": "0"}, container="mp4")
    with av.open(str(path)) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert sum(keys) == 4
    write_video(path, pictures(5), fps=25, codec="mpeg4", container="mov")
    assert read_header(str(path)).codec == "mpeg4"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": iter(())}, "no frames"),
        ({"fps": None}, "either fps or the times"),
        ({"times": [0, 1, 2]}, "either fps or the times"),
        ({"fps": None, "times": [0, 1]}, "more frames than the 2 times"),
        ({"fps": None, "times": [0, 1, 2, 3]}, "4 times for 3 frames"),
        ({"fps": None, "times": [0, 1, 1]}, "increase"),
        ({"fps": -1}, "above 0"),
        ({"frames": [np.zeros((95, 160, 3), np.uint8)]}, "even H and W"),
        ({"frames": [np.zeros((96, 160, 3), np.uint8), np.zeros((96, 96, 3), np.uint8)]}, "frame 1 is uint8"),
        ({"audio": np.zeros(100)}, "sound must be float32"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, changes: dict, message: str) -> None:
    arguments = {"frames": pictures(3), "fps": 25, **changes}
    with pytest.raises(ValueError, match=rf"a\.mp4: .*{message}"):
        write_video(tmp_path / "a.mp4", **arguments)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(100, 20_000), min_size=1, max_size=20))
def test_any_increasing_times_are_kept(tmp_path: Path, steps: list[int]) -> None:
    times = np.cumsum([0, *steps]) / 90_000
    path = tmp_path / "a.mp4"
    write_video(path, pictures(len(times), 32, 32), times=list(times))
    assert np.allclose(frame_times(path), times, atol=2e-5)
