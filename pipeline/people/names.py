"""Names of people: a cluster of clips keeps the name that most of its clips had, and no name is given twice."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

_GENERATED = re.compile(r"person_[0-9a-f]{12}")


def is_generated(name: str | None) -> bool:
    """Whether a name has the form of those that are made here."""
    return name is not None and _GENERATED.fullmatch(name) is not None


def first_name(clip_id: str) -> str:
    """What a person whom nobody has named yet is called after a clip, the first of theirs by its id."""
    return f"person_{clip_id[:12]}"


def names(
    clip_ids: Sequence[str],
    clusters: Sequence[int],
    given: Sequence[str | None],
    held: Sequence[str | None],
    used: Collection[str],
) -> list[str]:
    """The name of each of N clips, whatever their order.

    clusters [N]: which cluster each is in. given [N]: the name that a manifest gives it, or None: it keeps that, and
    the others of its cluster get the one that most have. held [N]: the generated name it has so far, or None: a cluster
    in which no name is given keeps the one that most had; where several would keep one name (a person was split), the
    one with most of its clips does, and the others get names that nobody has had. used: what else may not be given.
    Equal numbers are settled by the alphabet of names, then of clip ids.
    """
    members: dict[int, list[int]] = {}
    for place in sorted(range(len(clip_ids)), key=lambda place: clip_ids[place]):
        members.setdefault(int(clusters[place]), []).append(place)
    taken = {*used, *(name for name in (*given, *held) if name)}
    listed = {name for name in given if name}
    out = [""] * len(clip_ids)
    nameless: list[list[int]] = []
    wanted: list[tuple[int, str, str, list[int]]] = []
    for places in members.values():
        theirs, before = _counted(given, places), _counted(held, places)
        if theirs:
            _put(out, places, _most(theirs))
        elif before and _most(before) not in listed:
            name = _most(before)
            wanted.append((-before[name], name, clip_ids[places[0]], places))
        else:
            nameless.append(places)
    kept: set[str] = set()
    for _, name, _, places in sorted(wanted):
        if name in kept:
            nameless.append(places)
        else:
            kept.add(name)
            _put(out, places, name)
    for places in nameless:
        name = _new(clip_ids[places[0]], taken, fresh=not any(held[place] for place in places))
        taken.add(name)
        _put(out, places, name)
    return [own or name for own, name in zip(given, out, strict=True)]


def _counted(values: Sequence[str | None], places: Sequence[int]) -> Counter[str]:
    return Counter(name for name in (values[place] for place in places) if name)


def _most(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))


def _put(out: list[str], places: Sequence[int], name: str) -> None:
    for place in places:
        out[place] = name


def _new(first: str, taken: Collection[str], fresh: bool) -> str:
    """A name that nobody has: after their first clip for clips that nobody has named yet, else by chance.

    By chance, since of the names that nobody has now, any might have been somebody's before.
    """
    name = first_name(first) if fresh else ""
    while not name or name in taken:
        name = f"person_{secrets.token_hex(6)}"
    return name
