"""The scores of a motion generator: what is measured, on whom, beside which baselines."""

from __future__ import annotations

from pipeline.evaluation.faces.eval_clips import Part
from pipeline.evaluation.motion.run import MotionEvaluation, evaluate_motion, write_motion_evaluation

__all__ = ["MotionEvaluation", "Part", "evaluate_motion", "write_motion_evaluation"]
