"""The face detector that the stages `screen` and `track` ask frame by frame, with its network and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from models.detection.face_finder import FaceFinder, detector_network, finder_weights
from models.runtime.batches import Model
from stages.clip import Resources
from stages.networks import Infer, NetworkStage


@dataclass(frozen=True)
class DetectorNetwork:
    """The network of the detector `variant`; its items are frames made small, so little travels."""

    variant: str

    name: ClassVar[str] = "detector"
    batch: ClassVar[int] = 16
    resources: ClassVar[Resources] = Resources(cpus=1, gpus=0.1)

    def model(self) -> Model:
        return detector_network(self.variant)


class DetectorStage(NetworkStage):
    """A stage that looks for faces. detector: a parameter of it, who finds them (models/detection/face_finder.py)."""

    detector: str

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the detector's weights and the mesh's."""
        return finder_weights(self.detector)

    @property
    def networks(self) -> tuple[DetectorNetwork, ...]:
        """The detector's, where it is a large one: BlazeFace takes 4 ms on a CPU core, less than to ask elsewhere."""
        return () if self.detector == "blazeface" else (DetectorNetwork(self.detector),)

    def finder(self, infer: Infer | None) -> FaceFinder:
        """A finder with the detector, its network asked through `infer` or loaded here."""
        if infer is None or not self.networks:
            return FaceFinder(self.detector)
        return FaceFinder(self.detector, partial(infer, DetectorNetwork.name))
