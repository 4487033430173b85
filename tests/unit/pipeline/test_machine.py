"""What a run records of the machine and of the packages."""

from __future__ import annotations

import json
import os
import platform

import pyarrow as pa

from pipeline.machine import machine, versions


def test_versions_name_python_and_the_packages() -> None:
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["pyarrow"] == pa.__version__
    assert {"ray", "duckdb", "numpy", "av", "decord", "ai-edge-litert", "onnxruntime"} <= set(found)


def test_machine_is_plain_json() -> None:
    found = json.loads(json.dumps(machine()))
    assert 1 <= found["cores"] <= (os.cpu_count() or 1)
    assert found["memory"] > 1 << 28
    assert found["host"] == platform.node()
    assert found["system"]
