"""The networks of profile `open`, for comparison. LiteRT's bare loop: copy a float picture in, run, copy answers out.

They run on the CPU wherever the others run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.networks.case import About, Case, Work
from benchmarks.networks.detectors import SCREENED, TRACKED
from benchmarks.networks.material import MINUTE, Material
from models.runtime.image import cut, letterbox
from models.runtime.litert import LiteRT
from stages.clip import FPS

_CROPS = 25
"""Frames of one call."""


def blazeface_full(material: Material, folder: Path, device: torch.device) -> Case:
    from models.detection.blazeface import FaceDetector

    return _blazeface(material, FaceDetector()._full, TRACKED + SCREENED / 2, "")


def blazeface_short(material: Material, folder: Path, device: torch.device) -> Case:
    from models.detection.blazeface import FaceDetector

    note = "asked of key frames, and where the full range does not surely see the followed face"
    return _blazeface(material, FaceDetector()._short, SCREENED / 2, note)


def _blazeface(material: Material, one: object, per_minute: float, note: str) -> Case:
    net, size, pad = one._net, one._size, one._pad  # type: ignore[attr-defined]
    patch, _ = letterbox(material.frame, size, pad)
    return Case(
        About(
            item=f"look at a frame at {size} x {size}",
            batch=1,
            at_once=1,
            per_minute=per_minute,
            note=note,
        ),
        ours=lambda: one(material.frame, 0.5),  # type: ignore[operator]
        bare=interpreted(net, [patch / np.float32(127.5) - 1]),
    )


def face_mesh(material: Material, folder: Path, device: torch.device) -> Case:
    from models.landmarks.face_mesh import SIZE, FaceMesh, region_of

    model, track = FaceMesh(), material.clip.tracked()
    looks = [(track.crops[i], region_of(track.crop_landmarks(i))) for i in range(_CROPS)]
    patches = [cut(image, matrix, SIZE) / np.float32(255) for image, matrix in looks]
    return Case(
        About(
            item=f"look at a face at {SIZE} x {SIZE}",
            batch=len(looks),
            at_once=1,
            per_minute=MINUTE * FPS,
            note="a turned head takes two looks a frame",
        ),
        ours=lambda: [model.one(image, matrix, mirrored=False) for image, matrix in looks],
        bare=interpreted(model._net, patches),
    )


def iris(material: Material, folder: Path, device: torch.device) -> Case:
    from models.landmarks.iris import SIZE, Iris
    from stages.labels.gaze import Gaze
    from stages.labels.gaze_directions import sampled_frames

    model, track = Iris(), material.clip.tracked()
    faces = [(track.crops[i], track.crop_landmarks(i)) for i in range(_CROPS)]
    eyes = np.random.default_rng(0).random((2 * len(faces), SIZE, SIZE, 3), np.float32)
    return Case(
        About(
            item=f"face, two eyes at {SIZE} x {SIZE}",
            batch=len(faces),
            at_once=1,
            per_minute=len(sampled_frames(MINUTE * FPS, Gaze().every)),
        ),
        ours=lambda: [model(image, points) for image, points in faces],
        bare=interpreted(model._net, list(eyes)),
    )


def fer(material: Material, folder: Path, device: torch.device) -> Case:
    from models.emotion.fer import SIZE, FerEmotion
    from stages.labels.aligned import face_square
    from stages.labels.emotion import Emotion

    model, stage, track = FerEmotion(), Emotion(), material.minute().tracked()
    frames = range(0, len(track.times), round(FPS / stage.per_second))

    def squares() -> list[np.ndarray]:
        faces = [face_square(track, i, stage.scale, SIZE, stage.lift) for i in frames]
        return [view for face in faces for view in (face, face[:, ::-1])]

    views = squares()
    grey = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)[..., None] / np.float32(127.5) - 1 for view in views]
    return Case(
        About(
            item=f"face at {SIZE} x {SIZE}",
            batch=len(views),
            at_once=1,
            per_minute=len(views),
            note="each face is looked at twice, as it is and mirrored",
        ),
        ours=lambda: [model(view) for view in views],
        bare=interpreted(model._net, grey),
        prepare=squares,
    )


def dlib(material: Material, folder: Path, device: torch.device) -> Case:
    from models.recognition.face_recognition import SIZE, FaceRecognition
    from stages.labels.identity import Identity
    from stages.labels.identity_frames import beside_jump, frontal_frames

    model, stage, track = FaceRecognition(), Identity(), material.minute().tracked()
    frames = frontal_frames(track, stage.looks)
    faces = [(track.crops[i], track.crop_landmarks(i)) for i in frames]
    face = np.random.default_rng(0).random((1, 3, SIZE, SIZE), np.float32)
    return Case(
        About(
            item=f"face at {SIZE} x {SIZE}",
            batch=len(faces),
            at_once=1,
            per_minute=len(faces),
        ),
        ours=lambda: [model(image, points) for image, points in faces],
        bare=lambda: [model._session.run(None, {"face": face}) for _ in faces],
        search=lambda: (frontal_frames(track, stage.looks), beside_jump(track, stage.jump)),
    )


def interpreted(net: LiteRT, pictures: Sequence[np.ndarray]) -> Work:
    """The bare loop over float pictures [S, S, C] in the network's own range."""
    interpreter = net._interpreter
    inputs = [np.ascontiguousarray(picture[None], np.float32) for picture in pictures]

    def run() -> None:
        for picture in inputs:
            interpreter.set_tensor(net._input, picture)
            interpreter.invoke()
            for index in net._outputs:
                interpreter.get_tensor(index)

    return run
