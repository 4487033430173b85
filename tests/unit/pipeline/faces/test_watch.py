"""The quick look at a model while it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.face.reader import FaceReader
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.watch import Watch
from tests.made.faces import moving_clip, pool_with


class Copying:
    """Draws the source again."""

    def method(self, source: FaceCrop, drivers: list[FaceCrop], what: str = "both") -> list[np.ndarray]:
        return [source.picture] * len(drivers)


class Perfect:
    """Draws what the driver shows."""

    def method(self, source: FaceCrop, drivers: list[FaceCrop], what: str = "both") -> list[np.ndarray]:
        return [driver.picture for driver in drivers]


@pytest.fixture(scope="module")
def watch() -> Watch:
    torch.manual_seed(0)
    return Watch(pool_with(*(moving_clip(who, 12) for who in range(3))), FaceReader().eval())


def test_a_perfect_model(watch: Watch) -> None:
    figures, picture = watch.look(Perfect())  # type: ignore[arg-type]
    assert picture.shape == (3 * 96, 7 * 96, 3)
    assert picture.dtype == np.uint8
    assert set(figures) == {"watch/gain", "watch/mouth", "watch/blink", "watch/smile"}
    assert figures["watch/gain"] > 20
    for name in ("mouth", "blink", "smile"):
        assert figures[f"watch/{name}"] == pytest.approx(1, abs=1e-4)


def test_a_model_that_copies_gains_nothing_and_follows_nothing(watch: Watch) -> None:
    figures, _ = watch.look(Copying())  # type: ignore[arg-type]
    assert figures["watch/gain"] == 0
    # the same picture aligned by other poses: no more than chance
    assert all(abs(figures[f"watch/{name}"]) < 0.7 for name in ("mouth", "blink", "smile"))
