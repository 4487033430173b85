"""A small training without a frozen network that was taught: its loss networks have their first weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.face.dynamics import DynamicsEncoder
from models.face.identity_network import IdentityNetwork
from models.face.mesh_expression import MeshExpression
from models.face.model import FaceModel
from models.face.presets import TINY
from models.face.reader import FaceReader
from models.weights.registry import weights
from pipeline.faces.batches import FrameBatch, drawn_batch
from pipeline.faces.face_task import FaceTask
from pipeline.faces.objective import LossNetworks
from pipeline.faces.sampling import ClipPair
from pipeline.faces.settings import FaceTraining, LossWeights
from pipeline.faces.training_clips import TrainingClips
from pipeline.faces.watch import Watch
from pipeline.training.distributed import ALONE
from pipeline.training.learner import Learner
from pipeline.training.sums import Sums
from tests.made.faces import moving_clip, pool_with

SHORT = FaceTraining(
    steps=20, units=1, warm_up=1, cross_start=0.0, mesh_start=0.0, gan_start=2.0, precision="fp32", every=2
)
"""Every loss but the discriminator's from the first step on."""
WITH_CRITIC = replace(SHORT, gan_start=0.0)


def people(count: int = 4) -> TrainingClips:
    return pool_with(*(moving_clip(who) for who in range(count)))


def loss_networks(pool: TrainingClips) -> LossNetworks:
    torch.manual_seed(1)
    reader, dynamics = FaceReader().eval(), DynamicsEncoder(TINY, picture_only=True).eval()
    identity = IdentityNetwork(weights("dlib_face_recognition").path()).eval()
    mesh = MeshExpression(pool.space)
    return LossNetworks(reader.requires_grad_(False), identity, dynamics.requires_grad_(False), mesh)


def face_task(training: FaceTraining, pool: TrainingClips, frozen: LossNetworks) -> FaceTask:
    torch.manual_seed(0)

    def no_watch() -> Watch:
        raise AssertionError("looked at")

    return FaceTask(training, FaceModel(TINY), frozen, pool, {}, no_watch, lambda: None, Path("/none"))


def learner(
    training: FaceTraining, pool: TrainingClips, frozen: LossNetworks, tell: Callable[[str], None] = lambda text: None
) -> Learner[FrameBatch]:
    return Learner(face_task(training, pool, frozen), torch.device("cpu"), ALONE, tell)


def seen(of: Learner[FrameBatch]) -> dict[str, float]:
    """The losses of the steps that were not settled."""
    sums = Sums()
    of.settle(sums)
    return sums.means()


def only(**weight: float) -> LossWeights:
    """These losses alone."""
    return replace(LossWeights(**dict.fromkeys(vars(LossWeights()), 0.0)), **weight)


def parts(pool: TrainingClips, units: Sequence[ClipPair], count: int = 1) -> list[FrameBatch]:
    """Units as so many batches."""
    size = len(units) // count
    return [drawn_batch(pool, units[place : place + size], TINY.face, 0) for place in range(0, len(units), size)]


@pytest.fixture(scope="session")
def pool() -> TrainingClips:
    """Four people."""
    return people()


@pytest.fixture(scope="session")
def frozen(pool: TrainingClips) -> LossNetworks:
    """The loss networks of a training on them."""
    return loss_networks(pool)
