"""States of a training as files: whole or not at all, and nothing in them is executed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from catalogs import storage
from pipeline.errors import UsageError


def save(state: Mapping[str, Any], path: Path) -> None:
    """Write a state whole or not at all."""
    with storage.put_alone(path) as draft, draft.open("wb") as file:
        torch.save(dict(state), file)


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote; nothing in it is executed."""
    return dict(torch.load(path, map_location="cpu", weights_only=True))


def outdated(path: Path) -> UsageError:
    """The error of a training whose file at `path` is not as this version writes it."""
    return UsageError(f"{path} was written by an older version, whose training cannot go on: give another folder")


@dataclass(frozen=True)
class Clock:
    """before: seconds that a training took before this process. began: this process, by `time.monotonic`."""

    before: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def going_on(cls, began: float, files: Iterable[Path]) -> Clock:
        """Of a training that left these files, those that there are: each says what it had taken until then."""
        # mapped, not read: a state may be large
        known = [torch.load(path, mmap=True, weights_only=True).get("seconds", 0.0) for path in files if path.exists()]
        return cls(max(known, default=0.0), began)

    @property
    def seconds(self) -> float:
        """That the training took until now."""
        return self.before + time.monotonic() - self.began
