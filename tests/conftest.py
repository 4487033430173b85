"""Fixtures for all tests: where the shared test material is, the demo's sample clips; and their order."""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.root import ROOT, SHARED

# two processes share two cores: how long an example takes says nothing
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

pytest_plugins = ["tests.made.job", "tests.made.catalog_root"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What joins the one Ray of all tests comes last, so that it is there for no longer than it is needed."""
    items.sort(key=lambda item: "shared_head" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test material beside the repository."""
    if not (SHARED / "clips").is_dir():
        pytest.skip(f"no test material at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def tracks(pytestconfig: pytest.Config) -> Path:
    """A folder for what stages make of clips, which takes seconds each; pytest's cache keeps it until code changes."""
    from benchmarks.labelling.shelf import code_key

    folder = pytestconfig.cache.mkdir(f"tracks-{code_key()}")
    for other in folder.parent.glob("tracks-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


@pytest.fixture(scope="session")
def samples(pytestconfig: pytest.Config) -> Path:
    """A folder with the demo's sample clips; pytest's cache keeps them until what makes them changes."""
    from pipeline.demo.samples import make_samples

    folder = pytestconfig.cache.mkdir(f"samples-{_made_by()}")
    with FileLock(folder.with_suffix(".lock")):
        make_samples(folder)
    return folder


def _made_by() -> str:
    """What the bytes of the sample clips depend on: the code that makes them, and the packages."""
    code = [*sorted((ROOT / "pipeline" / "demo").glob("*.py")), ROOT / "stages" / "video" / "encode.py"]
    packages = [f"{name} {version(name)}" for name in ("av", "numpy", "opencv-python-headless", "py-feat")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in code) + " ".join(packages).encode()).hexdigest()[:16]
