"""Latents of a catalog's accepted clips as a PyTorch dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from catalogs.definitions import quoted
from catalogs.view import query
from pipeline.errors import UsageError


class LatentWindows(Dataset[dict[str, Any]]):
    """Whole clips, or windows of them; use `Catalog.dataset`, which says what the items are.

    It holds float16 arrays, which the workers of a DataLoader share where the system forks them.
    """

    def __init__(
        self, catalog: str, columns: Sequence[str], split: str | None, window: int | None, step: int | None
    ) -> None:
        self.columns, self.window = tuple(columns), window
        chosen = ", ".join(f'latents."{name}"' for name in columns)
        having = " and ".join(f'latents."{name}" is not null' for name in columns)
        only = "" if split is None else f" and split = {quoted(split)}"
        rows = query(
            catalog,
            f"select clip_id, latents.frames, {chosen} from latents join clips using (clip_id) "
            f"where status = 'accepted' and {having}{only} order by clip_id",
        ).combine_chunks()
        self.clip_ids: list[str] = rows["clip_id"].to_pylist()
        """The clips that it was made from."""
        self._frames: list[int] = rows["frames"].to_pylist()
        self._arrays = {name: _flat(rows[name]) for name in columns}
        self._items = [
            (row, start) for row, frames in enumerate(self._frames) for start in _starts(frames, window, step)
        ]
        if not self._items:
            among = "" if split is None else f" in split {split!r}"
            long = "" if window is None else f" and {window} frames or more"
            raise UsageError(f"{catalog} has no accepted clip with {', '.join(columns)}{long}{among}")

    def __len__(self) -> int:
        """The number of items."""
        return len(self._items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row, start = self._items[index]
        end = self._frames[row] if self.window is None else start + self.window
        item: dict[str, Any] = {name: self._tensor(name, row, start, end) for name in self.columns}
        return {**item, "clip_id": self.clip_ids[row], "start": start}

    def __repr__(self) -> str:
        what = "clips" if self.window is None else f"windows of {self.window} frames"
        return f"<LatentWindows: {len(self)} {what} of {len(self.clip_ids)} clips, {', '.join(self.columns)}>"

    def _tensor(self, name: str, row: int, start: int, end: int) -> torch.Tensor:
        values, edges = self._arrays[name]
        own = values[edges[row] : edges[row + 1]]
        if name != "identity":
            own = own.reshape(self._frames[row], -1)[start:end]
        return torch.from_numpy(own.astype(np.float32))


def _flat(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """The values of a column of lists, and where each list begins in them, with the end."""
    lists = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()


def _starts(frames: int, window: int | None, step: int | None) -> Sequence[int]:
    """The first frames of a clip's items."""
    return range(1) if window is None else range(0, frames - window + 1, step or window)
