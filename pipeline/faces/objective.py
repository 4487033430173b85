"""All losses of one batch that need no discriminator: the forward pass of face training, a function a group of losses.

The groups stand in the order of VASA-1, section 3.1: pictures drawn again, what the latents must say, the paper's two
losses across poses and across people, then those that it does not have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from models.face import losses
from models.face.dynamics import DynamicsEncoder
from models.face.identity_network import IdentityNetwork, chips
from models.face.landmarks import EXPRESSIVE, INNER_LIPS
from models.face.layers import resized
from models.face.lips import outline_of
from models.face.mesh_expression import MeshExpression
from models.face.model import FaceModel, Motion, Person
from models.face.reader import SIDE, FaceReader
from models.face.rigid import aligned_faces, aligned_mouths, moved, to_picture
from pipeline.faces.batches import FrameBatch
from pipeline.faces.settings import FaceTraining

_LEVELS = 3
"""Levels of the reader's features that pictures are compared by."""
_WIDEST = (20.0, 45.0)
"""How far heads are turned at most where there is no true picture: degrees of pitch and yaw."""
_GOLDEN = (0.7548776662466927, 0.5698402909980532)
"""Steps of an evenly spread sequence of points in a square (Roberts' R2)."""

_FROM_THE_FIRST_STEP = (
    *("reconstruction", "dissimilarity", "perceptual", "gaze", "mouth", "landmarks"),
    *("expression", "landmark_warp", "pose", "lip_readout"),
)
_ACROSS = ("transfer", "identity", "cycle", "cross_dynamics", "source_fidelity")
_LIPS, _LIDS = 0.03, 0.1
"""By how much the lips and lids of talking people mostly differ from how they are at rest, as the mesh reads them."""
_OF_A_DISCRIMINATOR = ("adversarial", "matching")


@dataclass(frozen=True)
class LossSpec:
    """weight: what a loss counts. start: its first step. every: of so many clips, or units, one takes part."""

    name: str
    weight: float
    start: int = 0
    every: int = 1


def loss_table(training: FaceTraining) -> dict[str, LossSpec]:
    """All losses of a training by name, in the order in which they are computed."""
    cross, mesh, gan = (
        math.ceil(share * training.steps) for share in (training.cross_start, training.mesh_start, training.gan_start)
    )
    schedule = {
        **dict.fromkeys(_FROM_THE_FIRST_STEP, (0, 1)),
        **dict.fromkeys(_ACROSS, (cross, training.every)),
        "mesh_expression": (mesh, training.looked_at),
        "opening": (mesh, training.looked_at),
        "cross_mesh_expression": (max(cross, mesh), training.every),
        "cross_opening": (max(cross, mesh), training.every),
        **dict.fromkeys(_OF_A_DISCRIMINATOR, (gan, 1)),
    }
    weights = training.weights
    return {name: LossSpec(name, getattr(weights, name), *each) for name, each in schedule.items()}


@dataclass(frozen=True)
class LossNetworks:
    """The frozen networks: landmarks, who it is (None where none is at hand), z_dyn as it was before the model, and
    expressions as the face mesh reads them."""

    reader: FaceReader
    identity: IdentityNetwork | None
    dynamics: DynamicsEncoder
    mesh: MeshExpression

    def to(self, device: torch.device) -> LossNetworks:
        """The same on a device."""
        identity = None if self.identity is None else self.identity.to(device)
        return LossNetworks(self.reader.to(device), identity, self.dynamics.to(device), self.mesh.to(device))


@dataclass(frozen=True)
class ModelOutput:
    """What the model makes of a batch. code [N, Z]: z_dyn; own: the frames' motion, with noise in it; person: whom they
    show; driven [N, 3, F, F]: each frame's person in its partner's motion."""

    batch: FrameBatch
    code: torch.Tensor
    own: Motion
    person: Person
    driven: torch.Tensor

    @property
    def clips(self) -> int:
        """How many; frame i of clip c is at c, frame j at `clips` + c."""
        return len(self.batch.picture) // 2


@dataclass(frozen=True)
class Found:
    """losses: by name, unweighted, each a mean over the batch. pictures [N + M, 3, F, F]: each frame's from the other
    frame, then M of people driven by others, if it was anybody's turn. mouths [N + M, 3, F / 4, F / 4]: theirs."""

    losses: dict[str, torch.Tensor]
    pictures: torch.Tensor
    mouths: torch.Tensor


@dataclass(frozen=True)
class _Across:
    """pictures [M, 3, F, F] of people driven by others, and the poses [M, 6] of the heads in them."""

    pictures: torch.Tensor
    poses: torch.Tensor


class Objective(nn.Module):
    """The model under its losses. share [K]: how much each number of an expression counts."""

    def __init__(self, model: FaceModel, training: FaceTraining, share: torch.Tensor) -> None:
        super().__init__()
        self.model = model
        self._noise = training.noise
        self._lips_further, self._lids_further = training.lips_further, training.lids_further
        self._table = loss_table(training)
        self.register_buffer("_share", share, persistent=False)
        self._share: torch.Tensor

    def forward(self, batch: FrameBatch, networks: LossNetworks, step: int) -> Found:
        """Losses that have not begun, or of which it is nobody's turn, are not there."""
        drawn = self._output(batch)
        pictures, poses = [drawn.driven], [batch.pose.roll(drawn.clips, 0)]
        across, said = self._across_people(drawn, networks, step)
        if across is not None:
            pictures.append(across.pictures)
            poses.append(across.poses)
        groups = (
            self._pictures(drawn, networks),
            self._latents(drawn),
            self._transfer(drawn, networks, step),
            said,
            self._mesh_expression(drawn, networks, step),
            self._source_fidelity(drawn, step),
        )
        made = torch.cat(pictures)
        found = {name: value for group in groups for name, value in group.items()}
        return Found(found, made, aligned_mouths(made, torch.cat(poses)))

    def _output(self, batch: FrameBatch) -> ModelOutput:
        model = self.model
        assert batch.noise is not None
        code = model.dynamics(batch.face, batch.landmark_features)
        own = Motion(posed_by(model, batch), code + self._noise * batch.noise)
        person = model.person(batch.picture, own, batch.detailed)
        return ModelOutput(batch, code, own, person, model.driven(person, _partners(own)))

    def _pictures(self, drawn: ModelOutput, networks: LossNetworks) -> dict[str, torch.Tensor]:
        """Driven pictures against the partners' true ones."""
        batch, half, driven = drawn.batch, drawn.clips, drawn.driven
        wanted, weight, eyes, mouth, pose = (
            each.roll(half, 0) for each in (batch.detailed, batch.weight, batch.eyes, batch.mouth, batch.pose)
        )
        found = self._features(networks.reader, driven, pose)
        with torch.no_grad():
            real = self._features(networks.reader, wanted, pose)
        sizes = losses.sizes_of(real[:_LEVELS]).mean(1)
        return {
            "reconstruction": losses.reconstruction(driven, wanted, weight),
            "dissimilarity": losses.dissimilarity(driven, wanted, weight),
            "perceptual": losses.perceptual(found[:_LEVELS], real[:_LEVELS], sizes),
            "gaze": losses.gaze(driven, wanted, eyes),
            "mouth": losses.mouth(driven, wanted, mouth),
            "landmarks": losses.landmarks(networks.reader.landmarks(found), networks.reader.landmarks(real)),
        }

    def _latents(self, drawn: ModelOutput) -> dict[str, torch.Tensor]:
        """What landmarks tell: z_dyn's first numbers, where the warps take points from, a learned pose."""
        batch, person, own = drawn.batch, drawn.person, drawn.own
        found = {
            "expression": losses.expression(drawn.code, batch.expression, self._share),
            "landmark_warp": losses.landmark_warp(
                *source_points(self.model, batch, person.origin, person.identity, own)
            ),
        }
        if self.model.pose is not None:
            found["pose"] = losses.pose(own.pose, batch.pose)
        if self.model.lips is not None:
            lips = self.model.lips(drawn.code.detach())
            found["lip_readout"] = losses.lip_readout(lips, outline_of(batch.points), _LIPS)
        return found

    def _transfer(self, drawn: ModelOutput, networks: LossNetworks, step: int) -> dict[str, torch.Tensor]:
        """Both pictures of the face with i's pose and j's dynamics, of the clips whose turn it is."""
        turn, share = self._turn("transfer", drawn.clips, step)
        if not turn or not self._table["transfer"].weight:  # four drawings for nothing
            return {}
        i = torch.tensor(turn)
        j = i + drawn.clips
        mixed = _at(drawn.own, j).with_pose(_at(drawn.own, i))
        both = Motion(mixed.pose.repeat(2, 1), mixed.dynamics.repeat(2, 1))
        pictures = self.model.driven(drawn.person.at(torch.cat([j, i])), both)
        one, other = pictures.chunk(2)
        features = self._features(networks.reader, pictures, drawn.batch.pose[i].repeat(2, 1))
        halves = [level.chunk(2) for level in features]
        ours, theirs = ([half[side] for half in halves[:_LEVELS]] for side in range(2))
        apart = losses.perceptual(ours, theirs, losses.sizes_of(theirs))
        landmarks = networks.reader.landmarks(features).chunk(2)
        return {"transfer": share * (losses.transfer(one, other) + 0.1 * apart + losses.landmarks(*landmarks))}

    def _across_people(
        self, drawn: ModelOutput, networks: LossNetworks, step: int
    ) -> tuple[_Across | None, dict[str, torch.Tensor]]:
        """People driven by the other subject of their unit, in units whose turn it is: pictures of them, and who they
        are and what they do there.

        Of both frames of a clip, the source is the one whose mouth is less open and the driver the one whose mouth is
        more open: what a closed mouth hides must be drawn.
        """
        batch, half = drawn.batch, drawn.clips
        turn, share = self._turn("identity", half // 2, step)
        if not turn:
            return None, {}
        first = both_of(turn).to(batch.picture.device)
        lips = _lips(batch)
        source = torch.where(lips[first] <= lips[first + half], first, first + half)
        driver = torch.where(lips[first ^ 1] > lips[(first ^ 1) + half], first ^ 1, (first ^ 1) + half)
        left = [(each + half) % (2 * half) for each in (source, driver)]
        picture, pose = self.model.driven(drawn.person.at(source), _at(drawn.own, driver)), batch.pose[driver]
        found = {}
        if networks.identity is not None:
            with torch.no_grad():
                known = networks.identity(chips(batch.detailed[source], batch.pose[source]))
            found["identity"] = losses.identity(known, networks.identity(chips(picture, pose)))
        side, kinds = self.model.preset.face, len(self._share)
        with torch.no_grad():
            codes = networks.dynamics(aligned_faces(batch.picture, batch.pose, side))[:, :kinds]
        code = networks.dynamics(aligned_faces(self._shown(picture), pose, side))[:, :kinds]
        others = torch.stack([codes[source], codes[left[0]], codes[left[1]]], 1)
        found["cycle"] = losses.cycle(code, codes[driver], others)
        found["cross_dynamics"] = losses.counted(code - codes[driver], self._share)
        if step >= self._table["cross_mesh_expression"].start:
            with torch.no_grad():
                before = networks.mesh(batch.detailed[source], batch.pose[source]).numbers
                lips = networks.mesh(batch.detailed[driver], pose).lips
            change = batch.expression[driver] - batch.expression[source]
            after = networks.mesh(picture, pose)
            mesh_share = networks.mesh.share
            found["cross_mesh_expression"] = losses.cross_mesh_expression(after.numbers, before, change, mesh_share)
            # closed lips are together in everybody's face, so a stranger's mouth opens as far as the driver's
            found["cross_opening"] = losses.opening(after.lips, lips, _LIPS)
        return _Across(picture, pose), {name: share * value for name, value in found.items()}

    def _mesh_expression(self, drawn: ModelOutput, networks: LossNetworks, step: int) -> dict[str, torch.Tensor]:
        """What the mesh sees in driven pictures against what it sees in true ones, of the clips whose turn it is."""
        turn, share = self._turn("mesh_expression", drawn.clips, step)
        if not turn:
            return {}
        looked_at = torch.tensor([*turn, *(place + drawn.clips for place in turn)])
        wanted = looked_at.roll(len(turn))
        pose = drawn.batch.pose[wanted]
        with torch.no_grad():
            true = networks.mesh(drawn.batch.detailed[wanted], pose)
        found = networks.mesh(drawn.driven[looked_at], pose)
        lips, lids = losses.further(true.lips, self._lips_further), losses.further(true.lids, self._lids_further)
        open_ = losses.opening(found.lips, lips, _LIPS) + losses.opening(found.lids, lids, _LIDS)
        shown = losses.mesh_expression(found.numbers, true.numbers, networks.mesh.share)
        return {"mesh_expression": share * shown, "opening": share * open_}

    def _source_fidelity(self, drawn: ModelOutput, step: int) -> dict[str, torch.Tensor]:
        """What is not the sources' in people whose heads turn far, with the dynamics of the other of their unit."""
        turn, share = self._turn("source_fidelity", drawn.clips // 2, step)
        if not turn or self.model.texture is None:
            return {}
        source = both_of(turn)
        pose = turned(drawn.own.pose[source], [drawn.batch.numbers[place] for place in source.tolist()])
        motion = Motion(pose, drawn.own.dynamics[(source ^ 1) + drawn.clips])
        _, planes, hidden = self.model.layered(drawn.person.at(source), motion)
        return {"source_fidelity": share * losses.source_fidelity(planes, hidden)}

    def _features(self, reader: FaceReader, picture: torch.Tensor, pose: torch.Tensor) -> list[torch.Tensor]:
        return reader.features(aligned_faces(self._shown(picture), pose, SIDE))

    def _shown(self, picture: torch.Tensor) -> torch.Tensor:
        """Pictures as small as networks that know the preset's size alone are shown them."""
        return resized(picture, self.model.preset.size)

    def _turn(self, name: str, count: int, step: int) -> tuple[list[int], float]:
        """`turn_of` a loss; nobody's before it begins."""
        spec = self._table[name]
        return turn_of(count, step, spec.every) if step >= spec.start else ([], 0.0)


def turn_of(count: int, step: int, every: int) -> tuple[list[int], float]:
    """Whose turn it is of so many places, one of `every`, another one at each step; and what their mean then counts.

    It counts 1 in the mean over steps, however a step's clips are shared by workers and parts.
    """
    turn = [place for place in range(count) if (place + step) % every == 0]
    return turn, len(turn) * every / count


def both_of(units: Sequence[int]) -> torch.Tensor:
    """The places of both clips of units."""
    return torch.tensor([2 * unit + clip for unit in units for clip in range(2)])


def posed_by(model: FaceModel, batch: FrameBatch) -> torch.Tensor:
    """The poses [N, 6] that a model drives by: as it reads them off pictures, where it learns that."""
    return batch.pose if model.pose is None else model.pose(batch.picture)


def source_points(
    model: FaceModel, batch: FrameBatch, origin: torch.Tensor, identity: torch.Tensor, own: Motion
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where in its partner's picture the warps take each frame's landmarks from, and where they are there, [N, P, 3].

    origin, identity: of the frames (`Person`), own: their motion.
    """
    half = len(batch.picture) // 2
    found = model.source_points(origin, identity, _partners(own), batch.points.roll(half, 0))
    return found, moved(to_picture(batch.pose), batch.points[:, None, None])[:, 0, 0]


def turned(pose: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
    """Poses [N, 6] with other pitches and yaws: the clips' numbers spread them evenly over all that heads do."""
    drawn = torch.tensor(numbers, dtype=torch.float64)[:, None] * torch.tensor(_GOLDEN, dtype=torch.float64)
    degrees = (2 * (drawn % 1) - 1) * torch.tensor(_WIDEST)
    return torch.cat([degrees.to(pose), pose[:, 2:]], 1)


def _lips(batch: FrameBatch) -> torch.Tensor:
    """How far apart the inner lips are [N], in the heads' own units."""
    upper, lower = (batch.points[:, EXPRESSIVE.index(point)] for point in INNER_LIPS)
    return (upper - lower).norm(dim=1)


def _partners(motion: Motion) -> Motion:
    """The motion of each frame's partner."""
    half = len(motion.pose) // 2
    return Motion(motion.pose.roll(half, 0), motion.dynamics.roll(half, 0))


def _at(motion: Motion, index: torch.Tensor) -> Motion:
    return Motion(motion.pose[index], motion.dynamics[index])
