"""jobs/people.py: who is named, what is told, and a second time nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span
from catalogs.storage.lock import ProcessLock
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, latent_row, source_key


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Two clips at a distance of 0.6, and a third like the second."""
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        for source, apart in enumerate((0, 0.6, 0.6)):
            row = clip_row(source, face_vector=np.eye(128)[0] * apart)
            tables = {"clips": [row], "latents": [latent_row(row["clip_id"])], "previews": []}
            stage_span(tmp_path, source_key(source), 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()
    return tmp_path


def who(catalog: Path) -> list[str]:
    found = catalogs.query(catalog, "select subject_id from clips order by source_uri")
    return found["subject_id"].to_pylist()


def test_people_are_named_and_the_second_time_nothing_changes(job: Callable[..., Any], catalog: Path) -> None:
    done = job("people", "--catalog", catalog)
    assert done.code == 0
    assert done.out.splitlines()[0] == f"{catalog}: 2 people in 3 clips, 2 new; 0 clips of 0 people renamed"
    assert done.out.splitlines()[-1].startswith(f"ask it: python jobs/query.py --catalog {catalog} ")
    one, two, three = who(catalog)
    assert one != two == three
    said = json.loads(job("people", "--catalog", catalog, "--json").out)
    counts = {"people": 2, "clips": 3, "new": 0, "renamed": 0, "renamed_people": 0, "changes": []}
    assert said == {"catalog": str(catalog), "same_person": 0.5, **counts}
    assert who(catalog) == [one, two, three]


def test_another_distance_merges_and_says_who_has_another_name(job: Callable[..., Any], catalog: Path) -> None:
    job("people", "--catalog", catalog)
    one, two, _ = who(catalog)
    done = job("people", "--catalog", catalog, "--same-person", "0.9")
    assert done.out.splitlines()[:2] == [
        f"{catalog}: 1 person in 3 clips, 0 new; 1 clip of 1 person renamed",
        f"  {one} -> {two}: 1 clip",
    ]
    assert who(catalog) == [two] * 3


def test_what_cannot_be_done(job: Callable[..., Any], catalog: Path, tmp_path: Path) -> None:
    done = job("people", "--catalog", tmp_path / "none")
    assert (done.code, done.out) == (2, "")
    assert "there is no catalog at" in done.err
    for wrong in ("0", "-1", "nan", "inf"):
        done = job("people", "--catalog", catalog, "--same-person", wrong)
        assert done.code == 2
        assert f"--same-person {wrong} is no distance: give a number above 0" in done.err
    lock = ProcessLock(catalog / "_lock")
    try:
        assert job("people", "--catalog", catalog).code == 1
    finally:
        lock.release()
    assert who(catalog) == [None] * 3
