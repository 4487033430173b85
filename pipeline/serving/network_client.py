"""NetworkClient the networks on GPU actors, and what to do when the actor that was asked is lost."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import ray
from ray.exceptions import ActorDiedError, RayActorError, RayTaskError
from ray.util.placement_group import PlacementGroup

from pipeline.serving.batcher import DeviceLost, Overdue

HEALTH = "health"
"""The actors' concurrency group of the question whether they are alive, which no request keeps waiting."""

_TRIES_ALONE = 2
"""Times a request is tried in a batch of its own after its actor was lost, each time on another process."""

_MOST_LOSSES = 100
"""Losses a request sees, most of them others', before it gives up."""


class NetworkLost(RuntimeError):
    """A network's processes were lost, each time with these items on the GPU; says what to do."""


class NetworkOverdue(TimeoutError):
    """A network gave no answer to these items within the limit; says what to do."""


class NetworkClient:
    """What a worker holds: finds an actor for a network's items and waits for its answers. Travels to workers.

    An actor that is lost is replaced by Ray and asked again. Since requests share batches, the first loss may be
    another's: from then on these items go alone, and only losses while they are on the GPU are theirs. An actor that
    has not answered in `seconds` is asked whether it is alive, and killed when it does not say so in `patience`
    seconds.
    """

    def __init__(self, actors: dict[str, list[Any]], group: PlacementGroup, seconds: float, patience: float) -> None:
        self._actors, self._group, self._seconds, self._patience = actors, group, seconds, patience
        self._turn = itertools.count()
        self._placed = False

    def __call__(self, network: str, items: list[np.ndarray]) -> list[np.ndarray]:
        """Answers of the network of that name, in the order of `items`.

        Raises what the network raised, NetworkLost or NetworkOverdue.
        """
        while not self._placed:
            self._placed = self._group.wait(60)  # other jobs may hold the GPUs for hours
        sent = ray.put(items)
        lost = late = 0
        for loss in range(_MOST_LOSSES):
            actor, begun, alone = self._next(network), False, loss > 0
            try:
                if alone:
                    self._answered(actor, actor.alive.remote())
                stream = actor.label.options(num_returns="streaming").remote(sent, alone)
                self._answered(actor, stream)
                begun = True
                return self._answered(actor, stream)
            except Overdue as error:
                late += 1
                if (alone and begun) or late > _TRIES_ALONE:
                    raise NetworkOverdue(_overdue(network, error, begun)) from error
            except (DeviceLost, RayActorError) as error:
                lost += alone and begun
                if lost == _TRIES_ALONE or loss == _MOST_LOSSES - 1:
                    raise NetworkLost(_lost(network, error)) from error
        raise AssertionError("the last loss raises")

    def _next(self, network: str) -> Any:
        actors = self._actors[network]
        return actors[next(self._turn) % len(actors)]

    def _answered(self, actor: Any, answer: Any) -> Any:
        """What comes next of `answer`, a reference or a stream of them. An actor that does not stir is killed."""
        while not ray.wait([answer], timeout=self._seconds)[0]:
            ping = actor.alive.remote()
            if not ray.wait([answer, ping], timeout=self._patience)[0]:
                ray.kill(actor, no_restart=False)
                raise Overdue(f"its process has not stirred for {self._seconds + self._patience:g} s")
        try:
            return ray.get(next(answer) if isinstance(answer, ray.ObjectRefGenerator) else answer)
        except RayTaskError as error:
            # Ray's own holds the traceback of the actor in its text
            raise (error.cause if isinstance(error.cause, Exception) else error) from None


def _overdue(network: str, error: Overdue, begun: bool) -> str:
    if not begun:
        return f"network {network}: {error}, {_TRIES_ALONE + 1} times; look at the GPU, then decide with --retry-failed"
    return (
        f"network {network}: {error} at this clip alone, on a fresh GPU process; raise --timeout, or leave the clip "
        "out; --retry-failed decides it again"
    )


def _lost(network: str, error: Exception) -> str:
    if isinstance(error, DeviceLost):
        cause = str(error)
    elif isinstance(error, ActorDiedError):
        cause = str(error).strip().splitlines()[-1].strip()
    else:
        cause = "it died; Ray's logs say of what"
    return (
        f"network {network}: its GPU process was lost at this clip each time, at last with this clip alone on it "
        f"({cause}); look at the clip, or decide it on the CPU: VASARI_DEVICE=cpu with --retry-failed"
    )
