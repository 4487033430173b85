"""The face detectors of the tracker, one look at one frame each."""

from __future__ import annotations

from pathlib import Path

import cv2
import torch

from benchmarks.networks.case import About, Case, Skipped
from benchmarks.networks.faces import on_device
from benchmarks.networks.material import MINUTE, Material
from benchmarks.networks.scrfd_10g import write
from models.runtime.image import letterbox
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
    from models.detection.scrfd import SIZE, Scrfd
    from stages.tracking.detection import DetectorNetwork

    network, stage = Scrfd(path, device), DetectorNetwork("scrfd")
    batch = 1 if device.type == "cpu" else stage.batch
    pictures = [letterbox(material.frame, SIZE)[0]] * batch
    prepared = cv2.dnn.blobFromImages(pictures, 1 / 128, mean=(127.5,) * 3)
    session = on_device(network._session if batch == 1 else network._many, device)
    looks = TRACKED + SCREENED
    return Case(
        About(
            item=f"look at a frame at {SIZE} x {SIZE}",
            batch=batch,
            at_once=batch,
            per_minute=looks,
            stage=f"{stage.name}={stage.variant}" if path != REAL else None,
            note=note,
        ),
        ours=lambda: network(pictures),
        bare=lambda: session.run(None, {session.get_inputs()[0].name: prepared}),
        prepare=lambda: [letterbox(material.frame, SIZE) for _ in range(round(looks))],
    )
