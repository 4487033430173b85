"""Which track is seen and which one is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stages.video.pyav import read_header
from stages.video.reader import read
from stages.video.sound import RATE, read_sound
from tests.made.clips import number, numbered
from tests.made.spoiled import with_unknown_sound_first, write_tracks


def tone(hz: float, seconds: float = 2.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def pitch(path: Path) -> float:
    header = read_header(str(path))
    sound = read_sound(str(path), header, 0.0, 1.5)
    assert sound is not None
    return float(np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound))


def test_the_default_sound_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_tracks(path, [numbered(50)], [tone(300), tone(800), tone(1500)], [("picture", 0), ("sound", 1)])
    assert round(pitch(path), -1) == 800


def test_without_a_default_the_first_sound_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_tracks(path, [numbered(50)], [tone(300), tone(800)], [("picture", 0)])
    assert round(pitch(path), -1) == 300


def test_the_default_picture_is_seen_whichever_decoder(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    other = [np.full((96, 96, 3), 90, np.uint8)] * 50
    write_tracks(path, [other, numbered(50)], [tone(300)], [("picture", 1), ("sound", 0)])
    header = read_header(str(path))
    assert (header.width, header.height, header.plain) == (64, 64, False)
    for decoder in ("pyav", "decord"):
        found = read(str(path), header, 0.0, 1.0, decoder)
        assert [number(frame.image) for frame in found] == list(range(25))


def test_a_track_that_cannot_be_decoded_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with_unknown_sound_first(path, numbered(50), tone(800))
    header = read_header(str(path))
    assert (header.audio_codec, header.audio_hz) == ("aac", RATE)
    assert round(pitch(path), -1) == 800


def test_without_a_track_that_can_be_decoded_there_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with_unknown_sound_first(path, numbered(50), tone(800))
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"y?z!").replace(b"esds", b"free"))
    header = read_header(str(path))
    assert (header.audio_codec, header.audio_hz, header.audio_channels) == (None, 0, 0)
    assert read_sound(str(path), header, 0.0, 1.0) is None
