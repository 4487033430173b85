"""Every clip's own offset, found by networks that have not seen its people: public clips are off by up to six frames.

A network learns the offsets of the clips that it is taught with, and would find those; so people are halved by a hash,
and each half's offsets are found by what the other half taught. A second round begins with what the first one found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from models.sync.network import SyncNetwork, cosines
from models.sync.offset import MOST, Offset, offset_of
from pipeline.sync.clips import SyncClip
from pipeline.sync.settings import SyncTraining
from pipeline.sync.sync_task import SyncTask

Fit = Callable[[SyncTask], SyncNetwork]


def offsets_found(clips: Sequence[SyncClip], training: SyncTraining, fit: Fit) -> dict[str, Offset]:
    """By clip_id; clips too short to tell are not there. fit: trains a task."""
    found: dict[str, Offset] = {}
    for number in range(training.rounds):
        known = corrected(clips, found, training) if number else list(clips)
        halves = [[clip for clip in known if _half(clip) == half] for half in (0, 1)]
        found = {}
        for half in (0, 1):
            name = f"offsets, round {number + 1}, half {half + 1}"
            network = fit(SyncTask(halves[1 - half], replace(training, seed=training.seed + number), name))
            found |= told(network, [clip for clip in clips if _half(clip) == half])
    return found


def told(network: SyncNetwork, clips: Sequence[SyncClip]) -> dict[str, Offset]:
    """What a network says of clips as they are, by clip_id."""
    network = network.eval()
    found = {clip.clip_id: offset_of(cosines(network, clip.sound, clip.face, MOST)) for clip in clips}
    return {name: offset for name, offset in found.items() if offset is not None}


def corrected(clips: Sequence[SyncClip], found: Mapping[str, Offset], training: SyncTraining) -> list[SyncClip]:
    """The clips whose offset is sure and not too far, each known to be as late as was found."""
    return [
        clip.late(found[clip.clip_id].frames)
        for clip in clips
        if clip.clip_id in found
        and found[clip.clip_id].sure >= training.sure
        and abs(found[clip.clip_id].frames) <= training.most
    ]


def _half(clip: SyncClip) -> int:
    return hashlib.blake2b(f"half {clip.subject}".encode(), digest_size=1).digest()[0] % 2
