"""What one span may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.listing.reach import Patience


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes one span may take in a child process, and the patience with a file that cannot be reached."""

    seconds: float = 300.0
    memory: int = 12 << 30
    patience: Patience = field(default_factory=Patience)
