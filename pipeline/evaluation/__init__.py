"""Scores: what is measured, on what, beside which baselines."""
