"""A long sequence as windows that overlap, and windows as a long sequence: where two overlap they fade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch


def windows(blocks: Iterable[torch.Tensor], length: int, overlap: int) -> Iterator[torch.Tensor]:
    """Windows [length, C] of a sequence that comes in blocks [n, C] of any lengths; each shares its last `overlap`
    frames with the next. The last is shorter where the sequence ends within it.

    A window is given as soon as it is there, and no more is kept of the sequence than one and a block.
    """
    held: list[torch.Tensor] = []
    count = given = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count < length:
            continue
        joined = torch.cat(held)
        while len(joined) >= length:
            yield joined[:length]
            joined = joined[length - overlap :]
            given = overlap
        held, count = [joined], len(joined)
    if count > given:
        yield torch.cat(held)


def crossfade(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """One sequence [L, C] of two that say the same L frames: the first fades out, the second in."""
    share = torch.arange(1, len(before) + 1, device=before.device)[:, None] / (len(before) + 1)
    return before * (1 - share) + after * share
