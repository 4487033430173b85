"""The face detector that the stages `screen` and `track` ask frame by frame, and its network, which they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from models.detection.face_finder import FaceFinder, detector_network
from models.runtime.batches import Model
from stages.clip import Resources
from stages.networks import Ask


@dataclass(frozen=True)
class DetectorNetwork:
    """The network of the detector `variant`; its items are frames made small, so little travels."""

    variant: str

    name: ClassVar[str] = "detector"
    batch: ClassVar[int] = 16
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.1)

    def model(self) -> Model:
        return detector_network(self.variant)


def detector_networks(detector: str) -> tuple[DetectorNetwork, ...]:
    """What of a detector may run elsewhere. BlazeFace may not: it takes 4 ms on a CPU core, less than a question."""
    return () if detector == "blazeface" else (DetectorNetwork(detector),)


def finder(detector: str, ask: Ask | None) -> FaceFinder:
    """A finder with that detector, its network asked through `ask` or loaded here."""
    if ask is None or not detector_networks(detector):
        return FaceFinder(detector)
    return FaceFinder(detector, partial(ask, DetectorNetwork.name))
