"""The motion generator as a method: what is asked of it for a clip, and by which seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from models.motion.generation import Controls, Sampling, generate
from models.motion.guidance import Guidance
from models.motion.model import MotionModel
from pipeline.evaluation.motion.baselines import Method
from pipeline.evaluation.motion.clips import TalkingClip


@dataclass(frozen=True)
class Generator:
    """A model and how it is drawn from. seeds: samples of each clip."""

    model: MotionModel
    steps: int = 10
    seeds: int = 3
    guidance: Guidance = Guidance()

    @property
    def sampling(self) -> Sampling:
        """As `generate` takes it."""
        return Sampling(self.guidance, self.steps)

    def motion(self, clip: TalkingClip, controls: Controls, seed: int = 0) -> np.ndarray:
        """[T, D] from a clip's sound."""
        sound = torch.from_numpy(clip.sound)
        return torch.cat(list(generate(self.model, [sound], lambda frame: controls, self.sampling, seed))).cpu().numpy()

    def own(self, clip: TalkingClip) -> Controls:
        """What the catalog says of a clip."""
        mean = float(self.model.statistics.distance.mean[0])  # 0: it was trained without
        distance = clip.distance / mean if clip.distance is not None and mean else None
        return Controls(clip.gaze, distance, clip.emotion)

    def loud(self, scale: float) -> Generator:
        """The same with another scale of guidance by sound."""
        return replace(self, guidance=replace(self.guidance, audio=scale))

    def method(self, told: Callable[[], None] = lambda: None) -> Method:
        """The clip's own gaze, distance and emotion are asked for. told: called after each sample."""

        def motions(clip: TalkingClip) -> list[np.ndarray]:
            found = []
            for seed in range(self.seeds):
                found.append(self.motion(clip, self.own(clip), seed))
                told()
            return found

        return Method("model", motions, (self.model.preset.window, self.sampling.overlap))
