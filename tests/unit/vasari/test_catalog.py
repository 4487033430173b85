"""A catalog as Python reads it."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest
import torch
from torch.utils.data import DataLoader

import vasari
from catalogs import Writer
from catalogs.schema import conform
from catalogs.staging import stage_span
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, latent_row, source_key
from vasari.errors import NoCatalog, NoFrames, NoStatistics, UsageError

LENGTHS = {0: 10, 1: 25, 2: 30, 3: 4}
"""Source to the frames of its clip; the last one has no sound."""


@pytest.fixture
def catalog(tmp_path: Path) -> vasari.Catalog:
    """Four accepted clips, every second one in split train, and one rejected clip."""
    root = tmp_path / "catalog"
    with Writer.open(str(root), RECIPE, FINGERPRINT) as writer:
        for source in range(5):
            accepted = source in LENGTHS
            more = {} if accepted else {"status": "rejected"}
            row = clip_row(source, split="train" if source % 2 else "test", **more)
            latents = [latent_row(row["clip_id"], LENGTHS[source], source)] if accepted else []
            built = {"clips": conform("clips", [row]), "latents": conform("latents", latents)}
            stage_span(str(root), source_key(source), 0, built | {"previews": conform("previews", [])})
        writer.commit()
    return vasari.open(root)


def test_tables_and_questions(catalog: vasari.Catalog) -> None:
    assert catalog.table("clips", ["status", "quality"]).column_names == ["status", "quality"]
    assert catalog.table("latents").num_rows == len(LENGTHS)
    assert catalog.query("select count(*) n from clips where status = 'rejected'")["n"].to_pylist() == [1]
    table = catalog.pandas("clips")
    assert isinstance(table, pandas.DataFrame)
    assert sorted(table["status"]) == ["accepted"] * 4 + ["rejected"]
    assert catalog.table("older_clips").num_rows == 0


def test_what_builds_on_a_connection(catalog: vasari.Catalog, tmp_path: Path) -> None:
    with catalog.connect() as connection:
        assert connection.sql("select count(*) from clips").fetchall() == [(5,)]
    with catalog.connect(read_only=False) as connection:
        connection.execute(f"copy (select clip_id from clips) to '{tmp_path / 'ids.csv'}'")
    assert len((tmp_path / "ids.csv").read_text().splitlines()) == 1 + 5


def test_what_was_not_asked_for_says_how_it_is_made(catalog: vasari.Catalog) -> None:
    with pytest.raises(NoFrames, match="made without frames"):
        catalog.frames()
    with pytest.raises(NoStatistics, match="latent_statistics"):
        catalog.statistics()


def test_what_is_not_there_is_named_with_what_is(catalog: vasari.Catalog, tmp_path: Path) -> None:
    with pytest.raises(NoCatalog, match="there is no catalog at"):
        vasari.open(tmp_path / "none")
    with pytest.raises(UsageError, match=r"no table 'clip'; it has: clips, latents, .*older_clips$"):
        catalog.table("clip")
    with pytest.raises(UsageError, match=r"table clips has no column 'gaze'; it has: clip_id, "):
        catalog.table("clips", ["gaze"])
    with pytest.raises(UsageError, match=r"table latents has no array 'sound'; there are: pose, gaze, "):
        catalog.dataset(["sound"])
    with pytest.raises(UsageError, match=r"window must be at least 1, not 0"):
        catalog.dataset(["pose"], window=0)
    with pytest.raises(UsageError, match=r"no accepted clip with pose and 99 frames or more in split 'train'$"):
        catalog.dataset(["pose"], window=99, split="train")


def test_whole_clips(catalog: vasari.Catalog) -> None:
    data = catalog.dataset(["pose", "gaze"])
    found = {item["clip_id"]: item for item in (data[at] for at in range(len(data)))}
    for source, frames in LENGTHS.items():
        own = clip_row(source)["clip_id"]
        item, made = found[own], latent_row(own, frames, source)
        assert item["start"] == 0
        for name, dim in (("pose", 6), ("gaze", 2)):
            assert (item[name].dtype, item[name].shape) == (torch.float32, (frames, dim))
            assert torch.equal(item[name], torch.from_numpy(made[name]).half().float())


def test_clips_without_sound_are_left_out_where_sound_is_asked_for(catalog: vasari.Catalog) -> None:
    data = catalog.dataset(["pose", "audio"])
    assert sorted(len(data[at]["audio"]) for at in range(len(data))) == [10, 25, 30]
    assert repr(data) == "<LatentWindows: 3 clips of 3 clips, pose, audio>"


def test_windows_come_in_order_and_whole(catalog: vasari.Catalog) -> None:
    data = catalog.dataset(["pose"], window=10, step=5)
    starts = sorted((item["clip_id"], item["start"]) for item in (data[at] for at in range(len(data))))
    by_length = {10: [0], 25: [0, 5, 10, 15], 30: [0, 5, 10, 15, 20], 4: []}
    wanted = [(clip_row(source)["clip_id"], start) for source, n in LENGTHS.items() for start in by_length[n]]
    assert starts == sorted(wanted)
    whole = catalog.dataset(["pose"])
    clips = {item["clip_id"]: item["pose"] for item in (whole[at] for at in range(len(whole)))}
    for at in range(len(data)):
        item = data[at]
        assert torch.equal(item["pose"], clips[item["clip_id"]][item["start"] : item["start"] + 10])


def test_a_split(catalog: vasari.Catalog) -> None:
    assert sorted(catalog.dataset(["pose"], split="train").clip_ids) == sorted(
        clip_row(source)["clip_id"] for source in (1, 3)
    )


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_of_a_loader(start: str, catalog: vasari.Catalog) -> None:
    data = catalog.dataset(["pose", "gaze"], window=5)
    loader = DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context=start)
    batches = list(loader)
    assert sum(len(batch["start"]) for batch in batches) == len(data) == 2 + 5 + 6
    assert torch.equal(torch.cat([batch["pose"] for batch in batches]), torch.stack([item["pose"] for item in data]))
