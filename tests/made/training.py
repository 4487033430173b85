"""A small training without a frozen network that was taught: its judges have their first weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch

from models.face.dynamics import DynamicsEncoder
from models.face.identity_network import IdentityNetwork
from models.face.model import FaceModel
from models.face.presets import TINY
from models.face.reader import FaceReader
from models.weights.registry import weights
from pipeline.faces.batches import Batch, batch
from pipeline.faces.objective import Judges
from pipeline.faces.sampling import Unit
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.shown import ShownExpression
from pipeline.faces.training import Trainer, Wrap
from pipeline.faces.training_clips import Pool
from tests.made.faces import moving_clip, pool_with

SHORT = FaceTraining(steps=20, units=1, warm_up=1, swaps=0.0, shown=0.0, adversarial=2.0, precision="fp32", every=2)
"""Every loss but the discriminator's from the first step on."""
WITH_CRITIC = replace(SHORT, adversarial=0.0)
SHARED = replace(WITH_CRITIC, units=2, every=4, rate=1e-6)
"""Two units; whose turn it is all lies in one of two parts."""


def people(count: int = 4) -> Pool:
    return pool_with(*(moving_clip(who) for who in range(count)))


def judges(pool: Pool) -> Judges:
    torch.manual_seed(1)
    reader, dynamics = FaceReader().eval(), DynamicsEncoder(TINY, sighted=True).eval()
    identity = IdentityNetwork(weights("dlib_face_recognition").path()).eval()
    shown = ShownExpression(pool.space)
    return Judges(reader.requires_grad_(False), identity, dynamics.requires_grad_(False), shown)


def trainer(
    training: FaceTraining,
    pool: Pool,
    frozen: Judges,
    wrap: Wrap = lambda module: module,
    tell: Callable[[str], None] = lambda text: None,
) -> Trainer:
    torch.manual_seed(0)
    share = torch.from_numpy(pool.space.share)
    return Trainer(training, FaceModel(TINY), frozen, share, torch.device("cpu"), wrap, tell)


def only(**weight: float) -> LossWeights:
    """These losses alone."""
    return replace(LossWeights(**dict.fromkeys(vars(LossWeights()), 0.0)), **weight)


def parts(pool: Pool, units: Sequence[Unit], count: int = 1) -> list[Batch]:
    """Units as so many batches."""
    size = len(units) // count
    return [batch(pool, units[place : place + size], TINY.face, 0) for place in range(0, len(units), size)]


def gradients(of: Trainer) -> torch.Tensor:
    """All of the model's, in one row."""
    return torch.cat([value.grad.ravel() for value in of.model.parameters() if value.grad is not None])


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Four people."""
    return people()


@pytest.fixture(scope="session")
def frozen(pool: Pool) -> Judges:
    """What judges a training on them."""
    return judges(pool)
