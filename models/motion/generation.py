"""Motion as long as its sound: window after window, each told how the one before ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import torch

from models.motion.conditions import Conditions
from models.motion.guidance import Guidance, guided
from models.motion.model import MotionModel
from models.motion.network import MotionTransformer
from models.motion.numbers import Numbers, held_in
from models.motion.prepared import Prepared
from models.motion.sampler import ddim
from models.motion.windows import crossfade, windows


@dataclass(frozen=True)
class Controls:
    """What is asked of a window; None leaves a condition empty. Defaults are the paper's.

    gaze: (theta, phi) in degrees. distance: over the mean of the training. emotion: the coefficients of `MotionSpace`.
    """

    gaze: tuple[float, float] | None = (0.0, 0.0)
    distance: float | None = 1.0
    emotion: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Sampling:
    """How windows are drawn. steps: of the sampler. overlap: frames that two windows share, and fade into each other.
    precision: of the network's blocks."""

    guidance: Guidance = Guidance()
    steps: int = 50
    overlap: int = 5
    precision: Numbers = "fp32"


@dataclass(frozen=True)
class _Past:
    """X_pre [K, D] and A_pre [K, A], standardised."""

    motion: torch.Tensor
    audio: torch.Tensor


def generate(
    model: MotionModel,
    audio: Iterable[torch.Tensor],
    controls: Callable[[int], Controls] = lambda frame: Controls(),
    sampling: Sampling = Sampling(),
    seed: int = 0,
) -> Iterator[torch.Tensor]:
    """Motions [n, D] one after the other, a frame for each of the sound's, in the units that `statistics` were fitted
    in; equal seeds give equal motion.

    audio: blocks [n, A] of features, of any lengths; a block can be the whole. What is kept of them does not grow with
    time. controls: what is asked of the window that begins at a frame. Where sound ends within a window, the rest of it
    is drawn without and not given. Raises ValueError where a window is too short for its overlap and X_pre.
    """
    window, previous, overlap = model.preset.window, model.preset.previous, sampling.overlap
    if not 0 <= overlap <= window - max(previous, 1):
        raise ValueError(
            f"an overlap of {overlap} frames; windows of {window} which are told {previous} frames of the last allow 0 "
            f"to {window - max(previous, 1)}"
        )
    return _frames(model, audio, controls, sampling, torch.Generator().manual_seed(seed))


def _frames(
    model: MotionModel,
    audio: Iterable[torch.Tensor],
    controls: Callable[[int], Controls],
    sampling: Sampling,
    random: torch.Generator,
) -> Iterator[torch.Tensor]:
    overlap, previous = sampling.overlap, model.preset.previous
    past: _Past | None = None
    fading: torch.Tensor | None = None
    start = 0
    network = held_in(model.network, sampling.precision)
    for block in windows(audio, model.preset.window, overlap):
        noise = torch.randn(1, model.preset.window, model.space.motion, generator=random)
        heard = model.statistics.audio(block.to(model.statistics.audio.mean))
        said = _conditions(model, heard, past, controls(start))
        drawn = _drawn(model, network, said, noise, sampling)[: len(heard)]
        if fading is not None:
            drawn = torch.cat([crossfade(fading, drawn[:overlap]), drawn[overlap:]])
        done = max(len(drawn) - overlap, 0)
        ready, fading = drawn[:done], drawn[done:]
        past = _Past(ready[done - previous :], heard[done - previous : done])
        start += done
        if done:
            yield model.statistics.motion.inverse(ready)
    if fading is not None and len(fading):
        yield model.statistics.motion.inverse(fading)


@torch.inference_mode()
def _drawn(
    model: MotionModel, network: MotionTransformer, conditions: Conditions, noise: torch.Tensor, sampling: Sampling
) -> torch.Tensor:
    """One window's motion [W, D], standardised."""
    device, times = model.statistics.motion.mean.device, model.schedule.times(sampling.steps)[:-1]
    predict = guided(lambda said: Prepared.of(network, said, times), conditions.to(device), sampling.guidance)
    return ddim(predict, noise.to(device), model.schedule, sampling.steps)[0]


def _conditions(model: MotionModel, heard: torch.Tensor, past: _Past | None, controls: Controls) -> Conditions:
    """Of one window: its sound [n, A], n at most W, standardised; what came before; what is asked."""
    statistics = model.statistics
    said = Conditions.empty(model.space, model.preset, 1).to(heard.device)
    yes = torch.ones(1, dtype=torch.bool, device=heard.device)
    said.audio[0, : len(heard)] = heard
    said.has_audio[0, : len(heard)] = True
    if past is not None:
        said = replace(said, previous_motion=past.motion[None], previous_audio=past.audio[None], has_previous=yes)
    if controls.gaze is not None:
        said = replace(said, gaze=statistics.gaze(heard.new_tensor([controls.gaze])), has_gaze=yes)
    if controls.distance is not None:
        distance = statistics.distance(controls.distance * statistics.distance.mean)
        said = replace(said, distance=distance[None], has_distance=yes)
    if controls.emotion is not None:
        said = replace(said, emotion=statistics.emotion(heard.new_tensor([controls.emotion])), has_emotion=yes)
    return said
