"""What the variants of stage sync share: the columns that they add, and which clips they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from models.sync.offset import MOST, Offset
from stages.batched import BatchedStage
from stages.clip import THRESHOLD, Clip, Outcome, Refusal, ThresholdStage, under


@dataclass(frozen=True)
class SoundOffsetStage(BatchedStage, ThresholdStage):
    """Adds sound_offset, by how many frames the sound is late, and sync, how sure that is; both null where it cannot be
    told.

    most: frames by which the sound may be late or early; 15 are looked at, so the default refuses nothing. minimum:
    smallest `sync`; 0 refuses nothing. A clip of which neither is known is never refused.
    """

    most: int = field(default=MOST, metadata=THRESHOLD)
    minimum: float = field(default=0.0, metadata=THRESHOLD)

    columns: ClassVar[pa.Schema] = pa.schema([("sound_offset", pa.int32()), ("sync", pa.float32())])

    def told(self, clip: Clip, offset: Offset | None) -> Outcome:
        """The clip with its offset, or refused for it; None: it cannot be told."""
        if offset is not None:
            clip = clip.add(sound_offset=offset.frames, sync=offset.sure)
        return self.judged(clip)

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        frames, sure = labels.get("sound_offset"), labels.get("sync")
        if under(sure, self.minimum):
            return Refusal("no_sync", f"sync {sure:.2f}, at least {self.minimum:g} wanted")
        if frames is not None and abs(frames) > self.most:
            side = "late" if frames > 0 else "early"
            return Refusal("out_of_sync", f"the sound is {abs(frames)} frames {side}, at most {self.most} allowed")
        return None
