"""The paper's networks for faces: quality, gaze, distance, emotion and identity.

The networks made ready for speed are private to their labellers; the bare loop needs the very same objects, so it
reaches for them here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnxruntime
import torch
from torch import nn

from benchmarks.networks.case import About, Case, Skipped, Work
from benchmarks.networks.material import Material
from models.runtime.checkpoint import load_into
from models.runtime.resnet import normalised

Net = TypeVar("Net", bound=nn.Module)

_FOLDED = "bare: the network as we run it, its batch norms folded into the convolutions"
_ON_CPU = {"quality": 1, "gaze": 8, "distance": 16, "emotion": 32, "identity": 13}
"""Items of one call on a CPU, where larger batches only take longer."""


def hyperiqa(material: Material, folder: Path, device: torch.device) -> Case:
    from models.quality.hyperiqa import CROP, HyperIQA, HyperNet, crop_corners
    from stages.labels.hyperiqa import HyperIqaQuality
    from tests.made import random_hyperiqa

    stage, minute = HyperIqaQuality(), material.minute()
    path = random_hyperiqa.write(folder / "koniq_pretrained.pkl")
    model = HyperIQA(path, device, stage.crops)
    pictures = _arrays(stage.items(minute))
    items = batch(pictures, stage.name, stage.batch, device)
    whole = normalised(items, device)
    crops = torch.stack(
        [
            whole[i, :, y : y + CROP, x : x + CROP]
            for i, item in enumerate(items)
            for y, x in crop_corners(item, stage.crops)
        ]
    )
    parts = crops.contiguous(memory_format=torch.channels_last).split(model._at_once)
    plain = published(HyperNet(), path, device)

    def judged(part: torch.Tensor) -> torch.Tensor:
        with half(device):
            local, shown = plain.res.views(part)
        return plain.judge(local.float(), plain.conv1(shown.float()))

    return Case(
        About(
            item=f"picture of {stage.crops} crops of {CROP} x {CROP}",
            batch=len(items),
            at_once=len(parts[0]),
            per_minute=len(pictures),
            stage="quality=hyperiqa",
            note=_FOLDED,
        ),
        ours=lambda: model(items),
        bare=looped(model._score, parts, device),
        published=looped(judged, crops.contiguous().split(model._at_once), device),
        prepare=lambda: stage.items(minute),
    )


def l2cs(material: Material, folder: Path, device: torch.device) -> Case:
    from models.gaze.l2cs import L2CS, SIZE, L2CSNet, angles
    from stages.labels.l2cs import L2csGaze
    from tests.made import random_l2cs

    stage, minute = L2csGaze(), material.minute()
    path = random_l2cs.write(folder / "L2CSNet_gaze360.pkl")
    model = L2CS(path, device)
    faces = stage.items(minute)
    items = batch(faces, stage.name, stage.batch, device)
    size = (SIZE, SIZE)
    large = nn.functional.interpolate(normalised(items, device), size, mode="bilinear")
    parts = large.contiguous(memory_format=torch.channels_last).split(_at_once(len(items), device, 4))
    plain = published(L2CSNet(), path, device)

    def looks(net: L2CSNet) -> Callable[[torch.Tensor], torch.Tensor]:
        def look(part: torch.Tensor) -> torch.Tensor:
            with half(device):
                features = net(part)
            return angles(*net.heads(features.float()))

        return look

    return Case(
        About(
            item=f"face at {SIZE} x {SIZE}",
            batch=len(items),
            at_once=len(parts[0]),
            per_minute=len(faces),
            stage="gaze=l2cs",
            note=_FOLDED,
        ),
        ours=lambda: model(items),
        bare=looped(looks(model._net), parts, device),
        published=looped(looks(plain), large.contiguous().split(len(parts[0])), device),
        prepare=lambda: stage.items(minute),
    )


def deep3d(material: Material, folder: Path, device: torch.device) -> Case:
    from models.landmarks.deep3d import _CPU_FACES, _INSIDE, Deep3D, ReconNet
    from models.landmarks.five_points import SIZE
    from stages.labels.deep3d import Deep3dDistance
    from tests.made import random_deep3d

    stage, minute = Deep3dDistance(), material.minute()
    path = random_deep3d.write(folder / "epoch_20.pth")
    model = Deep3D(path, device)
    faces = stage.items(minute)
    items = batch(faces, stage.name, stage.batch, device)
    pixels = torch.from_numpy(np.stack(items)).to(device).permute(0, 3, 1, 2).float() / 255
    parts = pixels.contiguous(memory_format=torch.channels_last).split(_at_once(len(items), device, _CPU_FACES))
    plain = published(ReconNet(), path, device, _INSIDE)
    return Case(
        About(
            item=f"face at {SIZE} x {SIZE}",
            batch=len(items),
            at_once=len(parts[0]),
            per_minute=len(faces),
            stage="distance=deep3d",
            note=_FOLDED,
        ),
        ours=lambda: model(items),
        bare=looped(model._net, parts, device),
        published=looped(plain, pixels.contiguous().split(len(parts[0])), device),
        prepare=lambda: stage.items(minute),
    )


def hsemotion(material: Material, folder: Path, device: torch.device) -> Case:
    from models.emotion.hsemotion import SIZES, HSEmotion
    from stages.labels.hsemotion import HsEmotion
    from tests.made import random_hsemotion

    stage, minute = HsEmotion(), material.minute()
    model = HSEmotion(random_hsemotion.write(folder / "enet_b0_8_va_mtl.onnx"), device)
    faces = stage.items(minute)
    items = batch(faces, stage.name, stage.batch, device)
    prepared = normalised(items, torch.device("cpu")).contiguous().numpy()
    session = on_device(model._recogniser.ort_session, device)
    size = SIZES[stage.network]
    return Case(
        About(
            item=f"face at {size} x {size}",
            batch=len(items),
            at_once=len(items),
            per_minute=len(faces),
            stage="emotion=hsemotion",
        ),
        ours=lambda: model(items),
        bare=lambda: session.run(None, {session.get_inputs()[0].name: prepared}),
        prepare=lambda: stage.items(minute),
    )


def arcface(material: Material, folder: Path, device: torch.device) -> Case:
    from models.recognition.arcface import SIZE, ArcFace, aligned
    from stages.labels.arcface import ArcFaceIdentity
    from stages.labels.identity_frames import beside_jump, frontal_frames
    from tests.made import random_arcface

    stage, minute = ArcFaceIdentity(), material.minute()
    track = minute.tracked()
    model = ArcFace(random_arcface.write(folder / "w600k_r50.onnx"), device)
    frames = frontal_frames(track, stage.looks)
    faces = [aligned(track.crops[i], track.crop_landmarks(i)) for i in frames]
    items = batch(faces, stage.name, stage.batch, device)
    prepared = np.stack(items)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    prepared = np.ascontiguousarray(prepared)
    session = on_device(model._net.session, device)
    return Case(
        About(
            item=f"face at {SIZE} x {SIZE}",
            batch=len(items),
            at_once=len(items),
            per_minute=len(faces),
            stage="identity=arcface",
            note="search: for a face that was replaced, in all frames; no preprocessing, so not in the share",
        ),
        ours=lambda: model(items),
        bare=lambda: session.run(None, {session.get_inputs()[0].name: prepared}),
        prepare=lambda: [aligned(track.crops[i], track.crop_landmarks(i)) for i in frames],
        search=lambda: (frontal_frames(track, stage.looks), beside_jump(track, stage.jump)),
    )


def batch(items: Sequence[np.ndarray], stage: str, most: int, device: torch.device) -> list[np.ndarray]:
    """A full batch of items, some of them several times: the stage's on a GPU, a small one on a CPU."""
    count = most if device.type == "cuda" else _ON_CPU[stage]
    return [items[i % len(items)] for i in range(count)]


def published(net: Net, path: Path, device: torch.device, inside: Sequence[str] = ()) -> Net:
    """The network as its file has it, nothing folded."""
    load_into(net, path, inside)
    return net.to(device)


def on_device(session: onnxruntime.InferenceSession, device: torch.device) -> onnxruntime.InferenceSession:
    """The session. Raises Skipped where it should run on a GPU and does not: its figures would be the CPU's."""
    if device.type == "cuda" and "CUDAExecutionProvider" not in session.get_providers():
        raise Skipped("this onnxruntime runs on the CPU alone; for the GPU: pip install onnxruntime-gpu")
    return session


def half(device: torch.device) -> torch.autocast:
    """Half precision on a GPU, as the labellers of quality and gaze run their trunk."""
    return torch.autocast("cuda", torch.float16, enabled=device.type == "cuda")


def looped(network: Callable[[torch.Tensor], object], parts: Sequence[torch.Tensor], device: torch.device) -> Work:
    """The bare loop: `network` on each part, to its end."""

    def run() -> None:
        with torch.inference_mode():
            for part in parts:
                network(part)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return run


def _at_once(count: int, device: torch.device, on_cpu: int) -> int:
    return count if device.type == "cuda" else min(on_cpu, count)


def _arrays(items: object) -> list[np.ndarray]:
    assert isinstance(items, list), "the sample clip shows a face"
    return items
