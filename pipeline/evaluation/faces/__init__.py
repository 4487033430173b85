"""The scores of a face model: what is measured, on which frames, beside which baselines."""

from __future__ import annotations

from pipeline.evaluation.faces.eval_clips import Part
from pipeline.evaluation.faces.run import Evaluation, evaluate, evaluate_catalog, write_evaluation

__all__ = ["Evaluation", "Part", "evaluate", "evaluate_catalog", "write_evaluation"]
