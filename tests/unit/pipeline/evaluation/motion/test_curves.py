"""The picture has a row a clip, and every curve in it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pipeline.evaluation.motion.curves import Curves, write_curves


def test_a_row_a_clip_with_real_and_generated_curves(tmp_path: Path) -> None:
    wave = np.sin(np.arange(100) / 8)
    flat = Curves("a.mp4", wave, [0.5 * wave, -wave], 3 * wave, [-wave])
    sizes = {}
    for count in (1, 3):
        picture = cv2.imread(str(write_curves([flat] * count, tmp_path / f"{count}.png")))
        blue = (picture.astype(int) @ [1, 0, -1]) > 60
        dark = picture.max(2) < 80
        sizes[count] = len(picture)
        for half in (slice(0, picture.shape[1] // 2), slice(picture.shape[1] // 2, None)):
            assert blue[:, half].any(1).sum() > 20 * count
            assert dark[:, half].any(1).sum() > 50 * count
    assert sizes[3] > 2 * sizes[1]
    assert not list(tmp_path.glob("*.tmp*"))
