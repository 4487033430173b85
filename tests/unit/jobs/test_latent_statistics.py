"""jobs/latent_statistics.py: a line a dimension, JSON, and what there is to do without latents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import catalogs
from catalogs.schema import conform
from catalogs.staging import stage_span
from catalogs.statistics import read_statistics
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, source_key


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A clip of two frames."""
    row = clip_row(1)
    dynamics = np.array([[1.0, 5], [3, 5]])
    latents = {"clip_id": row["clip_id"], "frames": 2, "dynamics": dynamics, "face_pose": np.ones((2, 6))}
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        tables = {"clips": [row], "latents": [latents], "previews": []}
        stage_span(tmp_path, source_key(1), 0, {name: conform(name, rows) for name, rows in tables.items()})
        writer.commit()
    return tmp_path


def test_a_table_and_what_to_look_at(job: Callable[..., Any], catalog: Path) -> None:
    done = job("latent_statistics", "--catalog", catalog)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == f"{catalog}: 1 clips with latents, commit 2"
    assert lines[lines.index("dynamics, 2 frames") + 1 :][:2] == [
        "     0  mean     2.0000  std    1.0000",
        "     1  mean     5.0000  std    0.0000",
    ]
    assert lines[-1].startswith(f"stored; ask it: python jobs/query.py --catalog {catalog} ")
    assert read_statistics(catalog).columns["dynamics"].mean.tolist() == [2, 5]


def test_json(job: Callable[..., Any], catalog: Path) -> None:
    said = json.loads(job("latent_statistics", "--catalog", catalog, "--json").out)
    assert said == read_statistics(catalog).json()
    assert said["columns"]["dynamics"] == {"count": 2, "mean": [2, 5], "std": [1, 0]}


def test_a_wrong_catalog_and_one_without_latents(job: Callable[..., Any], tmp_path: Path) -> None:
    assert job("latent_statistics", "--catalog", tmp_path / "none").code == 2
    catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT).close()
    done = job("latent_statistics", "--catalog", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "holds no latents of a face model: make them with python jobs/extract.py" in done.err
