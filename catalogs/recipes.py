"""What differs between two recipes, in the words a user set them with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_CONTAINERS = ("stages", "parameters")
ABSENT = "absent"
"""The value of a parameter that a recipe does not have."""


def normal(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe as it comes back from JSON (tuples as lists), so that old and new compare equal."""
    return json.loads(json.dumps(recipe))


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """One line a parameter that differs: `quality.minimum: 20 in the catalog, 0 now`."""
    return [f"{path}: {before} in the catalog, {after} now" for path, before, after in changes(old, new)]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(parameter, old value, new value) of each parameter that differs, values as JSON or `absent`.

    Works on any JSON: lists of objects with a `name` are matched by name, and their order is compared too.
    """
    before, after = dict(_leaves(normal(old), ())), dict(_leaves(normal(new), ()))
    found = []
    for path in [*before, *(path for path in after if path not in before)]:
        ours, theirs = before.get(path, ABSENT), after.get(path, ABSENT)
        if ours != theirs:
            found.append((path, ours, theirs))
    return found


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
        yield f"order of {'.'.join(path)}", json.dumps([item["name"] for item in value])
        for item in value:
            yield from _leaves({key: inner for key, inner in item.items() if key != "name"}, (*path, str(item["name"])))
    else:
        words = [word for word in path if word not in _CONTAINERS]
        yield ".".join(words), json.dumps(value)
