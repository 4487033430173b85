"""Stage probe: what the header says decides first, before anything else is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from stages.clip import Clip, Outcome, Reject, Resources, Runner
from stages.video.reader import frame_count


@dataclass(frozen=True)
class Probe:
    """Rejects what is too short, too small or without sound.

    min_seconds: shortest clip; a window of the motion model and its context need 4.4 s, evaluation clips 3 s.
    min_pixels: smallest side of the picture. audio: whether a sound track must be there.
    """

    min_seconds: float = 3.0
    min_pixels: int = 128
    audio: bool = True

    name: ClassVar[str] = "probe"
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
        clip = clip.add(
            fps_in=header.fps,
            width=header.width,
            height=header.height,
            frames=frame_count(clip.seconds),
            audio_hz_in=header.audio_hz or None,
        )
        if clip.seconds < self.min_seconds:
            return Reject("too_short", f"{clip.seconds:.2f} s, at least {self.min_seconds:g} s wanted", clip)
        if min(header.width, header.height) < self.min_pixels:
            detail = f"{header.width}x{header.height}, at least {self.min_pixels} pixels a side wanted"
            return Reject("too_small", detail, clip)
        if self.audio and not header.audio_hz:
            return Reject("no_audio", "no sound track; --set speech.required=false takes clips without", clip)
        return clip
