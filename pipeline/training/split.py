"""Which subjects are kept out of training: chosen by a hash of who they are, so that nobody chose them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from pipeline.errors import UsageError
from pipeline.people.names import first_name
from pipeline.text import file_name


class OfSomebody(Protocol):
    """A clip, as far as it tells who is seen in it. content: hash of the source file."""

    @property
    def clip_id(self) -> str: ...

    @property
    def source_uri(self) -> str: ...

    @property
    def content(self) -> str: ...

    @property
    def subject(self) -> str: ...


@dataclass(frozen=True)
class Split:
    """Subjects never trained on, each part sorted by name: for the scores, and for choosing designs.

    skip: patterns of file names that are not trained on either, whoever they show.
    """

    test: tuple[str, ...]
    validation: tuple[str, ...]
    skip: tuple[str, ...] = ()

    def part_of(self, clip: OfSomebody) -> str:
        """test, validation, train or skipped."""
        if clip.subject in self.test:
            return "test"
        if clip.subject in self.validation:
            return "validation"
        name = file_name(clip.source_uri)
        return "skipped" if any(fnmatchcase(name, pattern) for pattern in self.skip) else "train"


def split_of(
    clips: Sequence[OfSomebody],
    test: int,
    validation: int,
    skip: Sequence[str] = (),
    before: Mapping[str, Any] | None = None,
) -> Split:
    """The first `test` subjects by hash, and the next `validation`. UsageError when fewer than two are left.

    before: the recipe of the model that the training begins with. Whom that was kept from stays kept out for the same
    part, however many they are; others fill up what is asked for, but none that it was trained on.
    """
    order = sorted({clip.subject for clip in clips}, key=lambda name: hashlib.blake2b(f"0 {name}".encode()).digest())
    parts: dict[str, list[str]] = {"test": [], "validation": []}
    trained: set[str] = set()
    if before is not None:
        trained = {clip.subject for clip in clips if clip.content in set(before["content"])}
        for part, chosen in parts.items():
            known = kept_out(clips, before, part) - set(parts["test"])
            chosen += [name for name in order if name in known]
    free = [name for name in order if name not in trained and not any(name in chosen for chosen in parts.values())]
    for (_, chosen), wanted in zip(parts.items(), (test, validation), strict=True):
        while len(chosen) < wanted and free:
            chosen.append(free.pop(0))
    out = sum(map(len, parts.values()))
    if out < test + validation or len(order) < out + 2:
        raise UsageError(
            f"{len(order)} subjects are too few to keep {test} and {validation} out and train on at least two: "
            "extract more clips, or keep fewer out"
        )
    return Split(tuple(sorted(parts["test"])), tuple(sorted(parts["validation"])), tuple(skip))


def kept_out(clips: Sequence[OfSomebody], recipe: Mapping[str, Any], part: str) -> set[str]:
    """The subjects, as they are called here, whom the training of a recipe kept out for a part: test or validation.

    They are known by their clips, whatever name they bear by now; where none of these is here, by the names that they
    had, which begin as the clip_id of one of theirs does.
    """
    here = {clip.clip_id for clip in clips}
    # where clips were cut otherwise, the file they are from tells
    pinned = recipe.get("held_out", {}).get(part, ())
    known = {clip_id if clip_id in here else content for _, clip_id, content in pinned}
    names = set(recipe[f"{part}_subjects"])
    return {clip.subject for clip in clips if clip.clip_id in known or clip.content in known} or {
        clip.subject for clip in clips if {clip.subject, first_name(clip.clip_id)} & names
    }
