"""GPU actors: the networks of stages, each in actors of its own that serve all workers.

Where the cluster has GPUs, every GPU (or as many as one set of networks asks for together) gets one actor a network; a
worker asks one of them and waits. Where there is none, nothing here starts and the workers run the networks themselves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from pipeline.recipe import Recipe
from pipeline.serving import Server
from stages.networks import Network

_CALLERS = 64
"""Requests one actor holds at once; more wait in Ray."""

_RETRIES = 2
"""Times a request is sent again after its actor died; the actor is replaced each time."""


class Labeller:
    """The actor: one network on the GPU that Ray gave it."""

    def __init__(self, network: Network) -> None:
        self._server = Server(network.model(), network.batch)

    def label(self, items: list[np.ndarray]) -> list[np.ndarray]:
        """The network's answers to `items`."""
        return self._server(items)

    def gpus(self) -> list[str]:
        """Ids of the GPUs that Ray gave this actor."""
        return [str(gpu) for gpu in ray.get_runtime_context().get_accelerator_ids()["GPU"]]


class Asking:
    """What a worker holds: finds an actor for a network's items and waits for its answers. Travels to workers."""

    def __init__(self, actors: dict[str, list[Any]]) -> None:
        self._actors = actors
        self._turn = itertools.count()

    def __call__(self, network: str, items: list[np.ndarray]) -> list[np.ndarray]:
        """Answers of the network of that name, in the order of `items`. Raises what the network or Ray raised."""
        actors = self._actors[network]
        return ray.get(actors[next(self._turn) % len(actors)].label.remote(items))


class Labellers:
    """The labelling actors of a run, and where they stand."""

    def __init__(self, networks: Sequence[Network], sets: int, gpus: int) -> None:
        """One set of networks shares `gpus` GPUs."""
        self.sets = sets
        self._group: PlacementGroup = placement_group([{"GPU": gpus}] * sets, strategy="PACK")
        self.actors = {network.name: [self._placed(network, k) for k in range(sets)] for network in networks}

    def asking(self) -> Asking:
        """The handle for workers."""
        return Asking(self.actors)

    def close(self) -> None:
        """End the actors and give their GPUs back."""
        for actor in itertools.chain(*self.actors.values()):
            ray.kill(actor)
        remove_placement_group(self._group)

    def _placed(self, network: Network, bundle: int) -> Any:
        place = PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=bundle)
        actor = ray.remote(Labeller).options(
            # it waits for its GPU, not for a core
            num_cpus=0,
            num_gpus=network.resources.gpus,
            scheduling_strategy=place,
            max_restarts=-1,
            max_task_retries=_RETRIES,
            max_concurrency=_CALLERS,
        )
        return actor.remote(network)


def labellers(recipe: Recipe) -> Labellers | None:
    """The actors for the networks of `recipe` on the cluster that is joined; None without GPUs or such networks."""
    networks = [network for network in recipe.networks() if network.resources.gpus > 0]
    if not networks:
        return None
    gpus = math.ceil(sum(network.resources.gpus for network in networks) - 1e-6)
    sets = int(ray.cluster_resources().get("GPU", 0) // gpus)
    return Labellers(networks, sets, gpus) if sets else None
