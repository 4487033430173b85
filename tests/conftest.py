"""Fixtures for all tests: where the shared test material is, the demo's sample clips, and what starts Ray."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.root import ROOT, SHARED

pytest_plugins = ["tests.made.job", "tests.made.catalog_root"]

RAY = ("system/jobs/", "system/test_", "system/pipeline/test_cluster.py", "system/pipeline/faces/")
"""Tests that start Ray, one after the other: beside another Ray, one that starts may wait for its node in vain."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts Ray is marked: `make test` runs it after all else, in one process."""
    for item in items:
        if item.path.relative_to(ROOT / "tests").as_posix().startswith(RAY):
            item.add_marker(pytest.mark.ray)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test material beside the repository."""
    if not (SHARED / "clips").is_dir():
        pytest.skip(f"no test material at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's sample clips."""
    from pipeline.demo.samples import make_samples

    folder = tmp_path_factory.mktemp("samples")
    make_samples(folder)
    return folder
