"""Which clips windows are drawn from, and what the catalog says of each, as arrays over the clips."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogs import view
from catalogs.errors import NoWindows
from catalogs.latent_store import ARRAYS, LatentStore, StoredRows, no_latents
from catalogs.manifest import Manifest
from catalogs.storage import Storage

_MOTION = ("face_pose", "dynamics")
_OFFSET = "sound_offset"


@dataclass(frozen=True)
class WindowClips:
    """Clips in the order of their ids, arrays [C].

    clip_id, subject: as UTF-8; a clip whose subject is not known is taken for a person of its own. key: of each clip,
    what its draws depend on. file, start, rest: where its arrays are stored (`catalogs.latent_store.StoredRows`).
    frames: how many it has. begin, end: those that have their sound; all of them where it has none. offset: frame t of
    the motion goes with row t + offset of the sound.
    gaze [C, 2], distance [C, 1], emotion [C, E]: the clip's labels, float32, 0 where the catalog has none; known: by
    label, and for audio, which clips have it, bool [C]. widths: by column of latents, its numbers a frame.
    """

    clip_id: np.ndarray
    subject: np.ndarray
    key: np.ndarray
    file: np.ndarray
    start: np.ndarray
    rest: np.ndarray
    frames: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    offset: np.ndarray
    labels: dict[str, np.ndarray]
    known: dict[str, np.ndarray]
    widths: dict[str, int]

    def __len__(self) -> int:
        """The number of clips."""
        return len(self.key)

    def mark(self) -> str:
        """What changes when other clips, or other frames of them, are drawn from."""
        return hashlib.blake2b(b"".join(map(bytes, (self.key, self.begin, self.end))), digest_size=8).hexdigest()


def window_clips(files: Storage, state: Manifest, store: LatentStore, where: str) -> WindowClips:
    """The accepted clips of a commit for which `where`, SQL over table clips, holds and that have motion latents.

    NoWindows: there is none, their latents are not of one width, or the SQL does not fit the table.
    """
    chosen = _chosen(files, state, where)
    rows = store.rows()
    at = pc.index_in(chosen["clip_id"], value_set=rows.clip_id).fill_null(-1).to_numpy()
    has_motion = (at >= 0) & np.all([rows.widths[name][at] > 0 for name in _MOTION], axis=0)
    if not has_motion.any():
        raise NoWindows(no_latents(files))
    at = at[has_motion]
    widths = {name: _width(files, rows, at, name) for name in ARRAYS}
    has_audio = rows.widths["audio"][at] > 0
    chosen = chosen.filter(pa.array(has_motion))
    offset = np.where(has_audio, chosen[_OFFSET].to_numpy(), 0)
    begin, end = np.maximum(0, -offset), rows.frames[at] - np.maximum(0, offset)
    there = begin < end
    if not there.any():
        raise NoWindows(f"the clips of {files.uri()} are shorter than their {_OFFSET}: compute it again")
    labels, known = _labels(chosen)
    ids, subjects = (_bytes(chosen[name].filter(pa.array(there))) for name in ("clip_id", "subject"))
    return WindowClips(
        ids,
        subjects,
        np.frombuffer(bytes.fromhex(b"".join(ids).decode()), ">u8")[::2].astype(np.uint64),
        rows.file[at][there],
        rows.start[at][there],
        rows.rest[at][there],
        rows.frames[at][there],
        begin[there],
        end[there],
        offset[there],
        {name: values[there] for name, values in labels.items()},
        {name: values[there] for name, values in {**known, "audio": has_audio}.items()},
        widths,
    )


def _chosen(files: Storage, state: Manifest, where: str) -> pa.Table:
    """What table clips says of the accepted clips for which `where` holds."""
    with view.connected(files, state) as connection:
        columns = connection.table("clips").columns
        offset = f"coalesce(round({_OFFSET}), 0)" if _OFFSET in columns else "0"
        try:
            found = connection.sql(
                f"SELECT clip_id, coalesce(subject_id, clip_id) AS subject, gaze_theta, gaze_phi, distance, emotion, "
                f"CAST({offset} AS INTEGER) AS {_OFFSET} FROM clips "
                f"WHERE status = 'accepted' AND ({where or 'true'}\n) ORDER BY clip_id"
            ).to_arrow_table()
        except duckdb.Error as error:
            if view.was_replaced(files, state):
                raise
            raise NoWindows(
                f"where {where!r} cannot be asked: {error}\nIt is SQL over table clips, which has: {', '.join(columns)}"
            ) from error
        accepted = connection.sql("SELECT count(*) FROM clips WHERE status = 'accepted'").fetchall()[0][0]
    if not accepted:
        raise NoWindows(f"{files.uri()} has no accepted clip: its report says why")
    if not found.num_rows:
        raise NoWindows(f"none of the {accepted} accepted clips of {files.uri()} is left by where {where!r}: ask less")
    return found


def _width(files: Storage, rows: StoredRows, at: np.ndarray, name: str) -> int:
    """The numbers a frame that the rows `at` have in a column; 0 where all have none."""
    widths, first = np.unique(rows.widths[name][at], return_index=True)
    some = widths > 0
    if some.sum() > 1:
        examples = ", ".join(
            f"{width} (clip {rows.clip_id[int(at[place])]})"
            for width, place in zip(widths[some], first[some], strict=True)
        )
        raise NoWindows(
            f"{files.uri()} mixes latents of several models: {name} has {examples} numbers a frame. Choose one kind by "
            "where, for example run_id = '...', or make them anew with python jobs/extract.py --recompute"
        )
    return int(widths[-1])


def _bytes(texts: pa.ChunkedArray) -> np.ndarray:
    """Texts [C] as UTF-8, each as long as the longest."""
    return np.array([text.encode() for text in texts.to_pylist()], np.bytes_)


def _labels(chosen: pa.Table) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Gaze, distance and emotion, and of which clips each is known."""
    emotions = chosen["emotion"].combine_chunks().flatten()
    columns = {
        "gaze": [chosen["gaze_theta"], chosen["gaze_phi"]],
        "distance": [chosen["distance"]],
        "emotion": emotions,
    }
    values = {
        name: np.stack([column.fill_null(np.nan).to_numpy() for column in each], axis=1)
        for name, each in columns.items()
    }
    known = {name: np.isfinite(each).any(axis=1) for name, each in values.items()}
    return {name: np.nan_to_num(each).astype(np.float32) for name, each in values.items()}, known
