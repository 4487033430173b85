"""The build backend: setuptools', but a wheel holds the rooms inside the package `vasari`.

In the checkout `pipeline`, `stages`, `models`, `catalogs` and `jobs` are packages of their own, whose names an
environment may have given to others. So a wheel is built from a copy in which they lie in `vasari/` and every import
among them says so, as tools do that vendor packages. What is copied differs from the checkout in three things, on the
line where they stand: imports, strings that name a module of ours ("stages.labels.gaze:Gaze"), and `jobs/NAME.py`,
which is the command `vasari NAME` there. What cannot be told for sure ends the build. Editable installs are setuptools'
own, of the checkout as it is.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Set
from pathlib import Path
from typing import NoReturn

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
)

__all__ = [
    "build_editable",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

PACKAGE = "vasari"
ROOMS = ("catalogs", "jobs", "models", "pipeline", "stages")
FILES = ("pyproject.toml", "README.md", "LICENSE")
_ROOM = rf"(?:{'|'.join(ROOMS)})"
_DATA = (".css", ".j2", ".json", ".mplstyle", ".safetensors", ".typed")


def build_wheel(wheel_directory: str, config_settings: object = None, _metadata: str | None = None) -> str:
    """Build the wheel into a folder; its file name. ValueError: a module of ours is named in a way not followed."""
    wheel_directory = os.path.abspath(wheel_directory)
    with _inside():
        return build_meta.build_wheel(wheel_directory, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
    """Write the wheel's metadata into a folder; the name of what was written."""
    metadata_directory = os.path.abspath(metadata_directory)
    with _inside():
        return build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def _refused(*_: object) -> NoReturn:
    raise SystemExit("error: of vasari there are wheels and the Git repository, no source distribution")


get_requires_for_build_sdist = build_sdist = _refused


@contextlib.contextmanager
def _inside() -> Iterator[None]:
    """Meanwhile the working directory is the copy that a wheel is built from."""
    root = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        copy(root, Path(folder))
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(root)


def copy(root: Path, to: Path) -> None:
    """Copy the checkout `root` into the folder `to`, its rooms inside the package. ValueError: as `moved`."""
    for name in FILES:
        shutil.copy(root / name, to / name)
    own = modules(root)
    for top in (*ROOMS, PACKAGE):
        inside = to if top == PACKAGE else to / PACKAGE
        for path in sorted((root / top).rglob("*")):
            target = inside / path.relative_to(root)
            if path.suffix == ".py":
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(moved(path.read_text(), own, str(path.relative_to(root))))
            elif path.suffix in _DATA:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


def modules(root: Path) -> frozenset[str]:
    """The dotted names of all packages and modules of the rooms."""
    files = [path.relative_to(root).with_suffix("") for room in ROOMS for path in (root / room).rglob("*.py")]
    return frozenset(".".join(file.parts).removesuffix(".__init__") for file in files)


def moved(source: str, own: Set[str], name: str) -> str:
    """The text of a module as it stands in the wheel, line by line. own: the modules of the rooms; name: for messages.

    ValueError: it imports a room by a name that would be another's there, or names a module within a longer string.
    """
    tree = ast.parse(source)
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    docs = {id(node.body[0].value) for node in ast.walk(tree) if _begins_with_text(node)}  # type: ignore[attr-defined]
    inside_f = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    edits: list[tuple[int, int, str, str]] = []  # line, byte, text there, text in its place
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _top(node.module) in ROOMS:
            edits.append((node.lineno, node.col_offset, f"from {node.module}", f"from {PACKAGE}.{node.module}"))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _top(alias.name) in ROOMS:
                    if alias.asname is None and "." in alias.name:
                        raise ValueError(
                            f"{name}:{node.lineno}: import {alias.name} gives no name: use from ... import"
                        )
                    named = "" if alias.asname else f" as {alias.name}"
                    edits.append((alias.lineno, alias.col_offset, alias.name, f"{PACKAGE}.{alias.name}{named}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            named_module = node.value.partition(":")[0]
            if "." in named_module and named_module in own and id(node) not in inside_f:
                quote = lines[node.lineno - 1][node.col_offset : node.col_offset + 1].decode()
                edits.append((node.lineno, node.col_offset, f"{quote}{node.value}", f"{quote}{PACKAGE}.{node.value}"))
            elif found := _HIDDEN.search(node.value):
                raise ValueError(
                    f"{name}:{node.lineno}: {found[0]!r} within a string: name the module alone, or by __name__"
                )
    for line, column, before, after in sorted(edits, reverse=True):
        text = lines[line - 1]
        if not text[column:].startswith(before.encode()):
            raise ValueError(f"{name}:{line}: {before} is written in a way that the build does not follow")
        lines[line - 1] = text[:column] + after.encode() + text[column + len(before.encode()) :]
    return _COMMAND.sub(lambda found: f"{PACKAGE} {found[1].replace('_', '-')}", b"".join(lines).decode())


_HIDDEN = re.compile(rf"\b(?:from|import) {_ROOM}\b|(?<![\w./]){_ROOM}\.[a-z_.]*:[A-Za-z_]|^{_ROOM}\.[a-z_.]*$")
"""Code, and names of modules, in a string that is more than one module's name."""

_COMMAND = re.compile(r"(?:\bpython )?\bjobs/([a-z_]+)\.py\b")


def _top(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _begins_with_text(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    return isinstance(body, list) and bool(body) and isinstance(body[0], ast.Expr)
