"""Networks that a stage asks, and where they run: in the worker's own process, or in a GPU actor for all workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import numpy as np

from models.runtime.batches import Model
from stages.clip import Resources, Runner

Infer = Callable[[str, list[np.ndarray]], list[np.ndarray]]
"""The answers of the network of that name to these items, one each in their order, from wherever it runs."""


class Network(Protocol):
    """A network that can run in an actor of its own.

    name: by which it is asked; stages that share one give equal ones. variant: which of those for the same purpose.
    batch: items in one batch at most. resources: what its actor asks for.
    """

    @property
    def name(self) -> str: ...

    @property
    def variant(self) -> str: ...

    @property
    def batch(self) -> int: ...

    @property
    def resources(self) -> Resources: ...

    def model(self) -> Model:
        """The network with its weights, on the device of this process (`models.runtime.device`)."""
        ...


class NetworkStage(ABC):
    """A stage some of whose work is a network's that may run elsewhere; the stage does not know where."""

    @property
    @abstractmethod
    def networks(self) -> tuple[Network, ...]:
        """The networks that may run elsewhere."""

    @abstractmethod
    def open(self, infer: Infer | None = None) -> Runner:
        """The stage with its `networks` asked through `infer`; without it they are loaded here."""
