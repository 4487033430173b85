"""States of a training as files: whole or not at all, and nothing in them is executed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def save(state: Mapping[str, Any], path: Path) -> None:
    """Write a state whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    torch.save(dict(state), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote; nothing in it is executed."""
    return dict(torch.load(path, map_location="cpu", weights_only=True))
