"""Which committed rows a newly staged span replaces, and which staged spans may not be committed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.schema import UNDECIDED_REASONS

KEYS = ("clip_id", "source_key", "span_index", "recipe")
"""The columns of clips that identify a row's clip and span, and the recipe that decided it."""

NAMES = ("subject_id", "subject_listed")
"""The columns of clips that say who a clip shows, and whether a manifest says so."""


def only_unreached(clips: pa.Table) -> bool:
    """Whether a span's rows say no more than that its source is out of reach."""
    return bool(pc.all(pc.is_in(clips["reason"], pa.array(UNDECIDED_REASONS))).as_py())


def spared(held: pa.Table, unreached: pa.Table) -> set[str]:
    """The source_keys out of reach, those of `unreached`, that `held` decides: what is out of reach now stays decided.

    Both have the columns KEYS and reason.
    """
    decided = held.filter(pc.invert(pc.is_in(held["reason"], pa.array(UNDECIDED_REASONS))))
    return set(decided.filter(_in(decided, unreached, "source_key"))["source_key"].to_pylist())


def replaced(held: pa.Table, incoming: pa.Table, fingerprint: str) -> pa.Table:
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
        column = pc.if_else(taken, values, incoming[name])
        incoming = incoming.set_column(incoming.schema.get_field_index(name), incoming.schema.field(name), column)
    return incoming


def collisions(held: pa.Table, incoming: pa.Table, fingerprint: str) -> list[str]:
    """The clip_ids of `incoming` that a row of `held` keeps under another span: they may not stand twice."""
    same = held.filter(_in(held, incoming, "clip_id"))
    if same.num_rows == 0:
        return []
    going = replaced(same, incoming, fingerprint)
    return same.filter(pc.invert(_in(same, going, "clip_id")))["clip_id"].to_pylist()


def _in(rows: pa.Table, others: pa.Table, column: str) -> pa.ChunkedArray:
    return pc.is_in(rows[column], value_set=others[column].combine_chunks())


def _spans(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["source_key"], rows["span_index"].cast(pa.string()), "-")
