"""Catalogs as earlier versions wrote them, and columns as later versions may add them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from catalogs import parts
from catalogs.manifest import newest
from catalogs.place import locate
from catalogs.schema import TABLES

ANN, BEA = "/videos/1.mp4", "/videos/3.mp4"
"""The accepted clips of `version_3`, of two frames each; clip 2 is rejected, 4 failed."""

_HERE = Path(__file__).parent


def version_3(root: Path, which: str = "version_3") -> Path:
    """A copy of a catalog of schema version 3; recipe and fingerprint: sample_spans.

    which: `version_3`, before columns were added to it, or `version_3_late`, as the last code of that version wrote it.
    """
    return Path(shutil.copytree(_HERE / which, root))


def add_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on clips has `added_map` and `added_number`, and its emotion a field `added`."""
    clips = TABLES["clips"]
    emotion = clips.field("emotion")
    more = emotion.with_type(pa.struct([pa.field("added", pa.float32()), *emotion.type]))
    clips = clips.set(clips.get_field_index("emotion"), more)
    clips = clips.append(_field("added_map", pa.map_(pa.string(), pa.string())))
    monkeypatch.setitem(TABLES, "clips", clips.append(_field("added_number", pa.float32())))


def without_notes(root: Path) -> None:
    """The manifest as a version that noted nothing of its files wrote it."""
    path = max((root / "_manifest").iterdir())
    told = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in told.items() if key != "notes"}))


def in_one_file(root: Path) -> None:
    """Rows of all recipes in one file a table, as earlier versions merged them."""
    state = newest(locate(root))
    assert state is not None
    path = max((root / "_manifest").iterdir())
    told = json.loads(path.read_text())
    for table in ("clips", "latents", "previews", "frames"):
        held = state.parts(table)
        if held:
            files = locate(root)
            made, draft = parts.draft(files, table, parts.new_stem(99), [parts.read_all(files, table, held)])
            draft.publish()
            told["tables"][table] = [{key: getattr(made, key) for key in ("file", "rows", "bytes")}]
            for part in held:
                os.unlink(root / part.file)
    path.write_text(json.dumps(told))
    without_notes(root)


def _field(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, metadata={"unit": "text", "about": "added later"})
