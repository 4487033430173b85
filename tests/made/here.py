"""Running jobs/extract.py in this process, without Ray: its words, its catalog, and processes that decode as ever.

What Ray adds is tested where it matters: tests/system/test_exactly_once.py, test_gpu_actors.py, test_whole_demo.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.runtime.batches import in_batches
from pipeline import cluster
from pipeline.extraction import run as extraction
from pipeline.extraction.span_worker import SpanWorker
from stages.networks import Network
from tests.made.job import run_job


def extract(catalog: Path, *arguments: str | Path, expect: int = 0, served: bool = False) -> dict[str, Any]:
    """Run the job to its end; its summary, or {"stderr": ...} where the exit code `expect` is not 0.

    served: the networks of stages run here, as in GPU actors, and the decoding processes send them their items.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "connect", lambda workers: workers or 1)
        patch.setattr(cluster, "run", _run)
        patch.setattr(extraction, "network_actors", lambda networks, seconds: _Served(networks) if served else None)
        done = run_job("extract", "--catalog", catalog, *arguments, "--json")
    assert done.code == expect, f"exit code {done.code}\n{done.err[-3000:]}"
    return json.loads(done.out) if expect == 0 else {"stderr": done.err}


def _run(jobs: Sequence[str], worker: type, arguments: tuple[Any, ...], workers: int, column: str) -> Iterator[str]:
    """Stands for `cluster.run`: one worker, here."""
    actor = worker(*arguments)
    assert isinstance(actor, SpanWorker)
    try:
        for job in jobs:
            yield from actor({"job": [job]})[column]
    finally:
        actor.close()


class _Served:
    """Stands for `NetworkActors`: each network is loaded here when it is first asked."""

    sets = 1

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = {network.name: network for network in networks}
        self._models: dict[str, Any] = {}

    def client(self) -> Callable[[str, list[Any]], list[Any]]:
        return self._infer

    def _infer(self, name: str, items: list[Any]) -> list[Any]:
        network = self._networks[name]
        if name not in self._models:
            self._models[name] = network.model()
        return in_batches(self._models[name], items, network.batch)

    def close(self) -> None:
        pass
