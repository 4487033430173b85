"""The people of a catalog: accepted clips are clustered by their face vectors, and clusters keep their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs import Writer
from catalogs.columns import replaced
from catalogs.place import locate
from catalogs.view import newest
from pipeline.people.clustering import clusters
from pipeline.people.names import is_generated, names
from pipeline.text import plural

SAME_PERSON = 0.5


@dataclass(frozen=True)
class People:
    """What naming came to.

    people, clips: those who are there now, and the accepted clips with a name. new: names that no clip had before.
    changes: (from, to, clips) of clips that had another name before, those of most clips first.
    """

    people: int
    clips: int
    new: int
    changes: tuple[tuple[str, str, int], ...]

    @property
    def renamed(self) -> int:
        """How many clips have another name than before."""
        return sum(clips for _, _, clips in self.changes)

    @property
    def renamed_people(self) -> int:
        """How many people those clips were before."""
        return len({before for before, _, _ in self.changes})

    def summary(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "people": self.people,
            "clips": self.clips,
            "new": self.new,
            "renamed": self.renamed,
            "renamed_people": self.renamed_people,
            "changes": [{"from": before, "to": after, "clips": clips} for before, after, clips in self.changes],
        }

    def text(self) -> str:
        """One line for a person to read."""
        return (
            f"{plural(self.people, 'person', 'people')} in {plural(self.clips, 'clip')}, {self.new} new; "
            f"{plural(self.renamed, 'clip')} of {plural(self.renamed_people, 'person', 'people')} renamed"
        )


def name_people(catalog: str, same_person: float | None = None) -> tuple[People, float]:
    """Cluster and name the people of a catalog; returns what changed and the distance that was taken for one person.

    same_person: as the identity stages' parameter; None: what the catalog's recipe says. NoCatalog, CatalogBusy,
    VersionMismatch, CatalogDamaged: as `Writer.open`.
    """
    held = newest(locate(catalog))
    if same_person is None:
        same_person = same_person_of(held.recipe)
    found: list[People] = []
    with Writer.open(catalog, held.recipe, held.fingerprint) as writer:

        def update(clips: pa.Table) -> pa.Table:
            after = named(clips, held.fingerprint, same_person)
            found.append(compared(clips, after, held.fingerprint))
            return after

        writer.maintain(update)
    return found[-1], same_person


def same_person_of(recipe: Mapping[str, Any]) -> float:
    """The distance of face vectors up to which a recipe's identity stage takes two clips for one person's.

    recipe: as `Recipe.describe` puts it into a catalog.
    """
    stages = recipe.get("stages")
    identity = stages.get("identity", {}) if isinstance(stages, Mapping) else {}
    return float(identity.get("same_person", SAME_PERSON))


def named(clips: pa.Table, fingerprint: str, same_person: float = SAME_PERSON) -> pa.Table:
    """Table clips with subject_id for every accepted clip of this recipe, by clusters of their face vectors.

    Names that a manifest gave (`subject_listed`) stay. Rows of other recipes stay as they are: their vectors may be
    another network's.
    """
    places = np.flatnonzero(seen(clips, fingerprint))
    if not len(places):
        return clips
    chosen = clips.select(["clip_id", "face_vector", "subject_id"]).take(pa.array(places))
    vectors = pc.list_flatten(chosen["face_vector"]).to_numpy().reshape(len(places), -1)
    listed, subject = is_listed(clips), clips["subject_id"].to_pylist()
    given = [subject[place] if listed[place] else None for place in places]
    held = [subject[place] if not listed[place] and is_generated(subject[place]) else None for place in places]
    found = names(
        chosen["clip_id"].to_pylist(), clusters(vectors, same_person).tolist(), given, held, set(filter(None, subject))
    )
    for place, name in zip(places, found, strict=True):
        subject[place] = name
    marks = [None if name is None else bool(own) for name, own in zip(subject, listed, strict=True)]
    return replaced(replaced(clips, "subject_id", subject), "subject_listed", marks)


def seen(clips: pa.Table, fingerprint: str) -> np.ndarray:
    """Which rows [N] have a person to be named: accepted under this recipe, with a face vector."""
    ours = pc.and_(pc.equal(clips["status"], "accepted"), pc.equal(clips["recipe"], fingerprint))
    return pc.and_(ours, pc.is_valid(clips["face_vector"])).to_numpy(zero_copy_only=False).astype(bool)


def is_listed(clips: pa.Table) -> list[bool]:
    """Which rows [N] have their name from a manifest; where the row is too old to say, by the form of the name."""
    rows = zip(clips["subject_id"].to_pylist(), clips["subject_listed"].to_pylist(), strict=True)
    return [name is not None and (not is_generated(name) if mark is None else mark) for name, mark in rows]


def compared(before: pa.Table, after: pa.Table, fingerprint: str) -> People:
    """What became of the names of table clips. after: the same rows or fewer, in any order."""
    old = dict(zip(before["clip_id"].to_pylist(), before["subject_id"].to_pylist(), strict=True))
    now = after.filter(pc.and_(pc.equal(after["status"], "accepted"), pc.equal(after["recipe"], fingerprint)))
    pairs = [
        (old.get(clip), name)
        for clip, name in zip(now["clip_id"].to_pylist(), now["subject_id"].to_pylist(), strict=True)
        if name is not None
    ]
    moved = Counter((was, name) for was, name in pairs if was is not None and was != name)
    changes = sorted(((*pair, clips) for pair, clips in moved.items()), key=lambda each: (-each[2], each[:2]))
    present = {name for _, name in pairs}
    return People(len(present), len(pairs), len(present - set(old.values())), tuple(changes))


def changes_text(changes: Sequence[tuple[str, str, int]], most: int = 10) -> list[str]:
    """A line for each of the first `most` changes, and one that counts the rest."""
    lines = [f"  {before} -> {after}: {plural(clips, 'clip')}" for before, after, clips in changes[:most]]
    return [*lines, f"  ... and {len(changes) - most} more"] if len(changes) > most else lines
