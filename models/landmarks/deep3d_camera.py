"""What Deep3DFaceRecon's 257 coefficients say of the head: their order, its pose and its distance.

Source: Deng et al., arXiv 1903.08527, and its published code. The network's camera looks at an aligned crop in which
every face is about equally large (models/landmarks/five_points.py), so distance needs the crop's scale too.
"""

from __future__ import annotations

import numpy as np

from models.landmarks.head_pose import angles as angles_of

IDENTITY = slice(0, 80)
EXPRESSION = slice(80, 144)
TEXTURE = slice(144, 224)
ANGLES = slice(224, 227)
LIGHTING = slice(227, 254)
TRANSLATION = slice(254, 257)
COEFFICIENTS = 257

FOCAL = 1015.0
"""Of the network's camera, in crop pixels; the crop's middle lies on its axis."""
CAMERA_Z = 10.0
"""Where that camera stands, in the face model's unit (about 10 cm); it looks towards smaller z."""
FACE_WIDTH = 1.442
"""Width of a frontal face in that unit, such that distances agree with those of stages/labels/pose.py.

Found from the network's own outputs for 41 clips: `python benchmarks/labels.py --only deep3d`; docs/labels.md.
"""


def pose_of(radians: np.ndarray) -> np.ndarray:
    """(pitch, yaw, roll) [T, 3] in degrees by our convention (models/landmarks/head_pose.py) of the network's angles
    [T, 3].

    The network turns about x, then y, then z, in axes x right, y up, z towards the camera: each of its angles has
    the opposite sense of ours, and its pitch comes before its yaw.
    """
    x, y, z = np.asarray(radians, np.float64).T
    # our axes are the network's turned by half a turn about x, which leaves x as it is and reverses y and z
    return angles_of(_turn(-z, 0, 1) @ _turn(-y, 2, 0) @ _turn(x, 1, 2))


def distance_of(translation: np.ndarray, scale: np.ndarray, frame_height: int) -> np.ndarray:
    """Distance [T] of heads with translations [T, 3], whose crops have `scale` [T] crop pixels a frame pixel.

    1 where a frontal face is a third of the frame's height wide; padding the frame to twice its size doubles it.
    """
    depth = CAMERA_Z - np.asarray(translation, np.float64)[:, 2]
    face = FACE_WIDTH * FOCAL / depth / scale  # frame pixels wide
    return frame_height / 3 / face


def _turn(radians: np.ndarray, first: int, second: int) -> np.ndarray:
    """Rotations [T, 3, 3] that turn axis `first` towards axis `second`."""
    out = np.tile(np.eye(3), (len(radians), 1, 1))
    out[:, first, first] = out[:, second, second] = np.cos(radians)
    out[:, second, first] = np.sin(radians)
    out[:, first, second] = -np.sin(radians)
    return out
