"""GPU actors: the networks of stages, each in actors of its own that serve all workers.

Where the cluster has GPUs, every GPU (or as many as one set of networks asks for together) gets one actor a network; a
worker asks one of them and waits. Where there is none, nothing here starts and the workers run the networks themselves.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from pipeline.serving.batcher import DynamicBatcher
from pipeline.serving.network_client import HEALTH, NetworkClient
from stages.networks import Network

_CALLERS = 64
"""Requests one actor holds at once; more wait in Ray."""

PATIENCE = 120.0
"""Seconds in which a process must stir, the loading of its network included, or be taken for frozen."""

_FAREWELL = 0.5
"""Seconds in which a process that ends itself still sends what it has to say; the device is not used in them."""


class NetworkActor:
    """The actor: one network on the GPU that Ray gave it. Its process ends itself when the GPU fails or hangs.

    seconds: for which the items of one request may be on the GPU.
    """

    def __init__(self, network: Network, seconds: float) -> None:
        self._server = DynamicBatcher(network.model(), network.batch, seconds=seconds, end=_end)

    def label(self, items: list[np.ndarray], alone: bool) -> Iterator[list[np.ndarray] | None]:
        """None as soon as the GPU takes up `items`, then the network's answers. alone: in a batch of their own."""
        request = self._server.ask(items, alone)
        request.begun.wait()
        yield None
        yield request.answer.result()

    @ray.method(concurrency_group=HEALTH, max_task_retries=-1)
    def alive(self) -> bool:
        """True, from a process that is there and runs; that of one which is being replaced comes from the next."""
        return True

    def gpus(self) -> list[str]:
        """Ids of the GPUs that Ray gave this actor."""
        return [str(gpu) for gpu in ray.get_runtime_context().get_accelerator_ids()["GPU"]]


def _end() -> None:
    time.sleep(_FAREWELL)
    os._exit(1)


class NetworkActors:
    """The labelling actors of a run, and where they stand."""

    def __init__(self, networks: Sequence[Network], sets: int, gpus: int, seconds: float, patience: float) -> None:
        """One set of networks shares `gpus` GPUs. seconds: see NetworkActor; patience: see NetworkClient."""
        self.sets, self._seconds, self._patience = sets, seconds, patience
        self._group: PlacementGroup = placement_group([{"GPU": gpus}] * sets, strategy="PACK")
        self.actors = {network.name: [self._placed(network, k) for k in range(sets)] for network in networks}

    def client(self) -> NetworkClient:
        """The handle for workers."""
        return NetworkClient(self.actors, self._group, self._seconds, self._patience)

    def close(self) -> None:
        """End the actors and give their GPUs back."""
        for actor in itertools.chain(*self.actors.values()):
            ray.kill(actor)
        remove_placement_group(self._group)

    def _placed(self, network: Network, bundle: int) -> Any:
        place = PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=bundle)
        actor = ray.remote(concurrency_groups={HEALTH: 1})(NetworkActor).options(  # type: ignore[call-overload]
            # it waits for its GPU, not for a core
            num_cpus=0,
            num_gpus=network.resources.gpus,
            scheduling_strategy=place,
            max_restarts=-1,
            # who asks sees to that (NetworkClient): a request that ends its actor must not take others along each time
            max_task_retries=0,
            max_concurrency=_CALLERS,
        )
        return actor.remote(network, self._seconds)


def network_actors(networks: Sequence[Network], seconds: float, patience: float = PATIENCE) -> NetworkActors | None:
    """Actors for those of the networks that use GPUs, on the cluster that is joined; None without GPUs or such
    networks.

    seconds: for which one clip may keep one network busy. patience: see NetworkClient.
    """
    networks = [network for network in networks if network.resources.gpus > 0]
    if not networks:
        return None
    gpus = math.ceil(sum(network.resources.gpus for network in networks) - 1e-6)
    sets = int(ray.cluster_resources().get("GPU", 0) // gpus)
    return NetworkActors(networks, sets, gpus, seconds, patience) if sets else None
