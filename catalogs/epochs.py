"""Which windows an epoch has and in what order, from the seed alone; how readers share it and go on inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch.utils.data import Sampler

from catalogs.errors import NoWindows
from catalogs.window_clips import WindowClips

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Epochs:
    """The windows of all epochs, numbered through: window i is in epoch i // len(self).

    A clip has as many windows an epoch as it has times `window` frames, rounded, and at least one. Its frames are cut
    into so many equal stretches, and each gives one start, drawn from seed, epoch and clip: all starts are equally
    likely, and what other clips there are changes nothing in it. The order is drawn from seed and epoch.
    """

    def __init__(self, clips: WindowClips, window: int, seed: int) -> None:
        length = clips.end - clips.begin
        self.seed = seed
        self._clips = clips
        self._counts = np.maximum(1, np.rint(length / window)).astype(np.int64)
        self._ends = np.cumsum(self._counts)
        self._starts = np.maximum(0, length - window) + 1
        self._held: tuple[int, np.ndarray, np.ndarray] | None = None

    def __len__(self) -> int:
        """The windows of an epoch."""
        return int(self._ends[-1])

    def windows(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of windows [N] the clips they are of and the frames of these that they start at, int64 [N]."""
        epochs, places = np.divmod(numbers, len(self))
        if len(epochs) and epochs[0] == epochs[-1] and (epochs == epochs[0]).all():
            clips, starts = self._of_epoch(int(epochs[0]))
            return clips[places].astype(np.int64), starts[places].astype(np.int64)
        found = np.empty((2, len(numbers)), np.int64)
        for epoch in sorted(set(epochs.tolist())):
            mine = epochs == epoch
            found[:, mine] = [each[places[mine]] for each in self._of_epoch(epoch)]
        return found[0], found[1]

    def _of_epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The clips and starts of its windows, in its order, int32."""
        if self._held is None or self._held[0] != epoch:
            drawn = np.random.default_rng((self.seed, epoch)).permutation(len(self))
            base = np.random.SeedSequence((self.seed, epoch)).generate_state(1, np.uint64)[0]
            clips = np.searchsorted(self._ends, drawn, side="right")
            stretch = drawn - (self._ends - self._counts)[clips]
            share = (stretch + _uniform(base ^ self._clips.key[clips], stretch)) / self._counts[clips]
            starts = self._clips.begin[clips] + (share * self._starts[clips]).astype(np.int64)
            self._held = (epoch, clips.astype(np.int32), starts.astype(np.int32))
        return self._held[1:]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_held": None}


class Part(Sampler[list[int]]):
    """One reader's share of each epoch, in batches of numbers of windows; use `WindowReader.part`.

    To iterate gives what is left of its epoch, and after that the next one. epoch: the one that it is in.
    """

    def __init__(self, epochs: Epochs, rank: int, world: int, batch: int, mark: str) -> None:
        """mark: what changes when other windows are shared."""
        if not 0 <= rank < world or batch < 1:
            raise NoWindows(
                f"there is no reader {rank} of {world} with {batch} windows a batch: readers count from 0, and a batch "
                "has one window or more"
            )
        self.epoch = 0
        self._begun, self._used = 0, 0
        self._epochs, self._rank, self._world, self._batch, self._mark = epochs, rank, world, batch, mark

    def __len__(self) -> int:
        """The batches of the epoch that it is in."""
        return -(-len(self._share()) // self._batch)

    def __iter__(self) -> Iterator[list[int]]:
        if self._used >= max(1, len(self._share())):
            self.epoch, self._begun, self._used = self.epoch + 1, 0, 0
        share = self._share()
        while self._used < len(share):
            batch = share[self._used : self._used + self._batch]
            self._used += len(batch)
            yield list(batch)
        self._used = max(1, self._used)  # where there are more readers than windows, an empty share is over too

    def state(self, used: int | None = None) -> dict[str, Any]:
        """Where it is, JSON-ready, for `resume`; one state does for readers that have used equally many windows.

        used: how many windows of its share of this epoch were used, by default as many as were given out. It has to be
        told where a DataLoader's processes read ahead.
        """
        taken = self._used if used is None else used
        return {
            "epoch": self.epoch,
            "begun": self._begun,
            "used": taken,
            "readers": self._world,
            "windows": self._mark,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where a reader was when it gave `state`: of as many readers, or of others that share what these left.

        NoWindows: that one shared other windows.
        """
        if state["windows"] != self._mark:
            raise NoWindows(
                "these are not the windows that the state is of: give the seed, the lengths and the where of then, and "
                "the catalog as it was, or begin anew without the state"
            )
        self.epoch, self._begun, self._used = state["epoch"], state["begun"], state["used"]
        if state["readers"] != self._world:
            self._begun, self._used = self._begun + self._used * state["readers"], 0
        if self._begun >= len(self._epochs):
            self.epoch, self._begun = self.epoch + 1, 0

    def _share(self) -> range:
        first = self.epoch * len(self._epochs)
        return range(first + self._begun + self._rank, first + len(self._epochs), self._world)


def _uniform(keys: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """float64 [N] in [0, 1), each of its key and number alone: SplitMix64 (Steele, Lea and Flood 2014)."""
    mixed = _mixed(_mixed(keys) + numbers.astype(np.uint64) * _GOLDEN)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(values: np.ndarray) -> np.ndarray:
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
