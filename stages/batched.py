"""Stages whose work is a network's: items out of a clip, a batch through the network, answers back into the clip.

The network may run in the same process (on a CPU) or in a GPU actor that serves many clips at once; the stage does not
know which.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from models.batches import Model, in_batches
from stages.clip import Clip, Outcome, Reject, Resources, Runner


class BatchedStage(ABC):
    """Base of frozen dataclasses of parameters; one network each.

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
        """The network with its weights, on the device of this process (`models.device`)."""

    @abstractmethod
    def items(self, clip: Clip) -> list[np.ndarray] | Reject:
        """What the network is shown of a clip: arrays, small and ready to travel; or a no without asking it."""

    @abstractmethod
    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        """The clip with what the network said of its items, one answer each in their order."""

    def open(self) -> Runner:
        """The whole stage in this process."""
        model = self.model()

        def run(clip: Clip) -> Outcome:
            items = self.items(clip)
            if isinstance(items, Reject):
                return items
            return self.finish(clip, in_batches(model, items, self.batch))

        return run
