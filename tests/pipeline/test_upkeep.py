"""The end of a run: rows of earlier bytes go, listed names stay, and the others get names that anyone would repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from faulty import person

from catalogs.schema import conform
from pipeline.survey import Survey, SurveyJob
from pipeline.upkeep import named, upkeep, with_keys, without_superseded


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


def listed(key: str, uri: str = "/a.mp4", subject: str | None = None, split: str | None = None) -> SurveyJob:
    return SurveyJob(0, uri, key, subject, split, None, None)


def by_key(*jobs: SurveyJob) -> dict[str, SurveyJob]:
    return {job.source_key: job for job in jobs}


def test_rows_of_earlier_bytes_go() -> None:
    rows = clips(
        {"source_key": "old", "content": "before"},
        {"source_key": "unreachable", "content": None, "status": "failed", "reason": "unreadable"},
        {"source_key": "new", "content": "after"},
        {"source_key": "other", "content": "before", "source_uri": "/b.mp4"},
    )
    now = [Survey.of(listed("new"), "after", 5.0)]
    kept = without_superseded(rows, now, by_key(listed("new")))
    assert kept["source_key"].to_pylist() == ["new", "other"]
    assert without_superseded(rows, [], {}).num_rows == 4
    both = by_key(listed("new"), listed("old"))
    assert without_superseded(rows, now, both)["source_key"].to_pylist() == ["old", "new", "other"]
    gone = [Survey.failed(listed("new"), None, "not there")]
    assert without_superseded(rows, gone, by_key(listed("new"))).num_rows == 4


def test_other_times_of_the_same_bytes_stay() -> None:
    rows = clips({"source_key": "0 to 4 s"}, {"source_key": "4 to 8 s"})
    now = [Survey.of(listed("whole"), "bytes", 10.0)]
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
    found = named(rows, by_key(listed("a", subject="Ann", split="val"), listed("b")))
    assert found["subject_id"].to_pylist() == ["Ann", None, "Eve"]
    assert found["split"].to_pylist() == ["val", None, "test"]


def test_accepted_clips_that_nobody_names_get_a_cluster() -> None:
    rows = clips(
        {"source_key": "1", "face_vector": person("ann")},
        {"source_key": "2", "face_vector": person("ann"), "subject_id": "person_aaaaaaaaaaaa"},
        {"source_key": "3", "face_vector": person("bob")},
        {"source_key": "4", "face_vector": person("bob")},
        {"source_key": "5", "face_vector": person("bob"), "status": "rejected", "reason": "low_quality"},
        {"source_key": "6"},
    )
    jobs = by_key(listed("1"), listed("3"), listed("4", subject="Bob"), listed("5"), listed("6"))
    found = named(rows, jobs)["subject_id"].to_pylist()
    ann = f"person_{0:012x}"
    assert found == [ann, ann, "Bob", "Bob", None, None]


def test_generated_names_do_not_depend_on_order_or_on_earlier_names() -> None:
    people = [("ann", 0), ("bob", 1), ("ann", 2), ("carl", 3), ("bob", 4)]
    rows = clips(
        *(
            {
                "source_key": str(i),
                "face_vector": person(name) + np.float32(0.001 * i),
                "clip_id": f"{i * 7 % 5:x}".ljust(32, "0"),
            }
            for name, i in people
        )
    )
    before = named(rows, {})
    shuffled = named(rows.take([3, 1, 4, 0, 2]), {})
    key = [("source_key", "ascending")]
    assert shuffled.sort_by(key).equals(before.sort_by(key))
    assert named(before, {}).equals(before)
    assert len(set(before["subject_id"].to_pylist())) == 3


def test_upkeep_does_both() -> None:
    rows = clips(
        {"source_key": "old", "content": "before", "subject_id": "Ann"},
        {"source_key": "new", "content": "after", "face_vector": person("ann")},
    )
    job = listed("new", subject="Ann", split="train")
    found = upkeep([job], [Survey.of(job, "after", 5.0)])(rows)
    assert found.select(["source_key", "subject_id", "split"]).to_pylist() == [
        {"source_key": "new", "subject_id": "Ann", "split": "train"}
    ]
    assert upkeep([], [])(clips()).num_rows == 0


def test_vectors_of_two_networks_are_clustered_apart() -> None:
    short, long = np.zeros(128), np.zeros(512)
    rows = clips({"face_vector": short}, {"face_vector": long}, {"face_vector": short}, {"face_vector": long + 1})
    names = named(rows, {})["subject_id"].to_pylist()
    assert names[0] == names[2] != names[1]
    assert len({names[0], names[1], names[3]}) == 3


def test_the_distance_of_one_person_is_the_stage_s() -> None:
    rows = clips({"face_vector": np.zeros(128)}, {"face_vector": np.full(128, 0.05)})
    apart, together = (named(rows, {}, limit)["subject_id"].to_pylist() for limit in (0.5, 0.6))
    assert apart[0] != apart[1]
    assert together[0] == together[1]
