"""Stage probe: what the header says decides first, before anything else is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from stages.clip import THRESHOLD, Clip, Outcome, Refusal, Resources, Runner, ThresholdStage
from stages.video.reader import frame_count


@dataclass(frozen=True)
class Probe(ThresholdStage):
    """Rejects what is too short, too small or without sound.

    min_seconds: shortest clip; a window of the motion model and its context need 4.4 s, evaluation clips 3 s.
    min_pixels: smallest side of the picture. audio: whether a sound track must be there.
    """

    min_seconds: float = field(default=3.0, metadata=THRESHOLD)
    min_pixels: int = field(default=128, metadata=THRESHOLD)
    audio: bool = field(default=True, metadata=THRESHOLD)

    name: ClassVar[str] = "probe"
    variant: ClassVar[str] = "header"
    after: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 2
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            ("fps_in", pa.float32()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("frames", pa.int32()),
            ("audio_hz_in", pa.int32()),
        ]
    )

    def open(self) -> Runner:
        return self._judge

    def _judge(self, clip: Clip) -> Outcome:
        header = clip.header
        return self.judged(
            clip.add(
                fps_in=header.fps,
                width=header.width,
                height=header.height,
                frames=frame_count(clip.seconds),
                audio_hz_in=header.audio_hz or None,
            )
        )

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        seconds = labels["end_s"] - labels["start_s"]
        if seconds < self.min_seconds:
            return Refusal("too_short", f"{seconds:.2f} s, at least {self.min_seconds:g} s wanted")
        width, height = labels["width"], labels["height"]
        if min(width, height) < self.min_pixels:
            return Refusal("too_small", f"{width}x{height}, at least {self.min_pixels} pixels a side wanted")
        if self.audio and labels["audio_hz_in"] is None:
            return Refusal("no_audio", "no sound track; --set speech.required=false takes clips without")
        return None
