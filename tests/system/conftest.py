"""One Ray for the tests that do not ask how Ray is started or what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.heads import ray_head


@pytest.fixture(scope="session")
def shared_head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What in the environment leads to a Ray with room for two workers."""
    with ray_head(tmp_path_factory.mktemp("r"), "--num-cpus=3") as environment:
        yield {name: environment[name] for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_TMPDIR")}


@pytest.fixture(scope="module")
def one_ray(shared_head: dict[str, str]) -> Iterator[None]:
    """Jobs that this module starts join it, unless they say otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shared_head.items():
            patch.setenv(name, value)
        yield
