"""The face detectors of the tracker, one look at one frame each."""

from __future__ import annotations

from pathlib import Path

import cv2
import torch

from benchmarks.networks.case import About, Case, Skipped
from benchmarks.networks.faces import on_device
from benchmarks.networks.material import MINUTE, Material
from benchmarks.networks.scrfd_10g import write
from models.image import letterbox
from stages.clip import FPS

REAL = Path(__file__).resolve().parents[3] / "shared" / "weights" / "scrfd_2.5g_kps.onnx"

TRACKED = FPS * MINUTE / 12
"""Looks of one minute of video while it is tracked: every twelfth frame, once where the followed face is seen."""

SCREENED = 8 * 2
"""Looks of one clip before that: eight key frames, twice each."""


def scrfd(material: Material, folder: Path, device: torch.device) -> Case:
    return _scrfd(material, write(folder / "det_10g.onnx"), device, "SCRFD-10G, random weights")


def scrfd_small(material: Material, folder: Path, device: torch.device) -> Case:
    if not REAL.exists():
        raise Skipped(f"{REAL} is not there")
    return _scrfd(material, REAL, device, "the published scrfd_2.5g_kps.onnx")


def _scrfd(material: Material, path: Path, device: torch.device, note: str) -> Case:
    from models.scrfd import SIZE, FaceDetector

    detector = FaceDetector(path, device)
    patch, _ = letterbox(material.frame, SIZE)
    prepared = cv2.dnn.blobFromImage(patch, 1 / 128, mean=(127.5,) * 3)
    session = on_device(detector._net.session, device)
    return Case(
        About(
            item=f"look at a frame at {SIZE} x {SIZE}",
            batch=1,
            at_once=1,
            per_minute=TRACKED + SCREENED,
            note=note,
        ),
        ours=lambda: detector(material.frame, enough=lambda _: True),
        bare=lambda: session.run(None, {session.get_inputs()[0].name: prepared}),
    )
