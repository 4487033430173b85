"""The face latent model: frames a second of its encoders and its decoder, each beside the same networks run bare.

encode: the call of stage latents on crops, and the whole stage with the making of these crops. decode: drawing one
person in many motions to 8-bit pictures; the person is computed once. Both in batches of 32 (on a CPU `base` 4,
`paper` 1), weights random but for `tiny`'s. Then what a person costs, once a portrait, and ms a frame one by one, as
live video needs it: fp32 and bf16, eager and compiled, and eager in other sizes with detail. Goals: at least
0.9 of bare; of `tiny` a frame of 384 pixels in under 20 ms and one of 512 in under 35 on two cores.

    python benchmarks/faces.py [--presets tiny base] [--threads 2] [--no-compiled] [--clip FILE]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import cv2
import torch
import tyro

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.labelling.findings import table
from benchmarks.networks.case import PREPARE, About, Case, Measured, measure
from benchmarks.networks.faces import looped
from benchmarks.networks.latents import encoders
from benchmarks.networks.material import Material, material
from models.face.checkpoint import load_model
from models.face.layers import resized
from models.face.model import FaceModel, Motion, Person
from models.face.presets import PRESETS, Preset
from models.runtime.device import device as default_device
from models.weights.registry import weights
from pipeline.faces.detail import margin_of
from pipeline.faces.driving import Drive
from pipeline.machine import machine, versions
from stages.labels.latents import FaceLatents
from tests.made import random_face

LEAST = 0.9
_ON_GPU = 32
_ON_CPU = {"tiny": 32, "base": 4, "paper": 1}
"""Frames of a batch."""
_LOOKS = {"tiny": 20, "base": 5, "paper": 2}
"""Frames drawn one by one in a timing."""
SIZES = (256, 384, 512)
MOST_MS = {"tiny.picture of 384, fp32, eager": 20.0, "tiny.picture of 512, fp32, eager": 35.0}
"""On a CPU."""
HEAD = ("preset", "what", "batch", "bare/s", "ours/s", "ours/bare")


@dataclass(frozen=True)
class Faces:
    """Measure the face latent model."""

    presets: tuple[str, ...] = tuple(PRESETS)
    """Of tiny, base and paper."""
    rounds: int = 5
    """Times all is repeated in turn; the median counts."""
    threads: int = 2
    """Of PyTorch on a CPU."""
    compiled: bool = True
    """Also compile, which takes minutes and a C++ compiler."""
    clip: Path | None = None
    """A file for the tracked clip; read where it is there, else written, for machines without the sample footage."""


def main(args: Faces) -> int:
    """Two tables, then one line of JSON. 0, or 1 when a goal is missed."""
    torch.set_num_threads(args.threads)
    device, shown = default_device(), material(args.clip)
    rows, ratios, single = [], {}, []
    for name in args.presets:
        with tempfile.TemporaryDirectory() as folder:
            path = weights("face_tiny").path() if name == "tiny" else random_face.write(Path(folder) / "face", name)
            encode = measure(_encode(shown, name, path, device), args.rounds)
            model = load_model(path).to(device)
        decode = measure(_decode(model, device), args.rounds)
        found = {"encode": _rates(encode), "whole stage": _staged(encode), "decode": _rates(decode)}
        for what, (bare, ours) in found.items():
            rows.append((name, what, _batch(name, device), bare, ours, ours / bare))
            ratios[f"{name}.{what}"] = round(ours / bare, 3)
        single += [(name, what, ms) for what, ms in _one_by_one(model, device, args)]
        print(f"{name}: measured", file=sys.stderr, flush=True)
    print("\n".join(table(HEAD, rows)) + "\n")
    print("\n".join(table(("preset", "one by one", "ms"), single)) + "\n")
    missed = [name for name, ratio in ratios.items() if ratio < LEAST]
    took = {f"{name}.{what}": ms for name, what, ms in single}
    missed += [name for name, most in MOST_MS.items() if device.type == "cpu" and took.get(name, 0.0) > most]
    line = {
        "name": "faces",
        "frames_per_second": {f"{name}.{what}": round(ours, 2) for name, what, _, _, ours, _ in rows},
        "ratios": ratios,
        "ms": {name: round(ms, 2) for name, ms in took.items()},
        "goal": f">= {LEAST} of bare; " + ", ".join(f"{name} <= {most:g} ms" for name, most in MOST_MS.items()),
        "missed": missed,
        "limit": "the same networks on the same frames as prepared float numbers, nothing else, in the same run",
        "threads": args.threads,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "machine": machine(),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 1 if missed else 0


def _encode(shown: Material, name: str, path: Path, device: torch.device) -> Case:
    stage = FaceLatents().with_checkpoint(path)
    track = shown.clip.tracked()
    if len(track.crops[0]) < stage.size:
        shown = _enlarged(shown, stage.size)
    return encoders(shown, stage, path, device, _batch(name, device))


def _batch(name: str, device: torch.device) -> int:
    return _ON_GPU if device.type == "cuda" else _ON_CPU[name]


def _rates(found: Measured) -> tuple[float, float]:
    """Frames a second, bare and ours."""
    bare = found.seconds("bare")
    assert bare is not None
    return 1 / bare, found.rate


def _staged(found: Measured) -> tuple[float, float]:
    """Frames a second, bare, and of our call with the making of its items, on the same cores one after the other."""
    bare, _ = _rates(found)
    prepared = (found.seconds(PREPARE) or 0.0) / found.about.per_minute
    return bare, 1 / (1 / found.rate + prepared)


def _decode(model: FaceModel, device: torch.device) -> Case:
    drive, preset = Drive(model, device), model.preset
    count = _batch(preset.name, device)
    person, motion = _somebody(model, device), _motion(preset, count, device)
    many = person.times(count)

    def bare(_: torch.Tensor) -> torch.Tensor:
        return model.driven(many, motion)

    return Case(
        About(item=f"picture of {preset.size} x {preset.size}", batch=count, at_once=count, per_minute=1500),
        ours=lambda: drive.draw(person, motion),
        bare=looped(bare, [motion.pose], device),
    )


def _one_by_one(model: FaceModel, device: torch.device, args: Faces) -> Iterator[tuple[str, float]]:
    """ms of a person, and of a picture by precision and by how the networks are run."""
    preset, model = model.preset, Drive(model, device).model
    picture, motion = _picture(preset, device), _motion(preset, 1, device)
    person = _somebody(model, device)
    with torch.inference_mode():
        yield "person, fp32", _ms(lambda: model.person(picture, motion), args.rounds, 1, device)
        for size in SIZES:
            if size != preset.size:
                larger = _somebody(model, device, size)
                yield (
                    f"picture of {size}, fp32, eager",
                    _ms(lambda larger=larger: model.driven(larger, motion), args.rounds, _LOOKS[preset.name], device),  # type: ignore[misc]
                )
        runs: dict[str, Callable[[Person, Motion], torch.Tensor]] = {"eager": model.driven}
        if args.compiled:
            runs["compiled"] = torch.compile(model.driven, dynamic=False)
        for how, run in runs.items():
            for precision in ("fp32", "bf16"):
                with _precision(precision, device):
                    yield (
                        f"picture, {precision}, {how}",
                        _ms(lambda run=run: run(person, motion), args.rounds, _LOOKS[preset.name], device),  # type: ignore[misc]
                    )


def _ms(work: Callable[[], object], rounds: int, times: int, device: torch.device) -> float:
    """The median over rounds of one run, after two that do not count."""
    found = []
    for place in range(-2, rounds):
        start = time.perf_counter()
        for _ in range(times if place >= 0 else 1):
            work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append((time.perf_counter() - start) / times * 1e3)
    return median(found[2:])


@contextmanager
def _precision(name: str, device: torch.device) -> Iterator[None]:
    with torch.autocast(device.type, torch.bfloat16, enabled=name == "bf16"):
        yield


def _picture(preset: Preset, device: torch.device) -> torch.Tensor:
    return torch.rand(1, 3, preset.size, preset.size, generator=torch.Generator().manual_seed(0)).to(device)


def _motion(preset: Preset, count: int, device: torch.device) -> Motion:
    random = torch.Generator().manual_seed(1)
    pose = torch.randn(count, 6, generator=random) * torch.tensor([5, 10, 5, 0.02, 0.02, 0.02])
    pose[:, 5] += 1
    return Motion(pose.to(device), 0.3 * torch.randn(count, preset.dynamics, generator=random).to(device))


def _somebody(model: FaceModel, device: torch.device, size: int | None = None) -> Person:
    """A person, drawn at the preset's size or at another, with a margin then as portraits have it."""
    picture, motion = _picture(model.preset, device), _motion(model.preset, 1, device)
    margin = 0 if size is None else margin_of(size)
    detailed = None if size is None else resized(picture, size + 2 * margin, "bicubic")
    with torch.inference_mode():
        return model.person(picture, motion, detailed, margin)


def _enlarged(shown: Material, size: int) -> Material:
    """The same clip with crops as large as the preset's, as `track.size` would make them."""
    track = shown.clip.tracked()
    crops = tuple(cv2.resize(crop, (size, size), interpolation=cv2.INTER_LINEAR) for crop in track.crops)
    return replace(shown, clip=replace(shown.clip, track=replace(track, crops=crops)))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Faces, description=__doc__, config=(tyro.conf.FlagCreatePairsOff,))))
