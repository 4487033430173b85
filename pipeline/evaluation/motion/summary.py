"""What was measured clip by clip as the scores of a method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.metrics.mouth import MOUTH
from pipeline.evaluation.motion.measures import ClipFigures
from pipeline.evaluation.motion.scores import MotionScores
from stages.clip import FPS


def summary(figures: Sequence[ClipFigures], truth: Sequence[ClipFigures]) -> MotionScores:
    """Over all clips, those of `truth` being the same in their real motion. ValueError: no clips."""
    if not figures:
        raise ValueError("no clips to sum up: give at least one")
    long = np.array([each.frames for each in figures])
    followed = np.array([each.followed for each in figures])
    weighted = dict(zip(MOUTH, np.average(followed, 0, long).tolist(), strict=True))
    each_clip = {f"{name}_clips": value for name, value in zip(MOUTH, followed.mean(0).tolist(), strict=True)}
    found: dict[str, Any] = {**weighted, **each_clip}
    for name, sentence in (("opening_interviews", False), ("opening_sentences", True)):
        part = np.array([each.sentence == sentence for each in figures])
        found[name] = float(np.average(followed[part, 0], weights=long[part])) if part.any() else None
    for name, over in (("dp", "pose_delta"), ("trembling", "jitter"), ("travel", "travel")):
        found[name] = _over(_average(figures, over), _average(truth, over))
    return MotionScores(
        **found,
        opening_amplitude=_over(_average(figures, "opening"), _average(truth, "opening")),
        pose_delta=_average(figures, "pose_delta"),
        travel_degrees=_average(figures, "travel"),
        blinks=float(sum(each.blinks for each in figures) / (long.sum() / FPS / 60)),
        in_step=_share(figures),
        likeness=_average(figures, "likeness"),
        **_pair(figures, "seams", ("seam_dynamics", "seam_pose")),
        **_pair(figures, "spread", ("spread_pose", "spread_dynamics")),
        spread_pose_within=_average(figures, "spread_within"),
    )


def _average(figures: Sequence[ClipFigures], name: str) -> float | None:
    """Over the clips that have it, weighted by length."""
    known = [each for each in figures if getattr(each, name) is not None]
    if not known:
        return None
    return float(np.average([getattr(each, name) for each in known], weights=[each.frames for each in known]))


def _pair(figures: Sequence[ClipFigures], name: str, names: tuple[str, str]) -> dict[str, float]:
    known = [getattr(each, name) for each in figures if getattr(each, name) is not None]
    return dict(zip(names, np.mean(known, 0).tolist(), strict=True)) if known else {}


def _share(figures: Sequence[ClipFigures]) -> float | None:
    windows = [each.windows for each in figures if each.windows is not None]
    count = sum(every for _, every in windows)
    return 100 * sum(found for found, _ in windows) / count if count else None


def _over(value: float | None, wanted: float | None) -> float | None:
    return None if value is None or not wanted else value / wanted
