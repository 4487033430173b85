"""A mouth in centimetres of a face of the canonical size."""

from __future__ import annotations

import numpy as np
import pytest

from models.landmarks.canonical_face import canonical_face
from models.landmarks.head_pose import rotation_of
from pipeline.evaluation.metrics.mouth import mouth


def test_a_mouth_is_measured_in_centimetres_however_large_and_turned_the_face_is() -> None:
    face = np.repeat(canonical_face()[None].astype(np.float64), 3, 0)
    for upper, lower in ((13, 14), (82, 87), (312, 317)):
        face[1, lower, 1] = face[1, upper, 1] - 1.5 if face[1, 152, 1] < face[1, 13, 1] else face[1, upper, 1] + 1.5
        face[1, lower, [0, 2]] = face[1, upper, [0, 2]]
    plain = mouth(face)
    assert plain[1, 0] == pytest.approx(1.5, abs=0.05)
    assert plain[0, 0] < 0.7
    turned = mouth(30 * face @ rotation_of(np.array([[10.0, -20.0, 5.0]]))[0].T + 100)
    assert turned == pytest.approx(plain, rel=1e-3)
