"""Which clips a model may be scored on: never one that it was trained on."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from catalogs import view
from catalogs.frames import StoredClip
from pipeline.command import Failure
from pipeline.report.wording import file_name, plural

Part = Literal["test", "validation"]
_MOST_NAMED = 10


def held_out(
    clips: Sequence[StoredClip], contents: Mapping[str, str], recipe: Mapping[str, Any], part: Part
) -> list[int]:
    """Places of the clips whose subject the training of `recipe` kept out for this part.

    contents: hash of the source file by clip_id. recipe: test_subjects, validation_subjects, and content, the hashes
    trained on. Failure: there is no such clip, or the model was trained on some of them; they are named.
    """
    subjects = set(recipe[f"{part}_subjects"])
    places = [place for place, clip in enumerate(clips) if clip.subject_id in subjects]
    if not places:
        raise Failure(
            f"no clip of this catalog shows one of the {plural(len(subjects), 'subject')} that the training kept out "
            f"for {part}: give the catalog that the checkpoint was trained from"
        )
    refuse_trained([clips[place] for place in places], contents, recipe["content"])
    return places


def refuse_trained(clips: Sequence[StoredClip], contents: Mapping[str, str], trained: Collection[str]) -> None:
    """Failure naming the clips whose source file is among the hashes `trained`."""
    known = set(trained)
    seen = [file_name(clip.source_uri) for clip in clips if contents[clip.clip_id] in known]
    if seen:
        named = ", ".join(seen[:_MOST_NAMED]) + (f" and {len(seen) - _MOST_NAMED} more" if seen[_MOST_NAMED:] else "")
        raise Failure(
            f"the checkpoint was trained on {named}: scores on them would say nothing. Give the catalog that it was "
            "trained from, whose subjects kept out are known"
        )


def contents_of(catalog: str | os.PathLike[str]) -> dict[str, str]:
    """The hash of the source file by clip_id, of all accepted clips."""
    table = view.query(catalog, "SELECT clip_id, content FROM clips WHERE status = 'accepted'")
    return dict(zip(table["clip_id"].to_pylist(), table["content"].to_pylist(), strict=True))
