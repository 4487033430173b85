"""Which clips a model may be scored on: never one that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from pipeline.errors import UsageError
from pipeline.text import file_name, plural
from pipeline.training.split import OfSomebody, kept_out

Part = Literal["test", "validation", "unseen"]
_MOST_NAMED = 10


def held_out(
    clips: Sequence[OfSomebody],
    recipe: Mapping[str, Any],
    part: Part,
    on_progress: Callable[[str], None] = lambda text: None,
) -> list[int]:
    """Places of the clips of people whom the training of `recipe` kept out for this part.

    unseen: of all in this catalog none of whose files were trained on. recipe: held_out, the clips kept out, by which
    people are known whatever name they bear by now; test_subjects, validation_subjects, where none of these clips is
    here; and content, the hashes of the files trained on. say hears of people left out because a file of theirs was
    trained on. UsageError: there is no such clip, or the model was trained on some of them; they are named.
    """
    trained = set(recipe["content"])
    seen = {clip.subject for clip in clips if clip.content in trained}
    if part == "unseen":
        places = [place for place, clip in enumerate(clips) if clip.subject not in seen]
        if not places:
            raise UsageError("the checkpoint was trained on everybody in this catalog: give one of other people")
        return places
    people = kept_out(clips, recipe, part)
    if people - seen:
        if people & seen:
            on_progress(
                f"{plural(len(people & seen), 'subject')} kept out for {part} is left out: by the names in this "
                "catalog, the model was trained on a file of theirs"
            )
        return [place for place, clip in enumerate(clips) if clip.subject in people - seen]
    places = [place for place, clip in enumerate(clips) if clip.subject in people]
    if not places:
        kept = len(recipe[f"{part}_subjects"])
        raise UsageError(
            f"no clip of this catalog shows one of the {plural(kept, 'subject')} that the training kept out "
            f"for {part}: give the catalog that the checkpoint was trained from, or --split unseen"
        )
    refuse_trained([clips[place] for place in places], trained)
    return places


def refuse_trained(clips: Sequence[OfSomebody], trained: Collection[str]) -> None:
    """UsageError naming the clips whose source file is among the hashes `trained`."""
    seen = [file_name(clip.source_uri) for clip in clips if clip.content in trained]
    if seen:
        named = ", ".join(seen[:_MOST_NAMED]) + (f" and {len(seen) - _MOST_NAMED} more" if seen[_MOST_NAMED:] else "")
        raise UsageError(
            f"the checkpoint was trained on {named}: scores on them would say nothing. Give the catalog that it was "
            "trained from, whose subjects kept out are known, or --split unseen"
        )
