"""The end of a run: rows of earlier bytes go, names are as listed, and people are named where something is new."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from catalogs.schema import conform
from pipeline.extraction.finalise import Finalise, as_listed, with_keys, without_superseded
from pipeline.extraction.probe import ProbeResult, SourceTask
from pipeline.people.naming import People
from tests.made.faulty import person


def clips(*rows: dict[str, Any]) -> pa.Table:
    """Rows of table clips that say what differs from an accepted clip of /a.mp4."""
    usual = {
        "content": "bytes",
        "source_uri": "/a.mp4",
        "source_key": "key",
        "span_index": 0,
        "span_count": 1,
        "status": "accepted",
        "recipe": "r",
        "run_id": "run",
    }
    return conform("clips", [{**usual, "clip_id": f"{i:x}".ljust(32, "0"), **row} for i, row in enumerate(rows)])


def listed(key: str, uri: str = "/a.mp4", subject: str | None = None, split: str | None = None) -> SourceTask:
    return SourceTask(0, uri, key, subject, split, None, None)


def by_key(*jobs: SourceTask) -> dict[str, SourceTask]:
    return {job.source_key: job for job in jobs}


def test_rows_of_earlier_bytes_go() -> None:
    rows = clips(
        {"source_key": "old", "content": "before"},
        {"source_key": "unreachable", "content": None, "status": "failed", "reason": "unreadable"},
        {"source_key": "new", "content": "after"},
        {"source_key": "other", "content": "before", "source_uri": "/b.mp4"},
    )
    now = [ProbeResult.of(listed("new"), "after", 5.0)]
    kept = without_superseded(rows, now, by_key(listed("new")))
    assert kept["source_key"].to_pylist() == ["new", "other"]
    assert without_superseded(rows, [], {}).num_rows == 4
    both = by_key(listed("new"), listed("old"))
    assert without_superseded(rows, now, both)["source_key"].to_pylist() == ["old", "new", "other"]
    gone = [ProbeResult.failed(listed("new"), None, "not there")]
    assert without_superseded(rows, gone, by_key(listed("new"))).num_rows == 4


def test_other_times_of_the_same_bytes_stay() -> None:
    rows = clips({"source_key": "0 to 4 s"}, {"source_key": "4 to 8 s"})
    now = [ProbeResult.of(listed("whole"), "bytes", 10.0)]
    assert without_superseded(rows, now, by_key(listed("whole"))).num_rows == 2


def test_with_keys_renames_and_touches_nothing_else() -> None:
    rows = clips({"source_key": "old", "detail": "kept"}, {"source_key": "other"})
    renamed = with_keys(rows, {"old": "new"})
    assert renamed["source_key"].to_pylist() == ["new", "other"]
    assert renamed.drop_columns("source_key").equals(rows.drop_columns("source_key"))
    assert renamed.schema.equals(rows.schema, check_metadata=True)


def test_listed_names_and_splits_are_as_listed_now() -> None:
    rows = clips(
        {"source_key": "a", "subject_id": "before", "split": "train"},
        {"source_key": "b", "subject_id": "before", "split": "train"},
        {"source_key": "not listed now", "subject_id": "Eve", "split": "test"},
    )
    found = as_listed(rows, by_key(listed("a", subject="Ann", split="val"), listed("b")))
    assert found["subject_id"].to_pylist() == ["Ann", None, "Eve"]
    assert found["subject_listed"].to_pylist() == [True, None, True]
    assert found["split"].to_pylist() == ["val", None, "test"]


def test_names_that_clusters_gave_stay_where_no_name_is_listed() -> None:
    rows = clips(
        {"source_key": "a", "subject_id": "Ann", "subject_listed": False},
        {"source_key": "b", "subject_id": "person_aaaaaaaaaaaa"},
        {"source_key": "c", "subject_id": "person_aaaaaaaaaaaa", "subject_listed": True},
    )
    found = as_listed(rows, by_key(listed("a"), listed("b"), listed("c")))
    assert found["subject_id"].to_pylist() == ["Ann", "person_aaaaaaaaaaaa", None]
    assert found["subject_listed"].to_pylist() == [False, False, None]


def update(rows: pa.Table, *jobs: SourceTask, probes: tuple[ProbeResult, ...] = ()) -> tuple[pa.Table, People | None]:
    return Finalise(jobs, probes, "r", "this run")(rows)


def test_upkeep_does_all() -> None:
    rows = clips(
        {"source_key": "old", "content": "before", "subject_id": "Ann"},
        {"source_key": "new", "content": "after", "face_vector": person("ann")},
        {"source_key": "other", "source_uri": "/b.mp4", "face_vector": person("ann")},
    )
    job = listed("new", subject="Ann", split="train")
    found, people = update(rows, job, probes=(ProbeResult.of(job, "after", 5.0),))
    assert found.select(["source_key", "subject_id", "split"]).to_pylist() == [
        {"source_key": "new", "subject_id": "Ann", "split": "train"},
        {"source_key": "other", "subject_id": "Ann", "split": None},
    ]
    assert people == People(people=1, clips=2, new=0, changes=())
    assert update(clips())[0].num_rows == 0


@pytest.mark.parametrize(
    ("row", "job", "due"),
    [
        ({"subject_id": "person_aaaaaaaaaaaa"}, listed("key"), False),
        ({"subject_id": "person_aaaaaaaaaaaa", "run_id": "this run"}, listed("key"), True),
        ({"subject_id": None}, listed("key"), True),
        ({"subject_id": None, "status": "rejected", "reason": "no_face"}, listed("key"), False),
        ({"subject_id": None, "recipe": "older"}, listed("key"), False),
        ({"subject_id": None, "face_vector": None}, listed("key"), False),
        ({"subject_id": "Ann", "subject_listed": True}, listed("key", subject="Ann"), False),
        ({"subject_id": "Ann", "subject_listed": True}, listed("key", subject="Anna"), True),
        ({"subject_id": "Ann", "subject_listed": True}, listed("key"), True),
        ({"subject_id": "Ann", "subject_listed": True}, listed("other"), False),
        ({"subject_id": "Ann", "subject_listed": False}, listed("key"), False),
    ],
)
def test_people_are_named_only_where_something_is_new(row: dict[str, Any], job: SourceTask, due: bool) -> None:
    _, people = update(clips({"source_key": "key", "face_vector": person("ann"), **row}), job)
    assert (people is not None) == due
