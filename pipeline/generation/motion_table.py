"""Generated motion as a Parquet file, a row a frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from catalogs import storage
from models.motion.space import POSE
from pipeline.faces.provenance import Provenance
from stages.clip import FPS

SCHEMA = pa.schema(
    [
        ("frame", pa.int32()),
        ("seconds", pa.float32()),
        ("face_pose", pa.list_(pa.float32(), POSE)),
        ("dynamics", pa.list_(pa.float32())),
    ]
)
"""seconds: where the frame begins. face_pose: as a catalog's, absolute. dynamics: z_dyn, from what it is at rest."""


_GROUP = 60 * FPS


def write_motion(out: Path, motions: Iterator[torch.Tensor], note: Provenance) -> int:
    """Write motions [n, D] (models/motion/space.py) as they come; returns how many frames. Whole or not at all.

    The note is in the file's metadata, by the names comment and description.
    """
    written = 0
    with (
        storage.put(out) as draft,
        pq.ParquetWriter(draft, SCHEMA.with_metadata(dict(note.tags)), compression="zstd") as file,
    ):
        for motion in _groups(motions):
            file.write_table(_rows(motion, written))
            written += len(motion)
    return written


def _groups(motions: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The same, joined to a minute or more: each becomes a row group, and what is known of those is kept."""
    held: list[torch.Tensor] = []
    for motion in motions:
        held.append(motion.float().cpu())
        if sum(map(len, held)) >= _GROUP:
            yield torch.cat(held)
            held = []
    if held:
        yield torch.cat(held)


def _rows(motion: torch.Tensor, first: int) -> pa.Table:
    frames = np.arange(first, first + len(motion))
    columns = (frames, frames / FPS, [*motion[:, :POSE].numpy()], [*motion[:, POSE:].numpy()])
    return pa.table([pa.array(each, field.type) for each, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
