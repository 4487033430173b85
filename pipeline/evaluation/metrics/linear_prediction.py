"""How well a linear map tells one quantity from a code, for people on whom the map was not fitted."""

from __future__ import annotations

import numpy as np

from pipeline.evaluation.metrics import within_clips

_RIDGE = 1e-2
"""Weight of the map's size, beside the mean squared error, where each direction of the code varies by 1."""


def predicted(code: np.ndarray, wanted: np.ndarray, clip: np.ndarray, subject: np.ndarray) -> float | None:
    """Correlation, within clips, of `wanted` [N] with what a linear map makes of `code` [N, Z]; 0: the code tells none.

    clip, subject [N]: whose frames these are. Each subject's frames are guessed by a map fitted on all others', clip
    means removed. None with fewer than two subjects, and where nothing is wanted.
    """
    known = np.isfinite(wanted) & np.isfinite(code).all(1)
    code, wanted, clip, subject = code[known].astype(np.float64), wanted[known], clip[known], subject[known]
    who = np.unique(subject)
    if len(who) < 2:
        return None
    moves = np.stack([within_clips.within(column, clip) for column in code.T], axis=1)
    goal = within_clips.within(wanted, clip)
    guess = np.zeros(len(goal))
    for each in who:
        own = subject == each
        guess[own] = moves[own] @ ridge_map(moves[~own], goal[~own])
    found = within_clips.within_clip_correlation(wanted, guess, clip)
    return None if found is None else max(0.0, found)


def ridge_map(moves: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Ridge regression [Z] or [Z, M] of `goal` [N] or [N, M] on `moves` [N, Z], both without means."""
    scale = np.sqrt((moves**2).mean(0)) + 1e-9
    even = moves / scale
    square = even.T @ even + _RIDGE * len(even) * np.eye(even.shape[1])
    found: np.ndarray = np.linalg.solve(square, even.T @ goal)
    return (found.T / scale).T
