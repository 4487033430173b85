"""What the end of a run changes in table clips: superseded rows go, listed names are as listed, people get names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.columns import replaced
from catalogs.schema import UNDECIDED_REASONS
from pipeline.extraction.probe import ProbeResult, SourceTask
from pipeline.people.naming import SAME_PERSON, People, compared, is_listed, named, seen


@dataclass(frozen=True)
class Finalise:
    """The update of table clips at the end of the run `run_id`, whose recipe has this fingerprint.

    listed: all that the run listed; probes: what it had to probe of that. same_person: see
    `pipeline.people.naming.named`.
    """

    listed: Sequence[SourceTask]
    probes: Sequence[ProbeResult]
    fingerprint: str
    run_id: str
    same_person: float = SAME_PERSON

    def __call__(self, clips: pa.Table) -> tuple[pa.Table, People | None]:
        """Table clips as it is to be, and what became of the names of people where something was new."""
        listed = {job.source_key: job for job in self.listed}
        left = without_superseded(clips, self.probes, listed)
        after = as_listed(left, listed)
        if not is_due(left, after, self.fingerprint, self.run_id):
            return after, None
        after = named(after, self.fingerprint, self.same_person)
        return after, compared(clips, after, self.fingerprint)


def without_superseded(clips: pa.Table, probes: Sequence[ProbeResult], listed: Mapping[str, SourceTask]) -> pa.Table:
    """Without rows of a file's earlier bytes: same uri as a probed source, other content, and not listed any more.

    Of a source that was probed, a row that says that it could not be reached goes too, unless it is listed so.
    """
    now = {probe.job.uri: probe.content for probe in probes if probe.content is not None}
    tried = {probe.job.uri for probe in probes}
    rows = zip(*(clips[name].to_pylist() for name in ("source_uri", "content", "source_key", "reason")), strict=True)
    keep = [
        key in listed or (uri not in tried if reason in UNDECIDED_REASONS else uri not in now or content == now[uri])
        for uri, content, key, reason in rows
    ]
    return clips.filter(pa.array(keep, pa.bool_()))


def with_keys(clips: pa.Table, now: Mapping[str, str]) -> pa.Table:
    """With the source_key that replaces an old one: a file that was only touched keeps its rows."""
    keys = [now.get(key, key) for key in clips["source_key"].to_pylist()]
    return replaced(clips, "source_key", keys)


def as_listed(clips: pa.Table, listed: Mapping[str, SourceTask]) -> pa.Table:
    """With the names, splits and other columns of what is listed now; what is not keeps those that it has.

    A name that was listed and is not any more goes; one that clustering gave stays, until people are named again.
    """
    jobs = [listed.get(key) for key in clips["source_key"].to_pylist()]
    subject, mark = [], []
    for job, name, known in zip(jobs, clips["subject_id"].to_pylist(), is_listed(clips), strict=True):
        own = job.subject_id if job else None
        kept = own or (None if job and known else name)
        subject.append(kept)
        mark.append(None if kept is None else own is not None or known)
    split = [job.split if job else old for job, old in zip(jobs, clips["split"].to_pylist(), strict=True)]
    user = [job.user if job else old for job, old in zip(jobs, clips["user"].to_pylist(), strict=True)]
    columns: dict[str, Sequence[Any]] = {
        "subject_id": subject,
        "subject_listed": mark,
        "split": split,
        "user": user,
    }
    for column, values in columns.items():
        clips = replaced(clips, column, values)
    return clips


def is_due(before: pa.Table, after: pa.Table, fingerprint: str, run_id: str) -> bool:
    """Whether people must be named: this run accepted a clip, one has no name yet, or listed names have changed.

    before, after: table clips without and with what is listed now.
    """
    accepted = after.filter(pa.array(seen(after, fingerprint)))
    fresh = pc.or_(pc.is_null(accepted["subject_id"]), pc.equal(accepted["run_id"], run_id))
    return bool(pc.any(fresh, min_count=0).as_py()) or _given(before) != _given(after)


def _given(clips: pa.Table) -> dict[str, str]:
    """The name of each clip that has it from a manifest."""
    rows = zip(clips["clip_id"].to_pylist(), clips["subject_id"].to_pylist(), is_listed(clips), strict=True)
    return {clip: name for clip, name, named in rows if named}
