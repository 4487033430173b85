"""What travels to a worker and back: plain values that survive JSON."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field

FPS = 25


@dataclass(frozen=True)
class SpanTask:
    """One span to work on: the unit of work, of retry and of exactly-once. Times in seconds of the source."""

    uri: str
    source_key: str
    content: str
    span_index: int
    span_count: int
    start_s: float
    end_s: float
    subject_id: str | None
    split: str | None
    user: dict[str, str] | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SpanTask:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class SpanResult:
    """What a worker reports of a staged span.

    clips: per clip (status, reason, video seconds). seconds: by stage. began: when work on it began, time.time().
    problem: why it could not be staged, and what to do: then it has no clips, and no other span can be staged either.
    error: why nothing could be staged, if nothing could; reason: as in clips.reason, with an error.
    """

    source_key: str
    span_index: int
    clips: list[tuple[str, str | None, float]]
    seconds: dict[str, float] = field(default_factory=dict)
    began: float = 0.0
    problem: str | None = None
    error: str | None = None
    reason: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SpanResult:
        values = json.loads(text)
        return cls(**{**values, "clips": [tuple(clip) for clip in values["clips"]]})


def spans(start_s: float, end_s: float, max_seconds: float) -> list[tuple[float, float]]:
    """[start_s, end_s) in the fewest equal pieces of at most `max_seconds` (one frame at least), cut at 1 / 25 s."""
    frames = (end_s - start_s) * FPS
    most = max(1, math.floor(max_seconds * FPS + 1e-6))
    count = max(1, math.ceil(frames / most - 1e-6))
    edges = [start_s + math.ceil(frames * k / count - 1e-6) / FPS for k in range(count)] + [end_s]
    return list(zip(edges[:-1], edges[1:], strict=True))


def clip_id(content: str, start_s: float, end_s: float, *more: str) -> str:
    """32 hex digits: hash of content and times in ms; `more` for rows that may share both (duplicates, parts)."""
    text = "\n".join([content, str(round(start_s * 1000)), str(round(end_s * 1000)), *more])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
