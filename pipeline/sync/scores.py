"""How well a sync network tells sound from face, on people that it has not seen.

A clip's own offset is what the network says of all of it; the clip's sound may be off, but it is off by the same
everywhere. So windows of two seconds are held against the clip they are of, clips whose sound was moved by a known
number of frames against that number, and a face is given another person's sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.sync.network import SyncNetwork, cosines
from models.sync.offset import MOST, Offset, offset_of
from pipeline.sync.clips import SyncClip
from pipeline.sync.offsets import told

WINDOW = 50
"""Frames of a window, 25 a second."""
SHIFTS = tuple(range(-8, 9))
"""By how many frames sound is moved."""
_NEAR = 1


@dataclass(frozen=True)
class Share:
    """within: of `count` attempts, the share that was told within one frame."""

    within: float
    count: int


@dataclass(frozen=True)
class SyncScores:
    """windows: against their clip's own offset; sure_windows: of clips that are sure of theirs. shifted: clips whose
    sound was moved, against by how much. strangers: windows with another person's sound, against the clip's own offset.
    clips, people: how many were scored."""

    windows: Share
    sure_windows: Share
    shifted: Share
    strangers: Share
    clips: int
    people: int


GOALS = {"sure_windows": 0.95, "shifted": 0.95, "strangers": 0.4}
"""At least; of strangers at most."""


def sync_scores(network: SyncNetwork, clips: Sequence[SyncClip], sure: float) -> SyncScores:
    """Of clips of two seconds or more; sure: from when on a clip's own offset counts as such."""
    network = network.eval()
    long = [clip for clip in clips if len(clip.sound) >= WINDOW]
    own = told(network, long)
    known = [clip for clip in long if clip.clip_id in own and own[clip.clip_id].sure >= sure]
    return SyncScores(
        _share(_windows(network, long, own)),
        _share(_windows(network, known, own)),
        _share(_shifted(network, known, own)),
        _share(_strangers(network, known, own)),
        len(long),
        len({clip.subject for clip in long}),
    )


def _share(found: Iterator[bool]) -> Share:
    every = list(found)
    return Share(float(np.mean(every)) if every else float("nan"), len(every))


def _windows(network: SyncNetwork, clips: Sequence[SyncClip], own: Mapping[str, Offset]) -> Iterator[bool]:
    for clip in clips:
        if clip.clip_id in own:
            yield from _near(cosines(network, clip.sound, clip.face, MOST), own[clip.clip_id].frames)


def _shifted(network: SyncNetwork, clips: Sequence[SyncClip], own: Mapping[str, Offset]) -> Iterator[bool]:
    """The sound is cut so that it comes earlier or later; what is lost at an end is lost to both."""
    for clip in clips:
        for shift in SHIFTS:
            count = len(clip.sound) - abs(shift)
            sound, face = clip.sound[max(0, -shift) :][:count], clip.face[max(0, shift) :][:count]
            found = offset_of(cosines(network, sound, face, MOST)) if count >= WINDOW // 2 else None
            if found is not None and abs(own[clip.clip_id].frames + shift) < MOST:
                yield abs(found.frames - own[clip.clip_id].frames - shift) <= _NEAR


def _strangers(network: SyncNetwork, clips: Sequence[SyncClip], own: Mapping[str, Offset]) -> Iterator[bool]:
    """Each face with the sound of the next clip of somebody else."""
    for place, clip in enumerate(clips):
        others = [each for each in (*clips[place + 1 :], *clips[:place]) if each.subject != clip.subject]
        if others:
            yield from _near(cosines(network, others[0].sound, clip.face, MOST), own[clip.clip_id].frames)


def _near(every: np.ndarray, wanted: int) -> Iterator[bool]:
    """Whether windows that share half of their frames are told within one frame of what is wanted."""
    for first in range(0, len(every) - WINDOW + 1, WINDOW // 2):
        found = offset_of(every[first : first + WINDOW])
        if found is not None:
            yield abs(found.frames - wanted) <= _NEAR
