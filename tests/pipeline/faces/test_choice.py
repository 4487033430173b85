"""A model is scored on the subjects kept out, and on nothing it was trained on."""

from __future__ import annotations

from typing import Any

import pytest

from catalogs.frames import StoredClip
from pipeline.command import Failure
from pipeline.faces.scores.choice import held_out, refuse_trained

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
    with pytest.raises(Failure, match="trained on everybody in this catalog"):
        held_out(CLIPS, recipe(content=["hash c0", "hash c1", "hash c2"]), "unseen")


def test_clips_trained_on_are_refused_by_name() -> None:
    with pytest.raises(Failure, match=r"trained on 1\.mp4: scores on them would say nothing"):
        held_out(CLIPS, recipe(), "validation")
    with pytest.raises(Failure, match=r"trained on 0\.mp4, 1\.mp4, 2\.mp4, 3\.mp4:"):
        refuse_trained(CLIPS, {clip.content for clip in CLIPS})
    many = [StoredClip(f"m{n}", f"/films/m{n}.mp4", "Ann", None, "seen", 50, 96) for n in range(12)]
    with pytest.raises(Failure, match=r"m9\.mp4 and 2 more:"):
        refuse_trained(many, ["seen"])


def test_a_catalog_without_these_people_is_an_error() -> None:
    with pytest.raises(Failure, match="no clip of this catalog shows one of the 2 subjects .* kept out for test"):
        held_out(CLIPS, recipe(test_subjects=["Cid", "Dan"]), "test")
