"""Clips for the benchmarks: a file as the extraction would hand it to its stages."""

from __future__ import annotations

from stages.clip import Clip
from stages.video.pyav import read_header
from stages.video.reader import Decoder, read
from stages.video.sound import read_sound


def clip_of(path: str, sound: bool = True, decoder: Decoder = "pyav", most_seconds: float = 60.0) -> Clip:
    """The first `most_seconds` of the video at `path`."""
    header = read_header(path)
    end = min(header.duration, most_seconds)
    heard = read_sound(path, header, 0.0, end) if sound else None
    return Clip(path, header, 0.0, end, read(path, header, 0.0, end, decoder), heard)
