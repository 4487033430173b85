"""What a run ran on, for its row in `runs`."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

_PACKAGES = (
    "ray",
    "pyarrow",
    "duckdb",
    "numpy",
    "scipy",
    "av",
    "decord",
    "opencv-python-headless",
    "ai-edge-litert",
    "onnx",
    "onnxruntime",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that touch the data."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def machine() -> dict[str, Any]:
    """Host name, system, cores this process may use and memory in bytes."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }
