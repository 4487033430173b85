"""On what a training's workers run, and how long they wait for each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
import torch
from torch import multiprocessing

from models.runtime.device import TOLD
from pipeline.errors import UsageError
from pipeline.training import under_ray
from pipeline.training.distributed import Workers
from pipeline.training.halt import Halt, Stopped
from pipeline.training.launch import Launch
from pipeline.training.under_ray import gpus_for
from tests.system.pipeline.training import two_waiting

DAY_S = 24 * 3600


@pytest.fixture(autouse=True)
def _built_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOLD, raising=False)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)


def cluster(monkeypatch: pytest.MonkeyPatch, **resources: float) -> None:
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0, **resources})


def test_without_gpus_on_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch)
    assert not gpus_for(4)


def test_each_worker_has_a_gpu_and_ray_is_not_asked_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch, GPU=2.0)
    assert gpus_for(1)
    assert gpus_for(2)
    with pytest.raises(
        UsageError, match=r"^3 workers need a GPU each and there are 2: give --workers 2, or VASARI_DEV"
    ):
        gpus_for(3)


def test_a_setting_or_a_pytorch_without_gpus_leaves_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch, GPU=2.0)
    monkeypatch.setenv(TOLD, "cpu")
    assert not gpus_for(3)
    monkeypatch.setenv(TOLD, "cuda:1")
    assert gpus_for(2)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: False)
    assert not gpus_for(2)


@pytest.mark.parametrize("gpus", [0.0, 2.0])
def test_workers_wait_for_the_first_one_for_days(monkeypatch: pytest.MonkeyPatch, gpus: float) -> None:
    """What it trains first takes longer than the half hour that they would wait by default."""
    cluster(monkeypatch, GPU=gpus)
    given = {}
    monkeypatch.setattr(under_ray, "TorchTrainer", lambda worker, **settings: given.update(settings))
    under_ray._trainer(Launch("a:b", {}, Path("/out"), workers=2))
    config = given["torch_config"]
    assert config.timeout_s >= 3 * DAY_S
    assert config.backend == ("cpu:gloo,cuda:nccl" if gpus else "gloo")


def ending(values: dict[str, Any], workers: Workers, halt: Halt, report: object, tell: Callable[[str], None]) -> None:
    """What a worker calls: it ends as the values say."""
    tell(f"worker {workers.rank} of {workers.world}")
    if values["how"] != "well":
        raise {
            "stopped": Stopped("SIGTERM", "step 3 of 9"),
            "wrong": UsageError("give less"),
            "not finite": FloatingPointError("step 2: the gradient of the model is inf"),
        }[values["how"]]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("well", {}),
        ("stopped", {"stopped": "SIGTERM", "at": "step 3 of 9"}),
        ("wrong", {"failure": "give less"}),
        ("not finite", {"error": "step 2: the gradient of the model is inf"}),
    ],
)
def test_how_a_worker_ends_is_told_where_it_would_end_so_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str, told: dict[str, str]
) -> None:
    """What the command makes of it: test_launch.py."""
    here = SimpleNamespace(get_world_rank=lambda: 0, get_world_size=lambda: 1, get_local_world_size=lambda: 1)
    monkeypatch.setattr(ray.train, "get_context", lambda: here)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    launch = Launch(f"{__name__}:ending", {"how": how}, tmp_path)
    assert under_ray._worker({"launch": launch}) == told
    assert launch.log.read_text() == "worker 0 of 1\n"
    assert launch.working.exists()


@pytest.mark.parametrize(("what", "heard"), [("slow", "made"), ("stopped", "SIGTERM"), ("dead", "RuntimeError")])
def test_the_others_wait_for_the_first_are_told_when_it_stops_and_end_when_it_dies(
    tmp_path: Path, what: str, heard: str
) -> None:
    began = time.monotonic()
    context = multiprocessing.spawn(two_waiting.work, (str(tmp_path), what), nprocs=2, join=False)
    for process in context.processes:
        process.join(60)
    assert [process.exitcode for process in context.processes] == [9 if what == "dead" else 0, 0]
    assert (tmp_path / "heard").read_text() == heard
    assert time.monotonic() - began < 50
