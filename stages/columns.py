"""How a stage says what it adds to a catalog: a column with its type, its unit and what it means."""

from __future__ import annotations

import pyarrow as pa


def column(name: str, kind: pa.DataType, unit: str, about: str) -> pa.Field:
    """A column of the catalog's table clips, one value a clip; for a stage's `columns`."""
    return pa.field(name, kind, metadata={"unit": unit, "about": about})


def per_frame(name: str, unit: str, about: str, dim: int | None = None) -> pa.Field:
    """A column of the catalog's table latents, an array [T, D] a clip; for a stage's `arrays`.

    It is kept as float16. dim: D, where it is the same for all parameters of the stage.
    """
    metadata = {"unit": unit, "about": about, "per": "frame"}
    return pa.field(name, pa.list_(pa.float16()), metadata=metadata if dim is None else {**metadata, "dim": str(dim)})
