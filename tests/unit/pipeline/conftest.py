from __future__ import annotations

import numpy as np
import pytest

from tests.made.training import frozen, pool

__all__ = ["frozen", "pool"]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
