"""The tests that need no drawing: methods over clips, and what is asked of the generator alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.motion.space import POSE
from models.sync.network import SyncNetwork
from pipeline.evaluation.motion.asked import Forward, gaze_scores, scale_scores
from pipeline.evaluation.motion.baselines import Method, another_clip, from_sound, mean_motion, real
from pipeline.evaluation.motion.blinks import blinks
from pipeline.evaluation.motion.clips import TalkingClip
from pipeline.evaluation.motion.curves import Curves
from pipeline.evaluation.motion.generated import Generator
from pipeline.evaluation.motion.measures import ClipFigures, Measures, Scale
from pipeline.evaluation.motion.parts import Parts
from pipeline.evaluation.motion.readout import FaceReadout
from pipeline.evaluation.motion.scores import MotionScores
from pipeline.evaluation.motion.summary import summary
from pipeline.text import file_name
from stages.clip import FPS

MODEL, REAL = "model", "real"
OnProgress = Callable[[str], None]
_SHOWN = 4
_YAW = 1


@dataclass(frozen=True)
class Tested:
    """scores: by column, the model first, then its interviews and sentences alone, then what it is held against.
    curves: of a few clips."""

    scores: dict[str, MotionScores]
    curves: tuple[Curves, ...]


class MotionProtocol:
    """Methods over the clips of people kept out."""

    def __init__(self, parts: Parts, network: SyncNetwork | None, on_progress: OnProgress) -> None:
        """network: None leaves out what asks whether motion is in step."""
        self.parts, self.on_progress = parts, on_progress
        self.measures = Measures(FaceReadout.fit(parts.training), Scale.of(parts.training), network)
        self._shown = {clip.clip_id for clip in sorted(parts.scored, key=len, reverse=True)[:_SHOWN]}

    def run(self, generator: Generator) -> Tested:
        """All tests of a generator."""
        clips, training = self.parts.scored, self.parts.training
        truth, _ = self._figures(real())
        made, curves = self._figures(generator.method())
        self.on_progress("asking for gaze")
        asked = gaze_scores(generator, clips, Forward.of(training))
        self.on_progress("asking for audio scales")
        asked |= scale_scores(generator, clips)
        scores = {MODEL: replace(summary(list(made.values()), list(truth.values())), **asked)}
        for name, sentence in (("interviews", False), ("sentences", True)):
            part = [each for each, figures in truth.items() if figures.sentence == sentence]
            if part:
                scores[name] = summary([made[each] for each in part], [truth[each] for each in part])
        self.on_progress("fitting the regression from sound")
        for method in (from_sound(training), another_clip(clips), mean_motion(training)):
            figures, _ = self._figures(method)
            if figures:
                scores[method.name] = summary(list(figures.values()), [truth[each] for each in figures])
        seen = sum(blinks(clip.lids) for clip in clips) / (sum(map(len, clips)) / FPS / 60)
        scores[REAL] = replace(summary(list(truth.values()), list(truth.values())), blinks_seen=seen)
        return Tested(scores, curves)

    def _figures(self, method: Method) -> tuple[dict[str, ClipFigures], tuple[Curves, ...]]:
        """Of a method by clip_id, without clips that it gives no motion; curves of the longest."""
        found, curves = {}, []
        for place, clip in enumerate(self.parts.scored):
            self.on_progress(f"{method.name}: clip {place + 1} of {len(self.parts.scored)}")
            motions = method.motions(clip)
            if motions:
                found[clip.clip_id] = self.measures.figures(clip, motions, method.windows)
                curves += [self._curves(clip, motions)] if clip.clip_id in self._shown else []
        return found, tuple(curves)

    def _curves(self, clip: TalkingClip, motions: Sequence[np.ndarray]) -> Curves:
        openings = [self.measures.readout.mouth(motion[:, POSE:])[:, 0] for motion in motions]
        return Curves(
            f"{file_name(clip.source_uri)}, {clip.subject}",
            clip.mouth[:, 0] - clip.mouth[:, 0].mean(),
            [opening - opening.mean() for opening in openings],
            clip.pose[:, _YAW],
            [motion[:, _YAW] for motion in motions],
        )
