"""A sync network as a task of the training core."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from models.runtime.device import moved
from models.sync.face_features import DYNAMICS
from models.sync.losses import info_nce
from models.sync.network import SyncNetwork, mean_and_deviation
from pipeline.errors import UsageError
from pipeline.sync.clips import SyncClip
from pipeline.sync.settings import SyncTraining
from pipeline.training.optimisation import Group, Optimisation, WarmUpThenDecay
from pipeline.training.task import Outcome, Quiet

_LEAST = 4
"""Clips without which nothing can be told apart."""


@dataclass(frozen=True)
class SyncBatch:
    """Windows of clips in step: sound [N, T, A], face [N, T, F]."""

    sound: torch.Tensor
    face: torch.Tensor

    def to(self, device: torch.device) -> SyncBatch:
        """The same on a device."""
        return SyncBatch(moved(self.sound, device), moved(self.face, device))


@dataclass(frozen=True)
class SyncTask(Quiet):
    """Windows of clips, of which each moment's sound is to be told from all others'. name: in words; its folder's."""

    clips: Sequence[SyncClip]
    training: SyncTraining
    name: str

    weights: ClassVar[Mapping[str, float]] = {"info_nce": 1.0}

    def __post_init__(self) -> None:
        if len(self._usable) < _LEAST:
            raise UsageError(
                f"{self.name}: {len(self._usable)} clips of {self.training.window} frames in step are too few, at "
                f"least {_LEAST} are needed: extract more talking people, or keep fewer out"
            )

    @property
    def optimisation(self) -> Optimisation:
        training = self.training
        return Optimisation(
            steps=training.steps,
            lr=training.lr,
            schedule=WarmUpThenDecay(100, 1.0),
            weight_decay=training.decay,
            clip=1.0,
            ema=0.99,
            seed=training.seed,
        )

    def module(self) -> SyncNetwork:
        torch.manual_seed(self.training.seed)
        network = SyncNetwork(self.clips[0].sound.shape[1], self.training.dropout)
        network.measured(*self._every)
        return network

    def groups(self, module: nn.Module) -> list[Group]:
        return [Group(list(module.parameters()))]

    def draw(self, step: int, rank: int, world: int) -> list[SyncBatch]:
        training = self.training
        random = np.random.default_rng((training.seed, step, rank))
        count = max(2, training.clips // world)
        sounds, faces = zip(*(self._window(random) for _ in range(count)), strict=True)
        return [SyncBatch(torch.from_numpy(np.stack(sounds)), torch.from_numpy(np.stack(faces)))]

    def losses(self, module: nn.Module, batch: SyncBatch, step: int) -> Outcome:
        return Outcome({"info_nce": info_nce(*module(batch.sound, batch.face))})

    def saw(self) -> dict[str, Any]:
        """Of each clip its file, and by how much its sound is taken to be late."""
        every = [(clip.clip_id, clip.content, clip.offset) for clip in self.clips]
        return {"clips": hashlib.blake2b(repr(every).encode(), digest_size=16).hexdigest()}

    def settings(self) -> dict[str, Any]:
        return asdict(self.training)

    def _window(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Sound [T, A] and face [T, F] of a random window, not quite as they are."""
        training, (sound_std, face_std) = self.training, self._deviations
        clip = self._usable[random.choice(len(self._usable), p=self._chances)]
        first, last = clip.in_step
        sound, face = clip.moment(int(random.integers(first, last - training.window + 1)), training.window)
        sound = sound + training.sound_noise * sound_std * random.standard_normal(sound.shape, np.float32)
        noise = training.face_noise * face_std * random.standard_normal(face.shape, np.float32)
        there = face[:, -2:].copy()
        face = face * np.float32(1 + 0.2 * random.standard_normal()) + noise
        chance = float(random.random())
        if there.all() and chance < 2 * training.absent:
            there[:, 0 if chance < training.absent else 1] = 0
        face[:, -2:] = there
        face[:, :DYNAMICS] *= there[:, :1]
        face[:, DYNAMICS:-2] *= there[:, 1:]
        return sound, face

    @cached_property
    def _usable(self) -> list[SyncClip]:
        return [clip for clip in self.clips if clip.in_step[1] - clip.in_step[0] >= self.training.window]

    @cached_property
    def _chances(self) -> np.ndarray:
        lengths = np.array([len(clip.sound) for clip in self._usable], np.float64)
        return lengths / lengths.sum()

    @cached_property
    def _every(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Sound [M, A] and faces [M, F] of all frames."""
        sound = np.concatenate([clip.sound for clip in self._usable]).astype(np.float32)
        return torch.from_numpy(sound), torch.from_numpy(np.concatenate([clip.face for clip in self._usable]))

    @cached_property
    def _deviations(self) -> tuple[np.ndarray, np.ndarray]:
        sound, face = (mean_and_deviation(values)[1].numpy() for values in self._every)
        return sound, face
