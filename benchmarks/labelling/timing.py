"""Time: a flash and a click at one instant at several frame rates, and the two decoders side by side."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.shelf import Shelf, clip_of
from stages.clip import AUDIO_RATE
from stages.labels.mel import LogMel
from stages.video.encode import write_video
from stages.video.pyav import read_header
from stages.video.reader import Decoder, read

RATES = {"25": 25.0, "30": 30.0, "23.976": float(Fraction(24000, 1001)), "22.13": 22.131, "variable": 0.0}
DECODERS: tuple[Decoder, ...] = ("pyav", "decord")
_SECONDS = 4.0
# half a source frame, and the 0.1 ms by which the reader rounds ties, against the shortest interval of 20 ms
_HALF = 0.5 + 1e-4 / 0.02


def source_times(rate: str) -> np.ndarray:
    """Timestamps of the source frames: even, or jittering between 20 and 60 ms."""
    if RATES[rate]:
        return np.arange(int(_SECONDS * RATES[rate])) / RATES[rate]
    steps = np.random.default_rng(3).uniform(0.02, 0.06, 200)
    times = np.concatenate([[0], np.cumsum(np.round(steps, 3))])
    return times[times < _SECONDS]


def flash_and_click(path: Path, rate: str, at: float = 2.0) -> float:
    """A dark video whose frame nearest to `at` and the next three are white, with a click then; returns that second."""
    times = source_times(rate)
    first = int(np.argmin(np.abs(times - at)))
    frames = (np.full((128, 128, 3), 255 if first <= i < first + 4 else 0, np.uint8) for i in range(len(times)))
    sound = np.zeros(round(_SECONDS * AUDIO_RATE), np.float32)
    start = round(times[first] * AUDIO_RATE)
    sound[start : start + 80] = 0.9 * np.sign(np.sin(np.arange(80) * 2 * np.pi / 16 + 0.1))
    write_video(path, frames, times=times.tolist(), audio=sound)
    return float(times[first])


def measure(shelf: Shelf) -> Result:
    """Per rate and decoder: how far timestamps are from i / 25 in source frames, and flash and click in frames."""
    rows, findings = [], []
    for rate in RATES:
        path = shelf.folder / f"flash_{rate}.mp4"
        at = flash_and_click(path, rate)
        gaps = np.diff(source_times(rate))
        for decoder in DECODERS:
            clip = clip_of(path, decoder)
            frames = list(clip.frames)
            times = np.array([frame.time for frame in frames])
            wanted = np.arange(len(frames)) / 25
            # the half of the wider of the two gaps beside a source frame is the most the nearest one can be away
            nearest = np.searchsorted(source_times(rate), times - 1e-4)
            gap = np.maximum(gaps[np.clip(nearest - 1, 0, None)], gaps[np.clip(nearest, None, len(gaps) - 1)])
            off = float((np.abs(times - wanted) / gap).max())
            flash = next(f.index for f in frames if f.image.mean() > 128)
            assert clip.sound is not None
            energy = LogMel().features(clip.sound, len(frames)).mean(1)
            click = int(np.argmax(energy))
            rows.append((f"{rate} {decoder}", len(frames), off, at * 25, flash, click))
            findings += [
                Finding(f"{rate}_{decoder}_off_source_frames", off, _HALF, "<="),
                Finding(f"{rate}_{decoder}_flash_from_click", abs(flash - click), 1, "<="),
                Finding(f"{rate}_{decoder}_click_from_truth", abs(click - int(at * 25 + 1e-6)), 0, "<="),
            ]
    head = ("rate", "frames", "off (source frames)", "true frame", "flash", "click")
    return Result(tuple(findings), table(head, rows))


def measure_decoders(shelf: Shelf, names: tuple[str, ...] = ()) -> Result:
    """Every tenth frame of each clip from both decoders: same times, and by how many grey values pixels differ."""
    rows, largest, times_off = [], 0, 0.0
    for name, path in shelf.clips("clips", names):
        header = read_header(str(path))
        both = [read(str(path), header, 0.0, header.duration, decoder) for decoder in DECODERS]
        worst, mean, late, count = 0, [], 0.0, 0
        for a, b in zip(*both, strict=True):
            late = max(late, abs(a.time - b.time))
            count += 1
            if a.index % 10 == 0:
                difference = np.abs(a.image.astype(np.int16) - b.image)
                worst = max(worst, int(difference.max()))
                mean.append(float(difference.mean()))
        largest, times_off = max(largest, worst), max(times_off, late)
        rows.append((name, count, worst, float(np.mean(mean)), late * 1e3))
    findings = (
        Finding("decoders_largest_difference", largest),
        Finding("decoders_mean_difference_worst_clip", max(float(row[3]) for row in rows), 1.0, "<="),
        Finding("decoders_times_differ_s", times_off, 1e-3, "<="),
    )
    return Result(findings, table(("clip", "frames", "largest difference", "mean", "times differ, ms"), rows))
