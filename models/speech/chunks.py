"""Long sequences through a transformer in chunks that overlap and fade into each other; equal lengths share a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch

Key = TypeVar("Key")


def spans(count: int, most: int, overlap: int) -> list[tuple[int, int]]:
    """[start, end) of chunks of one length, at most `most`, that cover `count` frames and share `overlap` or more."""
    if count <= most:
        return [(0, count)]
    chunks = math.ceil((count - overlap) / (most - overlap))
    length = math.ceil((count + (chunks - 1) * overlap) / chunks)
    return [(start, start + length) for start in (i * (count - length) // (chunks - 1) for i in range(chunks))]


def through(
    pieces: Mapping[Key, torch.Tensor], network: Callable[[torch.Tensor], torch.Tensor]
) -> dict[Key, torch.Tensor]:
    """Each piece [L, C] after a network that takes [N, L, C]; pieces of equal length go through it together."""
    lengths: dict[int, list[Key]] = {}
    for key, piece in pieces.items():
        lengths.setdefault(len(piece), []).append(key)
    out: dict[Key, torch.Tensor] = {}
    for keys in lengths.values():
        out.update(zip(keys, network(torch.stack([pieces[key] for key in keys])), strict=True))
    return out


def faded(chunks: Sequence[torch.Tensor], places: Sequence[tuple[int, int]]) -> torch.Tensor:
    """One sequence [count, C] of chunks at `spans`: where they overlap, each counts the more the deeper inside."""
    if len(chunks) == 1:
        return chunks[0]
    count, like = places[-1][1], chunks[0]
    whole, total = like.new_zeros(count, like.shape[1]), like.new_zeros(count, 1)
    for k, (chunk, (a, b)) in enumerate(zip(chunks, places, strict=True)):
        weight = like.new_ones(b - a)
        if k > 0:
            shared = places[k - 1][1] - a
            weight[:shared] *= torch.arange(1, shared + 1, device=like.device) / (shared + 1)
        if k < len(places) - 1:
            shared = b - places[k + 1][0]
            weight[b - a - shared :] *= torch.arange(shared, 0, -1, device=like.device) / (shared + 1)
        whole[a:b] += weight[:, None] * chunk
        total[a:b] += weight[:, None]
    return whole / total
