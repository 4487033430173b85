"""On what a training runs."""

from __future__ import annotations

import pytest
import ray
import torch

from models.device import TOLD
from pipeline.command import Failure
from pipeline.faces.run import _gpus_for


@pytest.fixture(autouse=True)
def _built_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOLD, raising=False)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)


def cluster(monkeypatch: pytest.MonkeyPatch, **resources: float) -> None:
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0, **resources})


def test_without_gpus_on_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch)
    assert not _gpus_for(4)


def test_each_worker_has_a_gpu_and_ray_is_not_asked_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch, GPU=2.0)
    assert _gpus_for(1)
    assert _gpus_for(2)
    with pytest.raises(Failure, match=r"^3 workers need a GPU each and there are 2: give --workers 2, or VASARI_DEV"):
        _gpus_for(3)


def test_a_setting_or_a_pytorch_without_gpus_leaves_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(monkeypatch, GPU=2.0)
    monkeypatch.setenv(TOLD, "cpu")
    assert not _gpus_for(3)
    monkeypatch.setenv(TOLD, "cuda:1")
    assert _gpus_for(2)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: False)
    assert not _gpus_for(2)
