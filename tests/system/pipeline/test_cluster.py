"""Ray: what is said when it is not there, and (slow) jobs through real actors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import ray

from pipeline import cluster
from pipeline.cluster import connect, run
from pipeline.errors import RunError
from pipeline.program import ROOT


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
    monkeypatch.setenv("PYTHONPATH", "/own/modules")
    assert connect(None) == 8
    assert connect(3) == 3
    assert asked["address"] == "10.0.0.1:6379"
    assert "num_cpus" not in asked
    assert asked["runtime_env"]["env_vars"]["PYTHONPATH"] == f"{ROOT}:/own/modules"


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


def test_the_cause_is_told_and_not_rays_advice() -> None:
    said = (
        "ray::MapWorker.submit() (pid=1)\n  File x, line 1\nValueError: no weights here\nFailed to transform after 1/1 "
        "attempts (total backoff 0.0s).\nTo change retry attempts, backoff, or which errors are retried, configure it."
    )
    assert cluster.cause(RuntimeError(said)) == "ValueError: no weights here"
    assert cluster.cause(Refused()) == "Refused"


QUIET = """
import logging, os, sys
from pipeline.ray_logs import quiet_ray
with quiet_ray():
    os.write(2, b"native code of Ray\\n")
import ray
ray._private.worker.print_to_stdstream({"lines": ["infinite retries remaining"], "pid": "raylet", "is_err": False})
logging.getLogger("ray.data").error("a word of Ray's")
os.write(2, b"native code again\\n")
print("ours", file=sys.stderr)
print("result")
"""


def test_rays_own_words_are_not_printed_and_ours_are() -> None:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{QUIET}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "result\n", "ours\n")


def test_no_jobs_need_no_ray() -> None:
    assert list(run([], object, (), 2, "done")) == []


REAL_JOBS = """
import json
from pipeline.cluster import RunError, connect, run

class Doubler:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, batch):
        return {"done": [json.dumps(self.factor * json.loads(str(text))) for text in batch["job"]]}

class Broken(Doubler):
    def __init__(self, factor):
        raise ValueError("no weights here")

connect(2)
answers = run([json.dumps(i) for i in range(20)], Doubler, (2,), 2, "done")
print(json.dumps(sorted(json.loads(text) for text in answers)))
try:
    list(run(["1"], Broken, (2,), 2, "done"))
except RunError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.ray
def test_every_job_is_answered_once_and_a_broken_worker_ends_the_run() -> None:
    """In a process of its own: what is left of a run that failed would disturb the next Ray in the same process."""
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{REAL_JOBS}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert [json.loads(line) for line in lines if line.startswith("[")] == [[2 * i for i in range(20)]]
    assert lines[-1].startswith("Ray stopped before all clips were done")
    assert lines[-1].endswith("what is done is kept: run the same command again")
