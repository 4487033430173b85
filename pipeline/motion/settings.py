"""What a training of the motion generator is: preset, length, batch, optimiser, losses, and which clips count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from tyro.conf import arg

from pipeline.cli.options import Flag, Names


@dataclass(frozen=True)
class MotionWeights:
    """What each loss of models/motion/losses.py counts."""

    reconstruction: float = 1.0
    """Eq. 1 of VASA-1: the motion itself."""
    velocity: float = 0.5
    """Its steps from frame to frame, each number's over how it usually moves."""


@dataclass(frozen=True)
class Dropped:
    """How often conditions are left out, each by itself (`models.motion.dropout`)."""

    each: float = 0.1
    """Sound, gaze, distance and emotion."""
    previous: float = 0.5
    """The frames before, with their sound, as before a first window."""
    tail: float = 0.2
    """The sound of a window's last frames, as where sound ends."""
    longest_tail: float = 0.5
    """The most of a window's frames that these are."""


@dataclass(frozen=True)
class MotionTraining:
    """A training of the motion generator. A step takes windows of clips, each noised to a random degree."""

    preset: Literal["tiny", "paper"] = "tiny"
    """Sizes of the network and of its windows: tiny for CPUs and minutes of speech, paper as in VASA-1."""
    steps: int = 1_500
    """Steps of the optimiser."""
    batch: int = 16
    """Windows of a step, over all workers."""
    lr: Annotated[float, arg(name="rate")] = 1e-3
    """AdamW's learning rate."""
    warm_up: int = 200
    """Steps in which the rate rises to that."""
    decay_fraction: Annotated[float, arg(name="fall")] = 1.0
    """Share of the steps, the last ones, over which it falls to a twentieth along half a cosine."""
    decay: float = 0.01
    """Weight decay."""
    clip: float = 1.0
    """The gradient's largest norm."""
    ema: float = 0.995
    """Decay of the averaged weights, which are what is kept."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Of the network; auto: bf16 where the processor has it, as it takes much longer elsewhere."""
    audio_noise: float = 0.7
    """Deviation of what is added to standardised features of sound: without it a few people's are learned by heart."""
    dropped: Dropped = field(default_factory=Dropped)
    first: float = 3.0
    """What the step into a window's first frame counts, where the frames before it are told, beside the others."""
    weights: MotionWeights = field(default_factory=MotionWeights)
    leading: float = 4.0
    """By how much more than its last ones the first numbers of z_dyn count, which tell the mouth."""
    speech: float = 0.25
    """Share of speech that a clip with sound must have: music and silence move no lips."""
    silent: Flag = False
    """Learn from clips without sound too."""
    least_sync: float = 0.15
    """Clips whose `sync` is known and below are left out: their voice is another's, or nobody can tell where their
    sound belongs."""
    held_out_subjects: Annotated[tuple[int, int], arg(name="kept-out")] = (9, 4)
    """Subjects never trained on, by a hash of who they are: for scores, and for choices."""
    skip: Names = ()
    """Names of files that are not trained on, with * and ?, for example where a licence forbids it."""
    seed: int = 0
    """Of weights, draws and noise; who is kept out does not depend on it."""
