"""The sound of any file, recordings and videos alike, in pieces."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from scipy.io import wavfile

from stages.video.encode import aac_rate, write_sound
from stages.video.header import Unreadable
from stages.video.sound_track import SoundTrack


def tone(hz: int, seconds: float, at: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * at * np.arange(round(seconds * hz)) / hz)).astype(np.float32)


def wav(folder: Path, sound: np.ndarray, hz: int) -> str:
    path = folder / "sound.wav"
    wavfile.write(path, hz, sound)
    return str(path)


def encoded(folder: Path, name: str, codec: str, sound: np.ndarray, hz: int) -> str:
    path = folder / name
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = hz
        for piece in [*av.AudioResampler(stream.format, "mono", hz).resample(frame), None]:
            file.mux(stream.encode(piece))
    return str(path)


def heard(path: str) -> np.ndarray:
    track = SoundTrack.of(path)
    sound = np.concatenate(list(track.mono()))
    assert sound.dtype == np.float32
    assert len(sound) == track.samples
    return sound


def test_a_recording_is_heard_as_it_is(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.7, 0.7, 20_123).astype(np.float32)
    path = wav(tmp_path, sound, 16_000)
    np.testing.assert_array_equal(heard(path), sound)
    track = SoundTrack.of(path)
    assert (track.hz, track.channels, track.side) == (16_000, 1, None)
    assert track.loudest == pytest.approx(np.abs(sound).max())
    assert track.seconds == 20_123 / 16_000


@pytest.mark.parametrize("hz", [8_000, 44_100, 48_000])
def test_other_rates_become_16_khz(tmp_path: Path, hz: int) -> None:
    found = heard(wav(tmp_path, tone(hz, 1.5), hz))
    assert len(found) == pytest.approx(24_000, abs=2)
    inner = slice(1000, 23_000)
    np.testing.assert_allclose(found[inner], tone(16_000, 1.5)[inner], atol=0.02)


def test_of_two_sides_the_mean_is_heard_and_of_opposite_ones_the_louder(tmp_path: Path) -> None:
    left, right = tone(16_000, 1.0), tone(16_000, 1.0, 700.0)
    found = heard(wav(tmp_path, np.stack([left, right], 1), 16_000))
    np.testing.assert_allclose(found, (left + right) / 2, atol=1e-4)
    path = wav(tmp_path, np.stack([left, -0.9 * left], 1), 16_000)
    assert SoundTrack.of(path).side == 0
    np.testing.assert_allclose(heard(path), left, atol=1e-6)


@pytest.mark.parametrize(("name", "codec"), [("s.mp3", "libmp3lame"), ("s.flac", "flac"), ("s.m4a", "aac")])
def test_codecs_of_recordings(tmp_path: Path, name: str, codec: str) -> None:
    found = heard(encoded(tmp_path, name, codec, tone(44_100, 2.0), 44_100))
    assert len(found) == pytest.approx(32_000, abs=0.1 * 16_000)  # MP3's own silence before and after is heard
    level = np.sqrt(np.square(found[8_000:24_000]).mean())
    assert level == pytest.approx(0.5 * 0.5**0.5, rel=0.06)  # LAME makes it 5 % quieter


def test_the_sound_of_a_video(samples: Path) -> None:
    track = SoundTrack.of(str(samples / "talking_man.mp4"))
    assert (track.hz, track.channels) == (16_000, 1)
    assert track.seconds == pytest.approx(5.0, abs=0.07)  # AAC's last block is filled


def test_files_without_sound_say_so(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no_audio.mp4: has no sound that can be decoded; give a recording"):
        SoundTrack.of(str(samples / "no_audio.mp4"))
    with pytest.raises(Unreadable, match="sound.wav: no sound in it lasts a moment"):
        SoundTrack.of(wav(tmp_path, np.zeros(0, np.float32), 16_000))
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(Unreadable, match="empty.wav: not a readable recording .*; replace or remove the file"):
        SoundTrack.of(str(tmp_path / "empty.wav"))
    (tmp_path / "text.mp3").write_text("This is a text that somebody named .mp3.\n" * 50)
    with pytest.raises(Unreadable, match="text.mp3"):
        SoundTrack.of(str(tmp_path / "text.mp3"))
    with pytest.raises(Unreadable, match="sound.wav: has samples that are no numbers; write it anew"):
        SoundTrack.of(wav(tmp_path, np.array([0.1, np.nan], np.float32), 16_000))
    with pytest.raises(Unreadable, match="none.wav: not a readable recording .No such file"):
        SoundTrack.of(str(tmp_path / "none.wav"))


@pytest.mark.parametrize(("hz", "sides", "rate"), [(16_000, 1, 16_000), (44_100, 2, 44_100), (22_000, 1, 48_000)])
def test_it_is_written_as_it_is_heard(tmp_path: Path, hz: int, sides: int, rate: int) -> None:
    sound = tone(hz, 1.3)
    track = SoundTrack.of(wav(tmp_path, sound if sides == 1 else np.stack([sound] * sides, 1), hz))
    assert aac_rate(track.hz) == rate
    write_sound(tmp_path / "out.m4a", track.frames(), rate, track.channels)
    again = SoundTrack.of(str(tmp_path / "out.m4a"))
    assert (again.hz, again.channels) == (rate, sides)
    # FFmpeg leaves the encoder's first block out, and fills the last one
    assert again.seconds == pytest.approx(1.3, abs=0.07)
    found = np.concatenate(list(again.mono()))
    inner = slice(2000, 18_000)
    assert np.sqrt(np.square(found[inner] - tone(16_000, 1.3)[inner]).mean()) < 0.01
