"""The people of a catalog: what is clustered, what stays, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import catalogs
from catalogs.manifest import newest
from catalogs.place import locate
from catalogs.schema import conform
from catalogs.staging import stage_span
from pipeline.extraction.recipe import make_recipe
from pipeline.people.names import is_generated
from pipeline.people.naming import People, compared, name_people, named, same_person_of
from tests.made.faulty import person
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, hexes, latent_row, source_key


def clips(*rows: dict[str, Any]) -> pa.Table:
    """Rows of table clips that say what differs from an accepted clip."""
    return conform("clips", [clip_row(place, face_vector=None) | row for place, row in enumerate(rows)])


def who(name: str, **more: Any) -> dict[str, Any]:
    return {"face_vector": person(name), **more}


def subjects(rows: pa.Table) -> list[str | None]:
    return rows["subject_id"].to_pylist()


def test_accepted_clips_get_the_name_of_their_cluster() -> None:
    rows = clips(
        who("ann"),
        who("ann", subject_id="person_aaaaaaaaaaaa", subject_listed=False),
        who("bob"),
        who("bob", subject_id="Bob", subject_listed=True),
        who("bob", status="rejected", reason="low_quality"),
        {},
    )
    found = named(rows, FINGERPRINT)
    assert subjects(found) == ["person_aaaaaaaaaaaa"] * 2 + ["Bob", "Bob", None, None]
    assert found["subject_listed"].to_pylist() == [False, False, False, True, None, None]
    assert named(found, FINGERPRINT).equals(found)


def test_rows_of_another_recipe_stay_as_they_are() -> None:
    older = {"face_vector": np.zeros(512), "recipe": "older", "subject_id": "person_0123456789ab"}
    rows = clips(older, who("ann"), older | {"face_vector": person("ann")})
    found = named(rows, FINGERPRINT)
    assert subjects(found)[::2] == subjects(rows)[::2]
    assert subjects(found)[1] == f"person_{rows['clip_id'][1].as_py()[:12]}"
    assert subjects(named(rows, "a third")) == subjects(rows)


def test_a_name_of_an_older_row_is_not_given_again() -> None:
    own = f"person_{clip_row(0)['clip_id'][:12]}"
    found = named(clips(who("ann"), {"recipe": "older", "subject_id": own}), FINGERPRINT)
    assert is_generated(subjects(found)[0])
    assert subjects(found)[0] != own


def test_rows_too_old_to_say_who_named_them_are_read_by_the_form_of_the_name() -> None:
    rows = clips(who("ann", subject_id="Ann"), who("ann", subject_id="person_aaaaaaaaaaaa"), who("ann"))
    found = named(rows, FINGERPRINT)
    assert subjects(found) == ["Ann"] * 3
    assert found["subject_listed"].to_pylist() == [True, False, False]


def test_a_name_that_came_with_a_cluster_goes_with_it() -> None:
    rows = clips(
        who("ann", subject_id="Ann", subject_listed=True),
        {"face_vector": person("ann") + np.eye(128)[0] * 0.55},
    )
    near = named(rows, FINGERPRINT, 0.6)
    assert subjects(near) == ["Ann", "Ann"]
    apart = subjects(named(near, FINGERPRINT, 0.5))
    assert apart[0] == "Ann"
    assert is_generated(apart[1])


def test_what_is_told() -> None:
    before = clips(*(who("x", subject_id=name) for name in ("a", "a", "b", "c", None, None)))
    after = clips(*(who("x", subject_id=name) for name in ("b", "b", "b", "d", "d", "e")))
    found = compared(before, after.take([3, 1, 0, 2, 5, 4]), FINGERPRINT)
    assert found == People(people=3, clips=6, new=2, changes=(("a", "b", 2), ("c", "d", 1)))
    assert (found.renamed, found.renamed_people) == (3, 2)
    assert found.text() == "3 people in 6 clips, 2 new; 3 clips of 2 people renamed"
    assert compared(after, after, FINGERPRINT).text() == "3 people in 6 clips, 0 new; 0 clips of 0 people renamed"


def test_the_distance_is_the_recipe_s() -> None:
    assert same_person_of(make_recipe().describe()) == 0.5
    assert same_person_of(make_recipe(settings=["identity.same_person=0.3"]).describe()) == 0.3
    assert same_person_of(make_recipe(settings=["identity=arcface"]).describe()) == 1.1
    assert same_person_of(RECIPE) == 0.5


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Six clips: three of one person, three of another at a distance of 0.6."""
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        for source in range(6):
            vector = person("ann") + np.eye(128)[0] * (0.6 if source >= 3 else 0)
            row = clip_row(source, face_vector=vector)
            tables = {"clips": [row], "latents": [latent_row(row["clip_id"])], "previews": []}
            stage_span(tmp_path, source_key(source), 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()
    return tmp_path


def held(catalog: Path) -> dict[str, str]:
    found = catalogs.query(catalog, "select source_uri, subject_id from clips order by source_uri")
    return {row["source_uri"]: row["subject_id"] for row in found.to_pylist()}


def test_a_catalog_is_named_and_named_again(catalog: Path) -> None:
    found, distance = name_people(str(catalog))
    assert (found.people, found.clips, found.new, found.renamed, distance) == (2, 6, 2, 0, 0.5)
    before, sequence = held(catalog), newest(locate(catalog)).sequence
    assert name_people(str(catalog))[0] == People(2, 6, 0, ())
    assert newest(locate(catalog)).sequence == sequence
    assert held(catalog) == before


def test_merged_and_split_again(catalog: Path) -> None:
    name_people(str(catalog))
    before = held(catalog)
    ann, other = before["/videos/0.mp4"], before["/videos/5.mp4"]
    stays, goes = sorted([ann, other])
    merged, _ = name_people(str(catalog), 0.9)
    assert merged == People(1, 6, 0, ((goes, stays, 3),))
    split, _ = name_people(str(catalog))
    assert (split.people, split.new, split.renamed) == (2, 1, 3)
    now = set(held(catalog).values())
    assert stays in now
    assert goes not in now


def test_recomputed_clips_keep_their_names(catalog: Path) -> None:
    name_people(str(catalog))
    before = held(catalog)
    with catalogs.Writer.open(catalog, RECIPE, "another", recompute=True) as writer:
        for source in range(6):
            row = clip_row(source, recipe="another", clip_id=hexes("clip", source, 0, 0), face_vector=np.zeros(512))
            tables = {"clips": [row], "latents": [latent_row(row["clip_id"])], "previews": []}
            stage_span(catalog, source_key(source), 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()
    assert held(catalog) == before
