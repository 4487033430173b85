"""People to train on, and what a training's losses are calculated with."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.faces.objective import Judges
from pipeline.faces.training_clips import Pool
from tests.made.training import judges, people


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Four people."""
    return people()


@pytest.fixture(scope="session")
def frozen(pool: Pool) -> Judges:
    """What judges a training on them."""
    return judges(pool)
