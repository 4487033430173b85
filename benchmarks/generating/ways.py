"""One window of motion in several ways, from the plainest on, each with what the one before does.

All begin with the same noise and conditions; three branches: under all conditions, without sound, without gaze.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from benchmarks.generating.plain import GUIDANCE, in_one_batch, one_by_one
from models.motion.blocks import Block
from models.motion.conditions import Conditions
from models.motion.guidance import Guidance, guided
from models.motion.model import MotionModel
from models.motion.network import MotionTransformer
from models.motion.numbers import Numbers, held_in
from models.motion.prepared import Prepared
from models.motion.presets import MotionPreset
from models.motion.sampler import Predictor, ddim
from models.motion.space import MotionSpace
from models.runtime.precision import chosen

SPACE = MotionSpace(dynamics=32, audio=384, emotion=8)
EVERY = {50: 5, 10: 3}
"""At which steps guidance is calculated, by the number of steps, where it is held."""


@dataclass(frozen=True)
class Way:
    """draw: a window's motion [1, W, D]. tokens: of all branches, at each step. network: whose blocks multiply."""

    name: str
    draw: Callable[[], torch.Tensor]
    tokens: tuple[int, ...]
    network: MotionTransformer

    @property
    def operations(self) -> float:
        """Of the multiplications by the blocks' weights; a product and a sum are two."""
        return sum(24.0 * count * width**2 for count in self.tokens for width in _widths(self.network))


def random_model(preset: MotionPreset) -> MotionModel:
    """A preset with random weights, also where training begins with zeros."""
    torch.manual_seed(0)
    model = MotionModel(preset, SPACE)
    for value in model.network.parameters():
        if not value.any():
            nn.init.normal_(value, std=0.02)
    return model.eval().requires_grad_(False)


def somebody(model: MotionModel) -> Conditions:
    """Conditions of one window, of random numbers; nothing is empty but emotion, as by default."""
    random, said = torch.Generator().manual_seed(1), Conditions.empty(model.space, model.preset, 1)
    parts = ("audio", "previous_motion", "previous_audio", "gaze", "distance")
    numbers = {part: torch.randn(getattr(said, part).shape, generator=random) for part in parts}
    there = {f"has_{name}": torch.ones_like(said.has(name)) for name in ("audio", "gaze", "distance", "previous")}
    return replace(said, **numbers, **there)


def ways(model: MotionModel, steps: int, compiled: bool) -> list[Way]:
    """compiled: also through PyTorch's compiler, which takes minutes."""
    network, said = model.network, somebody(model)
    times = model.schedule.times(steps)[:-1]
    noise = torch.randn(1, model.preset.window, model.space.motion, generator=torch.Generator().manual_seed(2))
    length = model.preset.previous + model.preset.window

    def sampled(predict: Predictor) -> torch.Tensor:
        with torch.inference_mode():
            return ddim(predict, noise, model.schedule, steps)

    def prepared(network: MotionTransformer, guidance: Guidance) -> torch.Tensor:
        with torch.inference_mode():
            return sampled(guided(lambda said: Prepared.of(network, said, times), said, guidance))

    def added(name: str, numbers: Numbers, every: int, source: MotionTransformer = network) -> Way:
        held, guidance = held_in(source, numbers), replace(GUIDANCE, every=every)
        tokens = tuple(length * (1 if step % every else 3) for step in range(steps))
        return Way(name, lambda: prepared(held, guidance), tokens, held)

    whole = steps * (3 * length,)
    found = [
        Way("plain: three forwards", lambda: sampled(one_by_one(network, said, times)), whole, network),
        Way("one batch", lambda: sampled(in_one_batch(network, said, times)), whole, network),
        added("told once", "fp32", 1),
    ]
    if compiled:
        found.append(added("compiled", "fp32", 1, compiled_copy(network)))
    if chosen("auto", torch.device("cpu")) == "bf16":
        found.append(added("bf16", "bf16", 1))
    every = EVERY.get(steps, 1)
    found.append(added("told once, int8", "int8", 1))
    found.append(added(f"told once, guided every {every}", "fp32", every))
    return [*found, added(f"told once, int8, guided every {every}", "int8", every)]


def compiled_copy(network: MotionTransformer) -> MotionTransformer:
    """The network, whose streams go through PyTorch's compiler; weights are shared."""
    copy = MotionTransformer(network.preset, SPACE).eval().requires_grad_(False)
    copy.load_state_dict(network.state_dict(), assign=True)
    for stream in (copy.face, copy.head):
        if stream is not None:
            stream.predicted = torch.compile(stream.predicted, dynamic=False)  # type: ignore[method-assign]
    return copy


def multiplications(way: Way, tokens: int) -> Callable[[], None]:
    """The bare multiplications of a step by the blocks' weights, in this way's numbers and shapes."""
    blocks, widths = _blocks(way.network), _widths(way.network)
    inputs = {side: torch.randn(tokens, side) for width in widths for side in (width, 4 * width)}

    def multiply() -> None:
        with torch.inference_mode():
            for block, width in zip(blocks, widths, strict=True):
                for layer in (block.qkv, block.out, block.perceptron[0]):
                    layer(inputs[width])
                block.perceptron[2](inputs[4 * width])

    return multiply


def _blocks(network: MotionTransformer) -> list[Block]:
    return [block for block in network.modules() if isinstance(block, Block)]


def _widths(network: MotionTransformer) -> list[int]:
    return [block.modulation.in_features for block in _blocks(network)]
