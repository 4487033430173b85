"""How well the per-frame latents of two catalogs agree: within clips, pooled over clips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from pipeline.evaluation.metrics.agreement import wrapped
from pipeline.text import plural

MOST_FRAMES = {"pose": 2_000_000, "gaze": 2_000_000, "audio": 100_000}
"""Latents that are compared, and how many frames of them are read: 100,000 frames of log-mel are 128 MB."""

_COLUMNS = {"pose": ("pitch", "yaw", "roll", "x", "y", "z"), "gaze": ("theta", "phi")}
"""The names of their columns; audio is compared as one, all its numbers together."""

_HELD = "clip_id IN (SELECT unnest($ids)) AND len({}) > 0 AND frames > 0"

_ANGLES = ("pitch", "yaw", "roll", "theta", "phi")


@dataclass(frozen=True)
class FrameAgreement:
    """One column of a latent over the frames of clips that both accepted. Differences are B - A.

    correlation: of the deviations from each clip's mean, all clips together, so that it says whether the two follow
    the same motion and not whether they tell clips apart; None if either never moves. values: numbers compared.
    """

    name: str
    clips: int
    values: int
    correlation: float | None
    mean_difference: float | None
    mean_absolute_difference: float | None


@dataclass(frozen=True)
class Frames:
    """The columns that were compared, and in words what was left out."""

    columns: tuple[FrameAgreement, ...]
    notes: tuple[str, ...]


def compare_frames(
    a: duckdb.DuckDBPyConnection, b: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[str, str, int]]
) -> Frames:
    """The latents of pairs (clip_id in A, clip_id in B, frames); of many, those whose clip_id comes first."""
    columns: list[FrameAgreement] = []
    notes: list[str] = []
    for latent, most in MOST_FRAMES.items():
        chosen = _first(sorted(pairs), most)
        ids_a, ids_b = [one for one, _, _ in chosen], [other for _, other, _ in chosen]
        widths = _width(a, latent, ids_a), _width(b, latent, ids_b)
        if 0 in widths or widths[0] != widths[1]:
            notes += [_not_compared(latent, widths)] if chosen else []
            continue
        tracks_a, tracks_b = _tracks(a, latent, ids_a), _tracks(b, latent, ids_b)
        found = [(tracks_a[one], tracks_b[other]) for one, other, _ in chosen if one in tracks_a and other in tracks_b]
        same = [(one, other) for one, other in found if one.shape == other.shape]
        if left_out := len(chosen) - len(same):
            notes.append(
                f"{latent}: {plural(left_out, 'clip')} without values in one, or with another number of frames"
            )
        if len(chosen) < len(pairs):
            notes.append(f"{latent}: {len(chosen):,} of {len(pairs):,} clips are read, chosen by hash")
        columns += within_clips(latent, same) if same else []
    return Frames(tuple(columns), tuple(notes))


def within_clips(latent: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[FrameAgreement]:
    """Of one pair of tracks or more, [T, D] of A and of B with one D: one answer a named column, or one for all.

    Frames in which either is NaN are left out.
    """
    names = _COLUMNS.get(latent)
    angles = np.array([name in _ANGLES for name in names or ("",)])
    sums, clips = np.zeros((6, pairs[0][0].shape[1])), np.zeros(pairs[0][0].shape[1], int)
    for one, other in pairs:
        of_clip = _sums(one.astype(np.float64), other.astype(np.float64), angles)
        sums += of_clip
        clips += of_clip[0] > 0
    if names is None:
        return [_agreement(latent, int(clips.max()), sums.sum(1))]
    return [_agreement(f"{latent}.{name}", int(clips[at]), sums[:, at]) for at, name in enumerate(names)]


def _first(pairs: Sequence[tuple[str, str, int]], most: int) -> list[tuple[str, str, int]]:
    """The first of the pairs, until they have `most` frames; one at least."""
    before = np.cumsum([0, *(frames for _, _, frames in pairs)])
    return [pair for pair, start in zip(pairs, before[:-1], strict=True) if start < most]


def _sums(a: np.ndarray, b: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Of one clip [T, D]: count, products of the deviations aa, bb, ab, differences, absolute differences [6, D]."""
    apart = np.where(angles, wrapped(b - a), b - a)
    known = np.isfinite(apart)
    count = known.sum(0)
    first, second, apart = (np.where(known, values, 0.0) for values in (a, a + apart, apart))
    means = (values.sum(0) / np.maximum(count, 1) for values in (first, second))
    moves = [_moves(values, mean, known) for values, mean in zip((first, second), means, strict=True)]
    products = [(moves[i] * moves[j]).sum(0) for i, j in ((0, 0), (1, 1), (0, 1))]
    return np.stack([count, *products, apart.sum(0), np.abs(apart).sum(0)])


def _moves(values: np.ndarray, mean: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Deviations from the mean [T, D]; 0 where they are no more than the mean's rounding."""
    moves = values - mean
    return np.where(known & (np.abs(moves) > 1e-9 * (1 + np.abs(mean))), moves, 0.0)


def _agreement(name: str, clips: int, sums: np.ndarray) -> FrameAgreement:
    count, aa, bb, ab, apart, absolute = sums.tolist()
    if not count:
        return FrameAgreement(name, clips, 0, None, None, None)
    moved = math.sqrt(aa * bb)
    return FrameAgreement(name, clips, int(count), ab / moved if moved else None, apart / count, absolute / count)


def _not_compared(latent: str, widths: tuple[int, int]) -> str:
    if all(widths):
        return f"{latent}: {widths[0]} numbers a frame in A and {widths[1]} in B cannot be compared"
    return f"{latent}: no values in {' and '.join(name for name, width in zip('AB', widths, strict=True) if not width)}"


def _width(connection: duckdb.DuckDBPyConnection, latent: str, clip_ids: Sequence[str]) -> int:
    """D of the latent, which is the same for all clips of a recipe; 0 if none of these clips has it."""
    found = connection.sql(
        f"SELECT len({latent}) // frames FROM latents WHERE {_HELD.format(latent)} LIMIT 1",
        params={"ids": list(clip_ids)},
    ).fetchall()
    return int(found[0][0]) if found else 0


def _tracks(connection: duckdb.DuckDBPyConnection, latent: str, clip_ids: Sequence[str]) -> dict[str, np.ndarray]:
    """clip_id to [T, D] of those clips that have it."""
    table = connection.sql(
        f"SELECT clip_id, frames, {latent} AS track FROM latents WHERE {_HELD.format(latent)}",
        params={"ids": list(clip_ids)},
    ).to_arrow_table()
    lists = table["track"].combine_chunks()
    rows = zip(table["clip_id"].to_pylist(), table["frames"].to_pylist(), lists, strict=True)
    return {clip_id: np.asarray(track.values).reshape(frames, -1) for clip_id, frames, track in rows}
