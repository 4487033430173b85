"""Running jobs/extract.py in this process, without Ray: its words, its catalog, and processes that decode as ever.

What Ray adds is tested where it matters: tests/system/test_exactly_once.py, test_gpu_actors.py, test_whole_demo.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.runtime.batches import in_batches
from pipeline.extraction import run as extraction
from stages.networks import Network
from tests.made import inline
from tests.made.job import run_job


def extract(catalog: Path, *arguments: str | Path, expect: int = 0, served: bool = False) -> dict[str, Any]:
    """Run the job to its end; its summary, or {"stderr": ...} where the exit code `expect` is not 0.

    served: the networks of stages run here, as in GPU actors, and the decoding processes send them their items.
    """
    with pytest.MonkeyPatch.context() as patch:
        inline.leave_ray_out(patch)
        if served:
            patch.setattr(extraction, "network_actors", lambda networks, seconds: _Served(networks))
        done = run_job("extract", "--catalog", catalog, *arguments, "--json")
    assert done.code == expect, f"exit code {done.code}\n{done.err[-3000:]}"
    return json.loads(done.out) if expect == 0 else {"stderr": done.err}


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
