"""The stages a recipe can be made of, as their own classes tell: for each role, the stages that can fill it.

They are found in the files of stages/tracking and stages/labels, which are read but not imported: a stage whose
networks need PyTorch is imported only when a recipe asks for it.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from stages.clip import Stage

_ROOMS = ("stages.tracking", "stages.labels")
_SAID = ("name", "version", "variant", "after", "profile", "option", "formerly", "optional")
NONE = "none"
"""What `--set ROLE=none` takes of an optional role."""

Preset = Literal["tiny", "base", "paper"]
FRAME_SIZES: dict[str, int] = {"tiny": 96, "base": 256, "paper": 512}
"""Preset of the face networks to the pixels of the crops they are trained on."""

DETECTORS = {"open": "blazeface", "paper": "scrfd"}
"""Profile to the face detector of its stages `screen` and `track`."""

PROFILES = tuple(DETECTORS)


@dataclass(frozen=True)
class Variant:
    """What the class of a stage says of itself (`stages.clip.Stage`), and where it is.

    after: None where it says nothing, as a variant need not where another one of its role does. formerly: another name
    of the variant, by which it goes in recipes.
    """

    role: str
    name: str
    module: str
    cls: str
    after: tuple[str, ...] | None
    profile: str | None
    option: str | None
    formerly: str | None
    optional: bool | None


@cache
def roles() -> Mapping[str, tuple[Variant, ...]]:
    """Role to the stages that can fill it, in the order of a recipe; the variant of profile `open` is the first."""
    found: dict[str, list[Variant]] = {}
    for variant in _found():
        found.setdefault(variant.role, []).append(variant)
    after = {role: next((each.after for each in held if each.after is not None), None) for role, held in found.items()}
    return {role: tuple(sorted(found[role], key=_place)) for role in in_order(after)}


def _place(variant: Variant) -> tuple[bool, bool, str]:
    """Among those of its role: that of profile `open`, those of no profile, the others."""
    return variant.profile != "open", variant.profile is not None, variant.name


def after_of(role: str) -> tuple[str, ...] | None:
    """The roles that a role comes after."""
    return next((each.after for each in roles()[role] if each.after is not None), None)


def in_order(after: Mapping[str, Iterable[str] | None]) -> list[str]:
    """Roles in the order of a recipe: each after those it names, as early as that allows; without a word, at the end.

    Where two could be next, the one that `after` has first is. ValueError: some wait for each other.
    """

    def depth(role: str, waiting: tuple[str, ...] = ()) -> int:
        if role in waiting:
            raise ValueError(f"{', '.join(waiting[waiting.index(role) :])} wait for each other")
        before = [depth(name, (*waiting, role)) for name in after[role] or () if name in after]
        return 1 + max(before, default=0)

    depths = {role: depth(role) for role in after}
    return sorted(after, key=lambda role: (after[role] is None, depths[role]))


def before(names: Iterable[str] | None) -> list[str]:
    """The roles `names` and all that these come after, in order; all there are for None."""
    if names is None:
        return [role for role in roles() if option_of(role) is None]
    wanted = set(names) & set(roles())
    while more := {name for role in wanted for name in after_of(role) or ()} - wanted:
        wanted |= more
    return [role for role in roles() if role in wanted]


def option_of(role: str) -> str | None:
    """The option of jobs/extract.py that asks for a role which a recipe has only where it is asked for."""
    return next((each.option for each in roles().get(role, ()) if each.option), None)


def is_optional(role: str) -> bool:
    """Whether `--set ROLE=none` leaves a role out."""
    return any(each.optional for each in roles().get(role, ()))


def stage(role: str, variant: str) -> Stage:
    """The stage with its default parameters. KeyError: no such variant. ImportError says what to install."""
    found = {each.name: each for each in roles()[role]}[variant]
    try:
        return getattr(importlib.import_module(found.module), found.cls)()
    except ModuleNotFoundError as error:
        raise ImportError(f"{role}={variant} needs the package {error.name}: run make paper in the project") from error


def variant_of(stage: Any) -> str:
    """The name of a stage among those of its role; its class's name for one that says none."""
    return getattr(stage, "variant", type(stage).__name__)


def in_recipes(stage: Any) -> str:
    """What recipes call a stage: its name, or the one it had before, so that catalogs go on."""
    return getattr(stage, "formerly", None) or variant_of(stage)


def variant_names(role: str) -> dict[str, str]:
    """By each name that a variant of the role goes by, also one it had before, its name of today."""
    names = {each.name: each.name for each in roles()[role]}
    return {each.formerly: each.name for each in roles()[role] if each.formerly} | names


def chosen_variant(role: str, profile: str) -> str:
    """The variant that a profile takes."""
    return next((each.name for each in roles()[role] if each.profile == profile), roles()[role][0].name)


def _found() -> Iterator[Variant]:
    for room in _ROOMS:
        folders = importlib.import_module(room).__path__
        for path in (path for folder in folders for path in sorted(Path(folder).glob("*.py"))):
            for node in (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)):
                said = dict(_said(node, path))
                if {"name", "version"} <= set(said):
                    rest = (said.get(key) for key in ("after", "profile", "option", "formerly", "optional"))
                    yield Variant(said["name"], said.get("variant", node.name), f"{room}.{path.stem}", node.name, *rest)


def _said(node: ast.ClassDef, path: Path) -> Iterator[tuple[str, Any]]:
    """The plain values that a class gives to the names of `_SAID`."""
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and line.value is not None and getattr(line.target, "id", "") in _SAID:
            name = line.target.id  # type: ignore[union-attr]
            try:
                yield name, ast.literal_eval(line.value)
            except ValueError as error:
                raise TypeError(
                    f"{path}: {node.name}.{name} must be a plain value; the file is not imported"
                ) from error
