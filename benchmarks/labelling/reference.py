"""Head pose and eye directions of mediapipe's face landmarker, the reference the labels are held against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelling.copies import frames_of
from models.landmarks.head_pose import angles

TASK = "face_landmarker_v2_with_blendshapes.task"
EYES = tuple(f"eyeLook{way}{side}" for way in ("In", "Out", "Up", "Down") for side in ("Left", "Right"))
BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")


@dataclass(frozen=True)
class Reference:
    """Per frame, NaN where no face was seen: pose [T, 3] (pitch, yaw, roll) in degrees, eyes [T, 10] blendshapes."""

    pose: np.ndarray
    eyes: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """[T]: whether the landmarker saw a face."""
        return ~np.isnan(self.pose[:, 0])

    @property
    def eye_yaw_pitch(self) -> np.ndarray:
        """[T, 2]: horizontal (towards the image's left) and vertical (up) eye blendshapes, mean of both eyes."""
        named = dict(zip((*EYES, *BLINKS), self.eyes.T, strict=True))
        # a subject's left eye is on the image's right: outwards is then away from the image's left
        yaw = named["eyeLookInLeft"] - named["eyeLookOutLeft"] + named["eyeLookOutRight"] - named["eyeLookInRight"]
        pitch = named["eyeLookUpLeft"] + named["eyeLookUpRight"] - named["eyeLookDownLeft"] - named["eyeLookDownRight"]
        return np.stack([yaw, pitch], 1) / 2

    @property
    def blink(self) -> np.ndarray:
        """[T]: the larger of the two blink blendshapes."""
        return self.eyes[:, -2:].max(1)


def reference(shared: Path, path: Path, folder: Path) -> Reference:
    """The landmarker on every frame of `path`, framed by a border of a quarter of its longer side; kept in `folder`."""
    kept = folder / f"{path.stem}.{path.stat().st_size}.reference.npz"
    if not kept.exists():
        pose, eyes = _measure(shared / "weights" / TASK, path)
        folder.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial.npz")
        np.savez(partial, pose=pose, eyes=eyes)
        partial.replace(kept)
    with np.load(kept) as arrays:
        return Reference(arrays["pose"], arrays["eyes"])


def _measure(task: Path, path: Path) -> tuple[np.ndarray, np.ndarray]:
    import mediapipe
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(task)),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
        num_faces=1,
    )
    poses, eyes = [], []
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for image in frames_of(path):
            border = max(image.shape[:2]) // 4
            image = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT)
            seen = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image))
            if seen.face_landmarks:
                scores = {shape.category_name: shape.score for shape in seen.face_blendshapes[0]}
                poses.append(pose_of(np.array(seen.facial_transformation_matrixes[0], np.float64)))
                eyes.append([scores[name] for name in (*EYES, *BLINKS)])
            else:
                poses.append(np.full(3, np.nan))
                eyes.append([np.nan] * len((*EYES, *BLINKS)))
    return np.array(poses), np.array(eyes)


def pose_of(matrix: np.ndarray) -> np.ndarray:
    """(pitch, yaw, roll) in our camera frame of the landmarker's matrix [4, 4] (x right, y up, z to the viewer)."""
    rotation = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0, keepdims=True)
    turn = np.diag([1.0, -1.0, -1.0])
    return angles((turn @ rotation @ turn)[None])[0]
