"""How far motion that is drawn quickly is from what the plain way draws of the same noise: of a trained file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from models.motion.checkpoint import load_model
from models.motion.generation import Sampling, generate
from models.motion.guidance import Guidance
from models.runtime.precision import chosen
from models.speech.whisper import WhisperFeatures
from models.weights.registry import weights
from stages.video.pyav import read_header
from stages.video.sound import read_sound

HEAD = ("drawn with", "apart", "velocity apart", "second differences", "guided every")


def quick(steps: int, every: int) -> dict[str, Sampling]:
    """Samplings by name, the plain one first; bfloat16 only where it is not emulated."""
    has_bf16 = chosen("auto", torch.device("cpu")) == "bf16"
    held = replace(Guidance(), every=every)
    return {
        "fp32": Sampling(steps=steps),
        **({"bf16": Sampling(steps=steps, precision="bf16")} if has_bf16 else {}),
        "int8": Sampling(steps=steps, precision="int8"),
        "fp32, held": Sampling(held, steps=steps),
        "int8, held": Sampling(held, steps=steps, precision="int8"),
    }


def distances(checkpoint: Path, sound: Path, steps: int, every: int) -> Iterator[tuple[str, float, float, float, int]]:
    """Rows of HEAD for a motion checkpoint of Whisper's features and a file with speech.

    apart, velocity apart: root mean square of the difference, of frames and of steps from frame to frame, in deviations
    of the training. second differences: their mean size over the plain motion's.
    """
    model = load_model(checkpoint)
    features = WhisperFeatures(weights("whisper_tiny_en").path(), torch.device("cpu"))
    header = read_header(str(sound))
    heard = read_sound(str(sound), header, 0.0, header.duration)
    assert heard is not None
    audio = torch.from_numpy(features([heard[: len(heard) // 640 * 640]])[0])
    plain = None
    for name, sampling in quick(steps, every).items():
        motion = model.statistics.motion(torch.cat(list(generate(model, [audio], sampling=sampling))))
        plain = motion if plain is None else plain
        error = motion - plain
        yield (
            name,
            _size(error),
            _size(error.diff(dim=0)),
            (motion.diff(n=2, dim=0).abs().mean() / plain.diff(n=2, dim=0).abs().mean()).item(),
            sampling.guidance.every,
        )


def _size(values: torch.Tensor) -> float:
    return values.square().mean().sqrt().item()
