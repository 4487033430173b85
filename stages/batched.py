"""Stages whose work is a network's: items out of a clip, a batch through the network, answers back into the clip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.runtime.batches import Model, in_batches
from stages.clip import Clip, Outcome, Reject, Resources, Runner
from stages.networks import Infer, NetworkStage


class BatchedStage(NetworkStage):
    """Base of frozen dataclasses of parameters; one network each, which goes by the stage's name.

    variant: the name by which a recipe exchanges it (`--set quality=hyperiqa`). batch: items in one batch at most.
    """

    name: ClassVar[str]
    variant: ClassVar[str]
    version: ClassVar[int] = 1
    resources: ClassVar[Resources]
    columns: ClassVar[pa.Schema]
    weights: ClassVar[tuple[str, ...]]
    batch: ClassVar[int] = 32

    @abstractmethod
    def model(self) -> Model:
        """The network with its weights, on the device of this process (`models.runtime.device`)."""

    @abstractmethod
    def items(self, clip: Clip) -> list[np.ndarray] | Reject:
        """What the network is shown of a clip: arrays, small and ready to travel; or a no without asking it."""

    @abstractmethod
    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        """The clip with what the network said of its items, one answer each in their order."""

    @property
    def networks(self) -> tuple[BatchedStage, ...]:
        """Its own."""
        return (self,)

    def open(self, infer: Infer | None = None) -> Runner:
        answered = self._loaded_here() if infer is None else partial(infer, self.name)

        def run(clip: Clip) -> Outcome:
            items = self.items(clip)
            if isinstance(items, Reject):
                return items
            return self.finish(clip, answered(items) if items else [])

        return run

    def _loaded_here(self) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
        model = self.model()
        return lambda items: in_batches(model, items, self.batch)
