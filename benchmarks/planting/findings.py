"""What a trained generator has of the law: correlations, errors of what was asked, seams, spread over seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from benchmarks.labelling.findings import Finding
from benchmarks.planting.catalog import emotion
from benchmarks.planting.law import LAG, PITCH, POSE, ROLL, SIZE, TILT, YAW, PlantedClip
from models.motion.conditions import Conditions
from models.motion.generation import Controls, Sampling, generate
from models.motion.guidance import Guidance
from models.motion.model import MotionModel
from pipeline.evaluation.metrics.within_clips import within_clip_correlation

USUAL = Sampling(Guidance(), steps=10)
_LAGS = range(LAG - 3, LAG + 4)


def at_least(what: str, found: float, goal: float) -> Finding:
    """A number and what it should not be below."""
    return Finding(what, float(found), goal)


def at_most(what: str, found: float, goal: float) -> Finding:
    """A number and what it should not be above."""
    return Finding(what, float(found), goal, "<=")


class Forgetful(MotionModel):
    """The same model, never told what came before."""

    @classmethod
    def of(cls, model: MotionModel) -> Forgetful:
        made = cls(model.preset, model.space)
        made.load_state_dict(model.state_dict())
        return made.eval().requires_grad_(False)

    def forward(self, noisy: torch.Tensor, t: torch.Tensor, conditions: Conditions) -> torch.Tensor:
        return super().forward(noisy, t, conditions.without("previous"))


def findings(model: MotionModel, clips: Sequence[PlantedClip]) -> list[Finding]:
    """clips: that the model has not seen; their sound and their labels are what is asked for."""
    usual, other = (motions(model, clips, USUAL, seed) for seed in range(2))
    some = clips[: len(clips) // 2]
    slow = motions(model, some, replace(USUAL, steps=50))
    curve = {lag: follows(usual, clips, lag) for lag in _LAGS}
    by_sound = {scale: follows(motions(model, clips, _guided(audio=scale)), clips) for scale in (0.0, 2.0)}
    looked = looks_off([usual, other], clips)
    unguided = looks_off([motions(model, clips, _guided(gaze=0.0), seed) for seed in range(2)], clips)
    falls = max(_steps_up(curve, side) for side in (-1, 1))
    apart = np.mean([(a - b).std(0) for a, b in zip(usual, other, strict=True)], 0) / np.sqrt(2)
    unheard = np.concatenate([clip.dynamics[:, 1:] for clip in clips]).std(0)
    return [
        at_least("mouth and loudness, at their lag", curve[LAG], 0.9),
        at_most("  the best of all other lags", max(each for lag, each in curve.items() if lag != LAG), 0.87),
        at_most("  most that it rises from a lag to one farther away", falls, 0.0),
        at_most("gaze asked and had, in deviations of what is asked", looked, 0.25),
        at_most("distance", off([usual, other], clips, lambda clip: 1 / clip.told.distance, SIZE), 0.25),
        at_most("emotion", off([usual, other], clips, _roll, ROLL), 0.25),
        at_least("mouth: sound's scale 2 less 0", by_sound[2.0] - by_sound[0.0], 0.01),
        at_most("gaze: scale 1 over 0", looked / unguided, 0.9),
        at_least("another seed: mouth and loudness", follows(other, clips), 0.9),
        at_least("  how else the unheard moves, in deviations", float((apart[POSE + 1 :] / unheard).mean()), 0.3),
        at_most("10 steps: mouth less than with 50", follows(slow, some) - follows(usual[: len(some)], some), 0.02),
        at_most("seams, over what is between them", seams(usual, model), 1.1),
        at_least("  without what came before", seams(motions(Forgetful.of(model), clips, USUAL), model), 1.1),
    ]


def motions(model: MotionModel, clips: Sequence[PlantedClip], sampling: Sampling, seed: int = 0) -> list[np.ndarray]:
    """A motion [T, D] for each clip's sound, with its labels."""
    mean = float(model.statistics.distance.mean)
    found = []
    for place, clip in enumerate(clips):
        told = clip.told
        controls = partial(_always, Controls(told.gaze, told.distance / mean, emotion(told.happiness)))
        heard = [torch.from_numpy(clip.audio.astype(np.float32))]
        made = generate(model, heard, controls, sampling, seed * len(clips) + place)
        found.append(torch.cat(list(made)).numpy())
    return found


def follows(made: Sequence[np.ndarray], clips: Sequence[PlantedClip], lag: int = LAG) -> float:
    """Correlation of mouth and loudness within clips, the mouth `lag` frames later."""
    pairs = [
        (clip.loudness[max(0, -lag) :][: len(each) - abs(lag)], each[max(0, lag) :, POSE][: len(each) - abs(lag)])
        for clip, each in zip(clips, made, strict=True)
    ]
    group = np.repeat(np.arange(len(pairs)), [len(pair[0]) for pair in pairs])
    loud, mouth = (np.concatenate([pair[side] for pair in pairs]) for side in range(2))
    return within_clip_correlation(loud, mouth, group) or 0.0


def looks_off(made: Sequence[Sequence[np.ndarray]], clips: Sequence[PlantedClip]) -> float:
    """The mean of `off` over yaw and pitch beside the gaze that was asked."""
    return (
        off(made, clips, lambda clip: clip.told.gaze[0], YAW) + off(made, clips, lambda clip: clip.told.gaze[1], PITCH)
    ) / 2


def off(
    made: Sequence[Sequence[np.ndarray]],
    clips: Sequence[PlantedClip],
    asked: Callable[[PlantedClip], float],
    column: int,
) -> float:
    """Mean error of a number of the motion, over all frames and seeds, beside what was asked, in deviations of what is
    asked. made: by seed, a motion of each clip."""
    wanted = np.array([asked(clip) for clip in clips])
    found = np.mean([[each[:, column].mean() for each in motions] for motions in made], axis=0)
    return float(np.abs(found - wanted).mean() / wanted.std())


def seams(made: Sequence[np.ndarray], model: MotionModel) -> float:
    """The second difference where a window fades into the next, over that between; mean over all numbers, each in its
    own deviation."""
    overlap, step = USUAL.overlap, model.preset.window - USUAL.overlap
    deviation = model.statistics.motion.deviation.numpy()
    at_seams, between = [], []
    for each in made:
        bent = np.abs(np.diff(each / deviation, 2, axis=0)).mean(1)
        middle = np.arange(len(bent)) + 1
        near = (middle >= step - 1) & ((middle - step + 1) % step <= overlap + 1)
        at_seams.append(bent[near])
        between.append(bent[~near])
    return float(np.concatenate(at_seams).mean() / np.concatenate(between).mean())


def _always(controls: Controls, frame: int) -> Controls:
    return controls


def _guided(**scales: float) -> Sampling:
    return replace(USUAL, guidance=replace(USUAL.guidance, **scales))


def _roll(clip: PlantedClip) -> float:
    return TILT * (clip.told.happiness - 0.5)


def _steps_up(curve: dict[int, float], side: int) -> float:
    """By how much it rises at most from a lag to the next one farther away from the right one."""
    outwards = [curve[LAG + side * apart] for apart in range(4)]
    return max(np.diff(outwards))
