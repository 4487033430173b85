"""Statistics of latents: those of all values at once, of accepted clips of the recipe alone, and never stale."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pytest

import catalogs
from catalogs.errors import CatalogBusy, CatalogDamaged, NoCatalog, NoStatistics
from catalogs.schema import conform
from catalogs.staging import stage_span
from catalogs.statistics import read_statistics, store_statistics
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, rows_of, run_row, source_key

START = datetime.datetime(2025, 1, 1)


def run(run_id: str = "s1", minutes: int = 0) -> dict[str, object]:
    return {"run_id": run_id, "started": START + datetime.timedelta(minutes=minutes), "command": "a command"}


def stage(root: Path, source: int, latents: dict[str, np.ndarray], status: str = "accepted", **more: object) -> None:
    row = clip_row(source, status=status, **more)
    frames = len(next(iter(latents.values())))
    held = [{"clip_id": row["clip_id"], "frames": frames, **latents}] if status == "accepted" else []
    tables = {"clips": [row], "latents": held, "previews": []}
    stage_span(root, source_key(source), 0, {name: conform(name, rows) for name, rows in tables.items()})


def motion(random: np.random.Generator, frames: int) -> dict[str, np.ndarray]:
    """As float16, so that what is stored is known."""
    pose = random.normal([20, -10, 0, 0.1, 0, 1], [5, 9, 3, 0.1, 0.1, 0.05], (frames, 6))
    return {"face_pose": pose.astype(np.float16), "dynamics": random.normal(300, 1, (frames, 7)).astype(np.float16)}


@pytest.fixture
def clips() -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    return [motion(random, frames) for frames in (30, 1, 250, 77)]


@pytest.fixture
def catalog(tmp_path: Path, clips: list[dict[str, np.ndarray]]) -> Path:
    """In two commits, with a rejected clip and one without a face model's latents."""
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        for source, latents in enumerate(clips):
            stage(tmp_path, source, latents)
            if source == 1:
                writer.commit()
        stage(tmp_path, 8, {"pose": np.zeros((5, 6))}, "rejected")
        stage(tmp_path, 9, {"pose": np.zeros((5, 6))})
        writer.commit()
        writer.put_run(run_row())
    return tmp_path


def test_they_are_those_of_all_values_at_once(catalog: Path, clips: list[dict[str, np.ndarray]]) -> None:
    found = store_statistics(catalog, run())
    assert found.clips == 4
    for name, each in found.columns.items():
        values = np.concatenate([latents[name] for latents in clips]).astype(np.float64)
        assert each.count == 358
        np.testing.assert_allclose(each.mean, values.mean(0), rtol=1e-12)
        np.testing.assert_allclose(each.std, values.std(0), rtol=1e-12)
    assert sorted(found.columns) == ["dynamics", "face_pose"]


def test_they_are_read_back_as_they_were_stored(catalog: Path) -> None:
    stored, found = store_statistics(catalog, run()), read_statistics(catalog)
    assert found.json() == stored.json()
    row = next(row for row in rows_of(catalog, "runs") if row["run_id"] == "s1")
    assert (row["fingerprint"], row["status"], row["command"]) == (FINGERPRINT, "finished", "a command")
    assert json.loads(row["recipe"]) == RECIPE
    assert json.loads(row["statistics"])["commit"] == stored.commit
    assert all(row["statistics"] is None for row in rows_of(catalog, "runs") if row["run_id"] != "s1")


def test_clips_that_come_later_make_them_stale(catalog: Path) -> None:
    before = store_statistics(catalog, run())
    stage(catalog, 5, motion(np.random.default_rng(5), 10))
    with catalogs.Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
        writer.commit()
    with pytest.raises(NoStatistics, match=r"have changed since .*: run python jobs/latent_statistics.py --catalog "):
        read_statistics(catalog)
    after = store_statistics(catalog, run("s2", 1))
    assert read_statistics(catalog).json() == after.json()
    assert after.columns["dynamics"].count == before.columns["dynamics"].count + 10
    assert after.commit > before.commit


def test_another_run_alone_does_not_make_them_stale(catalog: Path) -> None:
    stored = store_statistics(catalog, run())
    with catalogs.Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
        writer.put_run(run_row("later"))
    assert read_statistics(catalog).json() == stored.json()


def test_rows_of_an_older_recipe_do_not_count(catalog: Path) -> None:
    with catalogs.Writer.open(catalog, {}, "another", recompute=True) as writer:
        stage(catalog, 0, motion(np.random.default_rng(9), 12), recipe="another")
        writer.commit()
    found = store_statistics(catalog, run())
    assert (found.clips, found.columns["face_pose"].count) == (1, 12)


def test_without_latents_or_a_catalog_or_while_another_writes(tmp_path: Path, catalog: Path) -> None:
    with pytest.raises(NoCatalog):
        store_statistics(tmp_path / "none", run())
    with pytest.raises(NoStatistics, match="has no statistics of its latents yet: run python jobs/latent_statistics"):
        read_statistics(catalog)
    bare = tmp_path / "bare"
    with catalogs.Writer.open(bare, RECIPE, FINGERPRINT) as writer:
        stage(bare, 1, {"pose": np.zeros((5, 6))})
        writer.commit()
        with pytest.raises(CatalogBusy):
            store_statistics(bare, run())
    with pytest.raises(NoStatistics, match="make them with python jobs/extract.py .* --latents CHECKPOINT.safetensors"):
        store_statistics(bare, run())


def test_what_is_no_number_is_named(tmp_path: Path) -> None:
    broken = motion(np.random.default_rng(0), 4)
    broken["dynamics"][2, 3] = np.nan
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT) as writer:
        stage(tmp_path, 1, broken)
        writer.commit()
    with pytest.raises(CatalogDamaged, match=f"latents.dynamics of clips {clip_row(1)['clip_id']}"):
        store_statistics(tmp_path, run())
