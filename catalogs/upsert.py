"""Which committed rows a newly staged span replaces, and which staged spans may not be committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.columns import replaced
from catalogs.schema import UNDECIDED_REASONS

KEYS = ("clip_id", "source_key", "span_index", "recipe")
"""The columns of clips that identify a row's clip and span, and the recipe that decided it."""

NAMES = ("subject_id", "subject_listed")
"""The columns of clips that say who a clip shows, and whether a manifest says so."""

COMPARED = (*KEYS, *NAMES, "reason")
"""The columns of clips that are compared here: those of `held` below, of which each table holds some committed rows."""


def superseded(held: pa.Table, incoming: pa.Table, fingerprint: str) -> pa.Table:
    """The rows of `held` that must go when `incoming` is committed. Both have the columns KEYS.

    A span replaces its own rows; and, of rows decided under another recipe, all of its source and all with
    one of its clip_ids, so that nothing of a source cut differently before remains beside its new clips.
    """
    near = held.filter(pc.or_(_in(held, incoming, "source_key"), _in(held, incoming, "clip_id")))
    if near.num_rows == 0:
        return near
    stale = pc.not_equal(near["recipe"], fingerprint)
    same_span = pc.is_in(_spans(near), value_set=_spans(incoming).combine_chunks())
    return near.filter(pc.or_(stale, same_span))


def with_names(incoming: pa.Table, going: pa.Table) -> pa.Table:
    """`incoming` with the names of the people of the rows that it replaces; both have the columns KEYS and NAMES.

    Only accepted clips that have no name, and only names that no manifest gave: those are as listed now.
    """
    kept = going.filter(pc.invert(pc.fill_null(going["subject_listed"], False)))
    was = kept["subject_id"].take(pc.index_in(incoming["clip_id"], value_set=kept["clip_id"].combine_chunks()))
    wanted = pc.and_(pc.equal(incoming["status"], "accepted"), pc.is_null(incoming["subject_id"]))
    taken = pc.and_(wanted, pc.is_valid(was))
    for name, values in (("subject_id", was), ("subject_listed", pa.scalar(False))):
        incoming = replaced(incoming, name, pc.if_else(taken, values, incoming[name]))
    return incoming


def decided_before(spans: Mapping[str, pa.Table], held: Sequence[pa.Table]) -> dict[str, str]:
    """Spans that say no more than that a source is out of reach which the catalog decided before, with its source_key.

    What is out of reach now stays decided. spans: rows of clips by any name.
    """
    undecided = pa.array(UNDECIDED_REASONS)
    unreached = {
        name: clips["source_key"][0].as_py()
        for name, clips in spans.items()
        if pc.all(pc.is_in(clips["reason"], undecided)).as_py()
    }
    sources = pa.array(unreached.values(), pa.string())
    decided: set[str] = set()
    for rows in held if unreached else ():
        known = pc.and_(pc.is_in(rows["source_key"], sources), pc.invert(pc.is_in(rows["reason"], undecided)))
        decided.update(rows.filter(known)["source_key"].to_pylist())
    return {name: source for name, source in unreached.items() if source in decided}


def doubles(spans: Mapping[str, pa.Table], held: Sequence[pa.Table], fingerprint: str) -> dict[str, tuple[str, str]]:
    """Spans with a clip_id that must not stand twice: which, and who has it already. The others can be committed.

    spans: rows of clips by any name, by which a span is also told as the one that has it.
    """
    found: dict[str, tuple[str, str]] = {}
    owners: dict[str, str] = {}
    for name, clips in spans.items():
        ids = clips["clip_id"].to_pylist()
        twice = next((clip for clip in ids if clip in owners), None)
        if twice is None:
            owners.update(dict.fromkeys(ids, name))
        else:
            found[name] = (twice, owners[twice])
    while good := [clips.select(KEYS) for name, clips in spans.items() if name not in found]:
        incoming = pa.concat_tables(good)
        taken = [clip for rows in held for clip in collisions(rows, incoming, fingerprint)]
        if not taken:
            break
        for clip in taken:  # a span that is refused replaces nothing: so others may collide now
            found.setdefault(owners[clip], (clip, "a span already in the catalog"))
    return found


def collisions(held: pa.Table, incoming: pa.Table, fingerprint: str) -> list[str]:
    """The clip_ids of `incoming` that a row of `held` keeps under another span: they may not stand twice."""
    same = held.filter(_in(held, incoming, "clip_id"))
    if same.num_rows == 0:
        return []
    going = superseded(same, incoming, fingerprint)
    return same.filter(pc.invert(_in(same, going, "clip_id")))["clip_id"].to_pylist()


def _in(rows: pa.Table, others: pa.Table, column: str) -> pa.ChunkedArray:
    return pc.is_in(rows[column], value_set=others[column].combine_chunks())


def _spans(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["source_key"], rows["span_index"].cast(pa.string()), "-")
