"""What a sync training is: length, batch, noise, and which clips it learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from pipeline.cli.options import Names


@dataclass(frozen=True)
class SyncTraining:
    """A training of the network that puts sound and face in step."""

    steps: int = 1_500
    """Steps of each of the trainings that this is made of."""
    rounds: int = 2
    """Times that every clip's own offset is found by a network that has not seen its people, before the last training;
    0: clips are taken for being in step."""
    clips: int = 12
    """Windows of a step."""
    window: int = 50
    """Frames of a window, 25 a second; shorter clips are not learned from."""
    lr: Annotated[float, arg(name="rate")] = 2e-3
    """AdamW's learning rate."""
    decay: float = 0.05
    """Weight decay."""
    dropout: float = 0.3
    """Of features within the towers."""
    sound_noise: float = 0.3
    """Deviation of what is added to features of sound, of theirs."""
    face_noise: float = 0.15
    """Deviation of what is added to features of faces, of theirs."""
    absent: float = 0.2
    """Share of the windows whose z_dyn is not shown, and as many whose landmarks are not: either alone must do."""
    most: int = 8
    """Frames by which a clip may be off; one whose offset is found farther away is not learned from."""
    sure: float = 0.15
    """How sure a clip's offset must be for the clip to be learned from."""
    speech: float = 0.25
    """Share of speech that a clip must have."""
    most_clips: int = 4_000
    """Clips that are read at most, the first by a hash: some 100 kB of memory each."""
    held_out_subjects: Annotated[tuple[int, int], arg(name="kept-out")] = (9, 4)
    """Subjects never trained on, by a hash of who they are: for scores, and for choices."""
    skip: Names = ()
    """Names of files that are not trained on, with * and ?, for example where a licence forbids it."""
    seed: int = 0
    """Of weights, draws and noise; who is kept out does not depend on it."""
