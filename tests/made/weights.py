"""Entries of the registry made for tests: small files with a format that is checked, kept in a folder of the test."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from models.runtime.checkpoint import check_shapes, read_tensors
from models.weights import checks, lock_file
from models.weights import store as weight_store
from models.weights.entry import Weights
from models.weights.fetch import MIRROR
from models.weights.origins import File, Published
from models.weights.registry import REGISTRY

SHAPES: Mapping[str, tuple[int, ...]] = {"layer.weight": (40, 500), "layer.bias": (40,)}


def content(value: float = 1.0, shapes: Mapping[str, tuple[int, ...]] = SHAPES) -> bytes:
    """A checkpoint of 80 KB, all of whose numbers are `value`."""
    file = io.BytesIO()
    torch.save({name: torch.full(shape, value) for name, shape in shapes.items()}, file)
    return file.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def check(path: Path) -> None:
    """The `check` of the made model; of a folder its net.pth is looked at."""
    path = path / "net.pth" if path.is_dir() else path
    found = read_tensors(path)
    check_shapes(path, {name: tuple(value.shape) for name, value in found.items()}, SHAPES)


def entry(*files: File, name: str = "made") -> Weights:
    return Weights(
        name, "quality", "a test", "CC0-1.0", True, Published("https://made.invalid/page", files, "the test")
    )


def known(data: bytes, url: str | None = None, name: str = "net.pth") -> File:
    """A file whose size and hash are on record."""
    return File(name, url, size=len(data), sha256=sha256(data))


def own_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep weights in `folder` during a test, lock file beside it, no mirror; the store's folder."""
    monkeypatch.setenv(weight_store.FOLDER, str(folder / "store"))
    monkeypatch.setenv(lock_file.FILE, str(folder / "weights.lock"))
    monkeypatch.delenv(MIRROR, raising=False)
    return folder / "store"


def register(monkeypatch: pytest.MonkeyPatch, *entries: Weights) -> None:
    """Put entries into the registry, with `check` as that of their model."""
    monkeypatch.setitem(sys.modules, "models.made", SimpleNamespace(check=check))
    for each in entries:
        monkeypatch.setitem(REGISTRY, each.name, each)
        monkeypatch.setitem(checks.MODULES, each.name, "models.made")
