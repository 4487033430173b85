"""The columns of a manifest: those that are known, and others that look as if they were meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

KNOWN = ("uri", "subject_id", "split", "start_s", "end_s")

_ALSO = {
    "uri": "url path file filename filepath videopath video videofile clippath src location",
    "subject_id": "subject speaker speakerid person personid identity identityid actor actorid speakername subjectname",
    "split": "set subset partition fold dataset",
    "start_s": "start begin from onset starttime startsec startsecs startseconds begintime tstart t0",
    "end_s": "end stop until offset endtime endsec endsecs endseconds stoptime tend t1",
}
_LIKENESS = 0.8


def lookalikes(names: Sequence[str]) -> list[tuple[str, str]]:
    """(column, the known one it looks like) for columns that are not known, of known ones that are not there."""
    absent = [known for known in KNOWN if known not in names]
    found = ((column, _meant(column, absent)) for column in names if column not in KNOWN)
    return [(column, known) for column, known in found if known is not None]


def _meant(column: str, among: Sequence[str]) -> str | None:
    plain = _plain(column)
    for known in among:
        if plain == _plain(known) or plain in _ALSO[known].split():
            return known
    near = difflib.get_close_matches(plain, [_plain(known) for known in among], 1, _LIKENESS)
    return next((known for known in among if near and _plain(known) == near[0]), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
