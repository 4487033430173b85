"""Ray: what is said when it is not there, and (slow) jobs through real actors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import ray

from pipeline import cluster
from pipeline.cluster import RunError, connect, run


class Refused(RuntimeError):
    pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What ray.init was asked for; there is no Ray, only its answers."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **given: seen.update(given))
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": float(seen.get("num_cpus", 8))})
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return seen


def test_alone_ray_gets_room_beside_the_workers(asked: dict[str, Any]) -> None:
    assert connect(3) == 3
    assert (asked["address"], asked["num_cpus"], asked["include_dashboard"]) == ("local", 4, False)
    assert connect(None) == len(os.sched_getaffinity(0))


def test_a_cluster_is_joined_as_it_is(asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert connect(None) == 8
    assert connect(3) == 3
    assert asked["address"] == "10.0.0.1:6379"
    assert "num_cpus" not in asked
    assert asked["runtime_env"]["env_vars"]["PYTHONPATH"] == str(cluster.ROOT)


def test_a_cluster_that_does_not_answer(asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise Refused("no route")

    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with pytest.raises(
        RunError, match=r"^cannot reach Ray at 10\.0\.0\.1:6379 \(no route\); unset RAY_ADDRESS"
    ) as caught:
        connect(None)
    assert "ray start --head" in str(caught.value)
    monkeypatch.delenv("RAY_ADDRESS")
    with pytest.raises(RunError, match="cannot reach Ray at this machine"):
        connect(None)


def test_no_jobs_need_no_ray() -> None:
    assert list(run([], object, (), 2, "done")) == []


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        connect(2)
        yield
        ray.shutdown()


@pytest.mark.slow
def test_every_job_is_answered_once_and_a_broken_worker_ends_the_run(local_ray: None) -> None:
    class Doubler:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
            return {"done": [json.dumps(self.factor * json.loads(str(text))) for text in batch["job"]]}

    class Broken(Doubler):
        def __init__(self, factor: int) -> None:
            raise ValueError("no weights here")

    answers = run([json.dumps(i) for i in range(20)], Doubler, (2,), 2, "done")
    assert sorted(json.loads(text) for text in answers) == [2 * i for i in range(20)]
    with pytest.raises(RunError, match="what is done is kept: run the same command again"):
        list(run(["1"], Broken, (2,), 2, "done"))
