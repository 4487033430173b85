"""The sound of a stretch: exactly as long, at the same instant as the picture, whatever the file does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages.video.encode import write_video
from stages.video.header import Unreadable
from stages.video.pyav import read_header
from stages.video.sound import RATE, read_sound
from tests.made.clips import QUICK, header, numbered, remux, write_late_sound


def burst(seconds: float, at: float, rate: int, hz: float = 1000.0) -> np.ndarray:
    """A tone of 0.2 s from second `at` in silence, float32."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * time) * ((time >= at) & (time < at + 0.2))).astype(np.float32)


def onset(sound: np.ndarray) -> float:
    """Second at which the burst begins: the first millisecond louder than a quarter of the loudest."""
    level = np.abs(sound[: len(sound) // 16 * 16]).reshape(-1, 16).max(1)
    return float(np.argmax(level > level.max() / 4)) / 1000


def sound_of(path: Path, start_s: float = 0.0, end_s: float | None = None) -> np.ndarray:
    head = read_header(str(path))
    sound = read_sound(str(path), head, start_s, head.duration if end_s is None else end_s)
    assert sound is not None
    return sound


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_channels_become_16_khz_mono(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "a.mp4"
    tone = burst(3, 1.0, rate)
    stored = tone if channels == 1 else np.stack([tone, tone], 1)
    write_video(path, numbered(75), fps=25, audio=stored, audio_rate=rate, options=QUICK)
    sound = sound_of(path)
    assert (sound.dtype, sound.shape) == (np.float32, (3 * RATE,))
    assert onset(sound) == pytest.approx(1.0, abs=0.003)
    heard, wanted = sound[16_800:18_400], burst(3, 1.0, RATE)[16_800:18_400]
    assert np.corrcoef(heard, wanted)[0, 1] > 0.98
    assert np.abs(heard).max() == pytest.approx(0.5, rel=0.15)


def test_another_rate_is_given_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    tone = burst(3, 1.0, 48_000)
    write_video(path, numbered(75), fps=25, audio=tone, audio_rate=48_000, options=QUICK)
    sound = read_sound(str(path), read_header(str(path)), 0.5, 2.5, 48_000)
    assert sound is not None
    assert sound.shape == (96_000,)
    assert np.corrcoef(sound[24_800:33_000], tone[48_800:57_000])[0, 1] > 0.98


def test_stereo_is_the_mean_of_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    stored = np.stack([burst(3, 1.0, RATE), np.zeros(3 * RATE, np.float32)], 1)
    write_video(path, numbered(75), fps=25, audio=stored, options=QUICK)
    assert np.abs(sound_of(path)[16_800:18_400]).max() == pytest.approx(0.25, rel=0.15)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 1.0), (0.5, 2.533), (1.234, 3.0), (2.9, 5.0)])
def test_the_length_is_exact_with_zeros_where_sound_ends(tmp_path: Path, start_s: float, end_s: float) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(125), fps=25, audio=np.full(3 * RATE, 0.3, np.float32), options=QUICK)
    sound = sound_of(path, start_s, end_s)
    assert len(sound) == round((end_s - start_s) * RATE)
    assert np.abs(sound[max(0, round((3.2 - start_s) * RATE)) :]).max(initial=0) == 0


@pytest.mark.parametrize("late_s", [0.0, 0.4, 1.1])
def test_sound_that_begins_late_is_where_it_belongs(tmp_path: Path, late_s: float) -> None:
    path = tmp_path / "a.mkv"
    write_late_sound(path, numbered(100), [(late_s, burst(2, 0.5, RATE))], RATE)
    sound = sound_of(path)
    assert len(sound) == 4 * RATE
    assert onset(sound) == pytest.approx(0.5 + late_s, abs=0.003)
    assert np.abs(sound[: round(late_s * RATE)]).max(initial=0) == 0


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_sound_after_a_gap_in_the_track_is_where_it_belongs(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.mkv"
    write_late_sound(path, numbered(100), [(0.0, burst(1, 0.3, rate)), (2.2, burst(1, 0.5, rate))], rate)
    sound = sound_of(path)
    assert len(sound) == 4 * RATE
    assert onset(sound[: 2 * RATE]) == pytest.approx(0.3, abs=0.003)
    assert onset(sound[2 * RATE :]) == pytest.approx(0.7, abs=0.003)
    assert np.abs(sound[round(1.01 * RATE) : round(2.2 * RATE)]).max() == 0


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_time_counts_from_the_first_frame_of_a_late_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    times = [0.6 + i / 25 for i in range(75)]
    write_video(path, numbered(75), times=times, audio=burst(3.6, 1.6, 48_000), audio_rate=48_000, options=QUICK)
    assert read_header(str(path)).origin == pytest.approx(0.6, abs=0.002)
    assert onset(sound_of(path)) == pytest.approx(1.0, abs=0.004)
    assert onset(sound_of(path, 0.7, 2.0)) == pytest.approx(0.3, abs=0.004)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 5.0), (7.31, 9.0), (11.04, 12.0)])
def test_a_stretch_is_that_slice_of_the_whole(tmp_path: Path, rate: int, start_s: float, end_s: float) -> None:
    """To half a sample of 16 kHz, which a stretch that starts between two samples of the whole must be off."""
    path = tmp_path / "a.mp4"
    time = np.arange(12 * rate) / rate
    stored = (0.3 * np.sin(2 * np.pi * (150 + 15 * time) * time) * (1 + np.sin(5 * time)) / 2).astype(np.float32)
    write_video(path, numbered(300), fps=25, audio=stored, audio_rate=rate, options={**QUICK, "g": "50"})
    whole = sound_of(path, 0.0, 12.0)
    part = sound_of(path, start_s, end_s)
    wanted = whole[round(start_s * RATE) : round(start_s * RATE) + len(part)]
    half_a_sample = 0.5 * np.abs(np.gradient(wanted)).mean() + 1e-3
    inside = slice(0, len(part) - 32)
    assert np.abs(part - wanted)[inside].mean() <= half_a_sample
    assert np.corrcoef(part[inside], wanted[inside])[0, 1] > 0.997


def test_no_sound_track_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(5), fps=25, options=QUICK)
    assert read_sound(str(path), read_header(str(path)), 0.0, 0.2) is None


def test_digital_silence_is_sound(samples: Path) -> None:
    sound = sound_of(samples / "silent.mp4")
    assert len(sound) == pytest.approx(3.4 * RATE, abs=2)
    assert np.abs(sound).max() < 1e-3


def test_what_of_a_damaged_track_can_be_decoded_is_kept(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.mp4", tmp_path / "half.mp4"
    tone = (0.4 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    draft = tmp_path / "draft.mp4"
    write_video(draft, numbered(100), fps=25, audio=tone, options=QUICK)
    remux(draft, whole, movflags="faststart")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    sound = sound_of(path)
    assert len(sound) == 4 * RATE
    assert np.abs(sound[: 2 * RATE]).max() > 0.3
    assert np.abs(sound[-RATE // 2 :]).max() == 0


def test_what_is_no_video_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("text")
    with pytest.raises(Unreadable, match=r"a\.mp4: not a readable video"):
        read_sound(str(path), header(), 0.0, 1.0)


@pytest.mark.parametrize("gap_ms", [15, 30, 45, 60, 300])
def test_a_short_gap_in_the_track_is_as_long_as_it_says(tmp_path: Path, gap_ms: int) -> None:
    """Two gaps, after each of which a burst begins: both are where the timestamps say, to half a frame."""
    path = tmp_path / "a.mkv"
    gap = gap_ms / 1000
    tone = burst(1, 0.5, 48_000)
    write_late_sound(path, numbered(100), [(0.0, tone), (1.0 + gap, tone), (2.0 + 2 * gap, tone)], 48_000)
    sound = sound_of(path)
    for number in range(3):
        begins = number * (1 + gap)
        part = sound[round((begins + 0.2) * RATE) :][: round(0.7 * RATE)]
        assert onset(part) + 0.2 == pytest.approx(0.5, abs=0.006)


def test_trembling_timestamps_are_no_gaps(tmp_path: Path) -> None:
    """A live recording's blocks say 15 ms too early and too late in turn: the sound is whole."""
    path = tmp_path / "a.mkv"
    time = np.arange(4 * RATE) / RATE
    tone = (0.4 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    blocks = []
    for number, at in enumerate(range(0, len(tone), 1024)):
        off = (0, 0.015, 0, -0.015)[number % 4] if 8 < number < 48 else 0.0
        blocks.append((at / RATE + off, tone[at : at + 1024]))
    write_late_sound(path, numbered(100), blocks, RATE)
    sound = sound_of(path)
    inside = slice(RATE // 10, -RATE // 10)
    assert np.abs(sound[inside] - tone[inside]).max() < 0.02
