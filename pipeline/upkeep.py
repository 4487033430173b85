"""What the end of a run changes in table clips: superseded rows go, people get names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs.schema import UNDECIDED_REASONS
from pipeline import subjects
from pipeline.survey import Survey, SurveyJob

_GENERATED = re.compile(r"person_[0-9a-f]{12}")


def upkeep(
    listed: Sequence[SurveyJob], surveys: Sequence[Survey], same_person: float = subjects.SAME_PERSON
) -> Callable[[pa.Table], pa.Table]:
    """The update of table clips for a run that listed `listed` and had to survey `surveys` of them.

    same_person: see `pipeline.subjects.assign`.
    """
    given = {job.source_key: job for job in listed}
    return lambda clips: named(without_superseded(clips, surveys, given), given, same_person)


def without_superseded(clips: pa.Table, surveys: Sequence[Survey], listed: Mapping[str, SurveyJob]) -> pa.Table:
    """Without rows of a file's earlier bytes: same uri as a surveyed source, other content, and not listed any more.

    Of a source that was surveyed, a row that says that it could not be reached goes too, unless it is listed so.
    """
    now = {survey.job.uri: survey.content for survey in surveys if survey.content is not None}
    tried = {survey.job.uri for survey in surveys}
    rows = zip(*(clips[name].to_pylist() for name in ("source_uri", "content", "source_key", "reason")), strict=True)
    keep = [
        key in listed or (uri not in tried if reason in UNDECIDED_REASONS else uri not in now or content == now[uri])
        for uri, content, key, reason in rows
    ]
    return clips.filter(pa.array(keep, pa.bool_()))


def with_keys(clips: pa.Table, now: Mapping[str, str]) -> pa.Table:
    """With the source_key that replaces an old one: a file that was only touched keeps its rows."""
    keys = [now.get(key, key) for key in clips["source_key"].to_pylist()]
    return _replaced(clips, "source_key", keys)


def named(clips: pa.Table, listed: Mapping[str, SurveyJob], same_person: float = subjects.SAME_PERSON) -> pa.Table:
    """With subject_id, split and user as listed now; accepted clips that nobody names get a cluster of face vectors.

    Vectors of different lengths (rows of an earlier recipe, until they are worked on again) are clustered apart.
    """
    jobs = [listed.get(key) for key in clips["source_key"].to_pylist()]
    subject = [
        job.subject_id if job else _unless_generated(old)
        for job, old in zip(jobs, clips["subject_id"].to_pylist(), strict=True)
    ]
    split = [job.split if job else old for job, old in zip(jobs, clips["split"].to_pylist(), strict=True)]
    user = [job.user if job else old for job, old in zip(jobs, clips["user"].to_pylist(), strict=True)]
    seen = pc.and_(pc.equal(clips["status"], "accepted"), pc.is_valid(clips["face_vector"]))
    lengths = pc.fill_null(pc.list_value_length(clips["face_vector"]), 0).to_numpy()
    for length in np.unique(lengths[seen.to_numpy()]):
        places = np.flatnonzero(seen.to_numpy() & (lengths == length))
        accepted = clips.take(pa.array(places))
        vectors = np.array(accepted["face_vector"].to_pylist(), np.float32)
        assigned = subjects.assign(accepted["clip_id"].to_pylist(), vectors, [subject[i] for i in places], same_person)
        for place, name in zip(places, assigned, strict=True):
            subject[place] = name
    for column, values in (("subject_id", subject), ("split", split), ("user", user)):
        clips = _replaced(clips, column, values)
    return clips


def _unless_generated(name: str | None) -> str | None:
    return None if name is None or _GENERATED.fullmatch(name) else name


def _replaced(clips: pa.Table, column: str, values: Sequence[Any]) -> pa.Table:
    field = clips.schema.field(column)
    return clips.set_column(clips.schema.get_field_index(column), field, pa.array(values, field.type))
