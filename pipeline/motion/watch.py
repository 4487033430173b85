"""A quick look at a motion generator while it learns: people it does not learn from, and their own sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from catalogs.windows import WindowBatch, WindowReader
from models.motion.generation import Controls, Sampling, generate
from models.motion.model import MotionModel
from models.motion.space import POSE
from models.motion.statistics import Statistics
from models.runtime.precision import working_in
from pipeline.evaluation.metrics.within_clips import within_clip_correlation
from pipeline.motion.examples import standardised
from pipeline.motion.motion_task import motion_losses
from pipeline.motion.settings import MotionTraining

_WINDOWS, _AT_ONCE = 64, 16
_CLIPS, _FRAMES = 6, 150
_SAMPLING_STEPS = 10
_ANGLES = 3


class Watch:
    """Some windows and clips of a reader; what is found of them is the same each time that a model is.

    figures: `watch/reconstruction` and `watch/velocity`, the losses at fixed noise; `watch/mouth`, how well the first
    number of z_dyn follows the real one within clips, which the project's own face model has for how far the mouth is
    open; `watch/dynamics` and `watch/angles`, the mean over all numbers of z_dyn, and over pitch, yaw and roll;
    `watch/dp`, how far the head turns from frame to frame, over how far the real one does.
    """

    def __init__(
        self,
        reader: WindowReader,
        statistics: Statistics,
        training: MotionTraining,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """statistics: those of the training. check: called between parts of a look, and may end it."""
        self._reader, self._statistics = reader, statistics
        self._training, self._check = training, check

    def look(self, model: MotionModel) -> dict[str, float]:
        """The figures of a model, on its device."""
        return {f"watch/{name}": value for name, value in {**self._errors(model), **self._generated(model)}.items()}

    @torch.inference_mode()
    def _errors(self, model: MotionModel) -> dict[str, float]:
        """The losses of the first windows, at steps that are spread over all."""
        device, random = next(model.parameters()).device, torch.Generator().manual_seed(0)
        found: list[dict[str, float]] = []
        for step in range(_WINDOWS // _AT_ONCE):
            self._check()
            windows = self._reader.draw(step, 0, 1, _AT_ONCE)
            x0, conditions = standardised(windows, self._statistics, self._reader.previous)
            t = torch.linspace(1, model.schedule.steps, _AT_ONCE).round().long()
            noisy = model.schedule.noised(x0, torch.randn(x0.shape, generator=random), t)
            with working_in(self._training.precision, device):
                back = model(noisy.to(device), t.to(device), conditions.to(device)).float().cpu()
            losses = motion_losses(back, x0, conditions, self._statistics, model.space, self._training)
            found.append({name: float(value) for name, value in losses.items()})
        return {name: float(np.mean([each[name] for each in found])) for name in found[0]}

    def _generated(self, model: MotionModel) -> dict[str, float]:
        clips = self._reader.clips
        speaking = np.flatnonzero(clips.known["audio"] & (clips.end - clips.begin >= self._reader.window))
        if not len(speaking):
            return {}
        chosen = np.unique(np.linspace(0, len(speaking) - 1, min(_CLIPS, len(speaking))).astype(int))
        pairs = []
        for place in chosen:
            self._check()
            pairs.append(self._pair(model, self._reader.whole(int(speaking[place]))))
        real, made = (np.concatenate([pair[side] for pair in pairs]) for side in range(2))
        group = np.repeat(np.arange(len(pairs)), [len(pair[0]) for pair in pairs])
        follows = [within_clip_correlation(real[:, k], made[:, k], group) or 0.0 for k in range(real.shape[1])]
        turns = [sum(np.abs(np.diff(pair[side][:, :_ANGLES], axis=0)).sum() for pair in pairs) for side in range(2)]
        return {
            "mouth": follows[POSE],
            "dynamics": float(np.mean(follows[POSE:])),
            "angles": float(np.mean(follows[:_ANGLES])),
            "dp": float(turns[1] / max(turns[0], 1e-6)),
        }

    def _pair(self, model: MotionModel, clip: WindowBatch) -> tuple[np.ndarray, np.ndarray]:
        """(real, generated) motion [T, D] of the first seconds of a clip."""
        real = torch.cat([clip.pose[0], clip.dynamics[0]], 1)[:_FRAMES]
        sampling = Sampling(steps=_SAMPLING_STEPS, precision=self._training.precision)
        controls = own_controls(clip, self._statistics)
        made = torch.cat(list(generate(model, [clip.audio[0, :_FRAMES]], lambda frame: controls, sampling)))
        return real.numpy(), made.cpu().numpy()


def own_controls(clip: WindowBatch, statistics: Statistics) -> Controls:
    """What a catalog says of a whole clip, as it is asked of a generator."""
    said: dict[str, Any] = {"gaze": None, "distance": None, "emotion": None}
    if clip.has_gaze[0]:
        said["gaze"] = tuple(clip.gaze[0].tolist())
    if clip.has_distance[0]:
        said["distance"] = float(clip.distance[0, 0] / statistics.distance.mean[0])
    if clip.has_emotion[0]:
        said["emotion"] = tuple(clip.emotion[0].tolist())
    return Controls(**said)
