"""A model is scored on the subjects kept out, and on nothing it was trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalogs.frames import StoredClip
from pipeline.errors import UsageError
from pipeline.evaluation.faces.eval_clips import held_out, refuse_trained

CLIPS = [
    StoredClip(f"c{n}", f"/films/{n}.mp4", person, None, f"hash c{n}", 50, 96)
    for n, person in enumerate(("Ann", "Bob", None, "Ann"))
]


def recipe(**more: Any) -> dict[str, Any]:
    return {"test_subjects": ["Ann"], "validation_subjects": ["Bob"], "content": ["hash c1", "hash c2"], **more}


def test_each_part_has_its_subjects() -> None:
    assert held_out(CLIPS, recipe(), "test") == [0, 3]
    assert held_out(CLIPS, recipe(content=[]), "validation") == [1]


def test_unseen_are_all_clips_of_people_without_a_file_trained_on() -> None:
    assert held_out(CLIPS, recipe(), "unseen") == [0, 3]
    assert held_out(CLIPS, recipe(content=["hash c3"]), "unseen") == [1, 2]
    assert held_out(CLIPS, recipe(content=["another catalog's"]), "unseen") == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="trained on everybody in this catalog"):
        held_out(CLIPS, recipe(content=["hash c0", "hash c1", "hash c2"]), "unseen")


def test_clips_trained_on_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"trained on 1\.mp4: scores on them would say nothing"):
        held_out(CLIPS, recipe(), "validation")
    with pytest.raises(UsageError, match=r"trained on 0\.mp4, 1\.mp4, 2\.mp4, 3\.mp4:"):
        refuse_trained(CLIPS, {clip.content for clip in CLIPS})
    many = [StoredClip(f"m{n}", f"/films/m{n}.mp4", "Ann", None, "seen", 50, 96) for n in range(12)]
    with pytest.raises(UsageError, match=r"m9\.mp4 and 2 more:"):
        refuse_trained(many, ["seen"])


def test_a_catalog_without_these_people_is_an_error() -> None:
    with pytest.raises(UsageError, match="no clip of this catalog shows one of the 2 subjects .* kept out for test"):
        held_out(CLIPS, recipe(test_subjects=["Cid", "Dan"]), "test")


def test_people_are_known_by_their_clips_whatever_their_names_are_by_now() -> None:
    """Ann is called Bob now, and Bob, who was trained on, Ann; Cid is a clip of hers that came later."""
    pinned = {"test": [["0.mp4", "c0", "hash c0"]], "validation": []}
    now = [replace(clip, subject_id=name) for clip, name in zip(CLIPS, ("Bob", "Ann", None, "Bob"), strict=True)]
    assert held_out(now, recipe(held_out=pinned), "test") == [0, 3]
    # cut otherwise, so that no clip_id is the same: the file tells
    again = [replace(clip, clip_id=f"other {clip.clip_id}") for clip in now]
    assert held_out(again, recipe(held_out=pinned), "test") == [0, 3]
    # none of them is here: names are all there is
    assert held_out(CLIPS[3:], recipe(held_out=pinned), "test") == [0]


def test_people_who_turn_out_to_be_trained_on_are_left_out_and_it_is_told() -> None:
    pinned = {"test": [["0.mp4", "c0", "hash c0"], ["3.mp4", "c3", "hash c3"]], "validation": []}
    # a later extraction found that clip 0 shows whom clip 1, trained on, shows
    now = [replace(clip, subject_id=name) for clip, name in zip(CLIPS, ("Eve", "Eve", None, "Ann"), strict=True)]
    said: list[str] = []
    assert held_out(now, recipe(held_out=pinned), "test", said.append) == [3]
    (line,) = said
    assert line.startswith(
        "1 subject kept out for test is left out: by the names in this catalog, the model was trained"
    )
    pinned["test"] = pinned["test"][:1]
    with pytest.raises(UsageError, match=r"trained on 1\.mp4: scores on them would say nothing"):
        held_out(now, recipe(held_out=pinned), "test")
