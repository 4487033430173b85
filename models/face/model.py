"""The face latent model: its networks put together, from a picture and a driver's latents to the driven picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import nn

from models.face.appearance import AppearanceEncoder
from models.face.canonical import CanonicalRefiner
from models.face.decoder import Decoder
from models.face.dynamics import DynamicsEncoder
from models.face.flow import WarpGenerator
from models.face.head_mask import head_mask, moved_away, on_head
from models.face.identity import IdentityEncoder
from models.face.layers import LayerCompositor, resized
from models.face.lips import LipReadout, between_lips, hidden
from models.face.pose import PoseEncoder
from models.face.presets import Preset
from models.face.rigid import from_picture, moved, points, to_picture
from models.face.source_context import SourceContext
from models.face.warp import flowed, looked_up, sampled

ENCODERS = ("appearance", "identity", "dynamics", "pose")
"""The networks that decide a model's latents and the volumes of pictures, by their names in it; pose where it is
learned."""


@dataclass(frozen=True)
class Motion:
    """The latents that move: pose [N, 6] (`models.face.rigid`) and dynamics [N, Z]."""

    pose: torch.Tensor
    dynamics: torch.Tensor

    def with_pose(self, other: Motion) -> Motion:
        """This expression in another's pose."""
        return Motion(other.pose, self.dynamics)


@dataclass(frozen=True)
class Person:
    """What a source picture gives: the canonical volume [N, C, D, H, H] and z_id [N, I, k, k].

    picture [N, 3, S + 2 m, S + 2 m]: itself, in the size in which the person is drawn, with a margin of m pixels around
    it that warps may read. origin [N, 3, D, H, H]: where in the picture's own volume each cell comes from, in crop
    units. head_mask [N, 1, P, P]: where the head is in it, as fine as the decoder draws. source_context
    [N, width, H, H]: what the decoder is told of it; None where it draws all there is. between_lips [N, 1, P, P]: how
    much of a pixel is between its lips; None where the preset does not tell. pose [N, 6]: the head's in the picture.
    hair [N, 1, P, P]: what belongs to the head beyond `head_mask`; None: nothing is known of it.
    """

    volume: torch.Tensor
    identity: torch.Tensor
    picture: torch.Tensor
    origin: torch.Tensor
    head_mask: torch.Tensor
    source_context: torch.Tensor | None = None
    margin: int = 0
    between_lips: torch.Tensor | None = None
    pose: torch.Tensor | None = None
    hair: torch.Tensor | None = None

    @property
    def size(self) -> int:
        """Pixels of a side of what is drawn."""
        return self.picture.shape[2] - 2 * self.margin

    def at(self, index: torch.Tensor) -> Person:
        """The persons at these places, each as often as named."""
        return self._of_each(lambda part: part[index])

    def times(self, count: int) -> Person:
        """One person as often as that, without a copy."""
        return self._of_each(lambda part: part.expand(count, *part.shape[1:]))

    def _of_each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Person:
        parts = ((each.name, getattr(self, each.name)) for each in fields(self))
        changed: dict[str, Any] = {name: change(part) if torch.is_tensor(part) else part for name, part in parts}
        return Person(**changed)


class FaceModel(nn.Module):
    """All networks of a preset.

    Pictures are [N, 3, S, S] of the preset's size, aligned faces [N, 3, A, A], both in [0, 1].
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self.appearance = AppearanceEncoder(preset)
        self.identity = IdentityEncoder(preset)
        self.dynamics = DynamicsEncoder(preset)
        self.pose = PoseEncoder() if preset.pose == "learned" else None
        self.to_canonical = WarpGenerator(preset)
        self.from_canonical = WarpGenerator(preset)
        self.canonical = CanonicalRefiner(preset)
        self.decoder = Decoder(preset)
        self.texture = LayerCompositor(preset) if preset.layers > 1 else None
        self.beneath = SourceContext(preset) if preset.layers > 1 else None
        self.lips = LipReadout(preset) if preset.lips else None
        _, depth, side = preset.volume
        self.register_buffer("_points", points(depth, side, torch.device("cpu")), persistent=False)
        self._points: torch.Tensor

    def person(
        self, picture: torch.Tensor, motion: Motion, detailed: torch.Tensor | None = None, margin: int = 0
    ) -> Person:
        """Whom a source picture shows, given the motion it was taken in.

        detailed [N, 3, S + 2 m, S + 2 m]: the same picture at another size, in which the person is to be drawn with all
        the detail that it has there, and `margin` m pixels of what is around it; None: at the preset's.
        """
        volume, identity = self.appearance(picture), self.identity(picture)
        origin = self.origin(identity, motion)
        where = origin.permute(0, 2, 3, 4, 1)
        source_context = None
        if self.beneath is not None:
            source_context = self.beneath(volume, on_head(motion.pose, volume.shape[-1]))
        place = head_mask(motion.pose, self.preset.drawn)
        shown = picture if detailed is None else detailed
        volume = self.canonical(sampled(volume, where))
        between = self._between_lips(motion)
        return Person(volume, identity, shown, origin, place, source_context, margin, between, motion.pose)

    def source_points(
        self, origin: torch.Tensor, identity: torch.Tensor, motion: Motion, points: torch.Tensor
    ) -> torch.Tensor:
        """Where in the source picture, [N, P, 3] in crop units, the warps take points of a head in another motion from.

        origin, identity: of the source (`Person`). points [N, P, 3]: in the head's own units.
        """
        flow = self.from_canonical(motion.dynamics, identity)
        at = flowed(points[:, None, None], flow)
        return looked_up(origin, at)[:, :, 0, 0].transpose(1, 2)

    def origin(self, identity: torch.Tensor, motion: Motion) -> torch.Tensor:
        """`Person.origin`, of a source's z_id and the motion that it was taken in."""
        flow = self.to_canonical(motion.dynamics, identity)
        where = flowed(self._points.expand(len(identity), *self._points.shape), flow)
        return moved(to_picture(motion.pose), where).permute(0, 4, 1, 2, 3)

    def driven(self, person: Person, motion: Motion) -> torch.Tensor:
        """Pictures of the persons in these motions, [N, 3, S, S] as large as theirs (`Person.size`)."""
        return self.layered(person, motion)[0]

    def layered(self, person: Person, motion: Motion) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """The same, the planes of `Decoder` that they were put together from, and how much of a pixel their sources'
        lips hide [N, 1, P, P]; None of presets that do not tell."""
        flow = self.from_canonical(motion.dynamics, person.identity)
        where = flowed(moved(from_picture(motion.pose), self._points), flow)
        volume, origin = sampled(person.volume, where), looked_up(person.origin, where)
        if self.texture is None:
            mouth = self._between_lips(motion)
            planes = self.decoder(volume, motion.dynamics, person.source_context, mouth)
            return resized(planes, person.size, "bicubic").clamp(0, 1), planes, mouth
        taken = self.texture.where(volume, origin, self.preset.drawn)
        mouth = self._hidden(person, motion, taken)
        planes = self.decoder(volume, motion.dynamics, person.source_context, mouth)
        return self.texture(planes, taken, person.picture, _head(person, motion), person.margin), planes, mouth

    def _hidden(self, person: Person, motion: Motion, taken: torch.Tensor) -> torch.Tensor | None:
        between = self._between_lips(motion)
        if between is None or person.between_lips is None:
            return between
        return hidden(between, person.between_lips, taken.detach())

    def _between_lips(self, motion: Motion) -> torch.Tensor | None:
        """How much of a pixel is between the lips in pictures of these motions, [N, 1, P, P]; None of presets that do
        not tell. Pictures do not teach it: landmarks do."""
        if self.lips is None:
            return None
        return between_lips(self.lips(motion.dynamics).detach(), motion.pose, self.preset.drawn)


def _head(person: Person, motion: Motion) -> torch.Tensor:
    """Where the source picture is not seen as it was, [N, 1, P, P]: its head, and its hair when it has moved away."""
    if person.hair is None or person.pose is None:
        return person.head_mask
    return torch.maximum(person.head_mask, person.hair * moved_away(person.pose, motion.pose))
