"""What is before a run, by its inputs and by measured rates; nothing is made."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import catalogs
from catalogs.errors import BadPlace
from pipeline.errors import InputError
from pipeline.extraction import outlook as looking
from pipeline.extraction.outlook import Outlook, outlook, outlook_text
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.request import Request
from pipeline.extraction.throughput import Table, frame_bytes, read_table, worker_speed
from tests.made import faulty
from tests.made.inline import RECIPE, do

pytestmark = pytest.mark.usefixtures("without_ray")

TABLE: Table = {
    "cpu": {"name": "a CPU", "date": "2026-01-02", "items": {}, "networks": {}},
    "gpu": None,
    "cpu_chain": {
        "name": "a CPU",
        "date": "2026-01-02",
        "startup_seconds": 7.0,
        "stages": {"probe": None, "screen": 4.0},
        "preparing": {},
    },
    "storage": {
        "date": "2026-03-04",
        "clips": "some clips",
        "bytes_per_second": {"rows": 1000, "frames_96": 500},
    },
}


def look(folder: Path | str, catalog: Path, **more: Any) -> Outlook:
    return outlook(Request([str(folder)], str(catalog), RECIPE, **more), TABLE)


def test_hours_time_and_storage_come_from_headers_and_rates(folder: Path, catalog: Path) -> None:
    faulty.tiny_video(folder / "long.mp4", 9, seconds=5)
    (folder / "notes.txt").write_text("no video")
    found = look(folder, catalog, workers=1)
    assert (found.sources, found.decided, found.todo, found.headers, found.unreadable) == (5, 0, 5, 5, 1)
    assert found.video_seconds == pytest.approx(8.0)
    assert found.wall_seconds == pytest.approx(7.0 + 8.0 / 4.0)
    assert found.bytes == pytest.approx(8000)
    assert not found.estimated
    assert not catalog.exists()
    lines = outlook_text(found)
    assert lines[0] == "inputs: 5 sources, 0 of them decided already: 5 to do"
    assert lines[1] == "  video    8 s (by their headers; 1 of these are no video)"
    assert lines[2].startswith("  time     about 9 s with 1 worker on this machine")
    assert lines[2].endswith("(one does 4 s of video a second: measured on a core of a CPU, 2026-01-02, without GPUs)")
    assert lines[3] == "  storage  about 0.1 MB (measured on some clips, 2026-03-04)"


def test_more_workers_than_cores_are_no_faster(folder: Path, catalog: Path) -> None:
    cores = len(os.sched_getaffinity(0))
    assert look(folder, catalog, workers=10 * cores).wall_seconds == look(folder, catalog, workers=cores).wall_seconds


def test_what_the_catalog_has_decided_is_taken_off_and_its_own_rates_count(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    before = sorted(catalog.rglob("*"))
    faulty.tiny_video(folder / "late.mp4", 9, seconds=2)
    found = look(f"{folder}/*.mp4", catalog)
    assert (found.sources, found.decided, found.todo, found.video_seconds) == (4, 3, 1, pytest.approx(2.0))
    assert found.speed_from == "as this catalog's own runs did"
    (run,) = catalogs.query(catalog, "select video_seconds v, list_sum(map_values(seconds)) s from runs").to_pylist()
    assert found.speed == pytest.approx(run["v"] / run["s"])
    assert found.bytes_from == "as much a second of video as this catalog holds"
    assert sorted(catalog.rglob("*")) == before
    assert look(f"{folder}/*.mp4", catalog, retry_failed=True).todo == 2
    assert look(f"{folder}/*.mp4", catalog, recompute=True).todo == 4
    assert look(f"{folder}/*.mp4", catalog, limit=3).todo == 1
    do(catalog, folder)
    done = look(f"{folder}/*.mp4", catalog)
    assert (done.todo, done.wall_seconds, done.bytes) == (0, 0.0, 0.0)
    assert outlook_text(done)[-1] == "  nothing is left to do"


def test_another_recipe_is_told(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    other = faulty.quick_recipe(faulty.Faulty(strength=2.0))
    found = outlook(Request([str(folder)], str(catalog), other), TABLE)
    assert found.refused
    assert "give --recompute" in outlook_text(found)[1]
    assert not outlook(Request([str(folder)], str(catalog), other, recompute=True), TABLE).refused


def test_of_many_headers_some_are_read_and_it_says_so(
    folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST", 2)
    found = look(folder, catalog)
    assert (found.headers, found.estimated, found.video_seconds) == (2, True, pytest.approx(3.0))
    assert outlook_text(found)[1] == "  video    3 s (an estimate from the headers of 2)"


def test_listed_times_count(folder: Path, catalog: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("uri,start_s,end_s\na.mp4,0,0.5\na.mp4,0.75,9\n")
    assert look(manifest, catalog).video_seconds == pytest.approx(0.75)


def test_a_name_that_is_no_text_and_an_address_without_its_package_stop_nothing(folder: Path, catalog: Path) -> None:
    (folder / "a.mp4").rename(folder / "caf\udce9.mp4")
    manifest = folder / "list.csv"
    manifest.write_text("uri\n" + (folder / "caf\udce9.mp4").as_uri() + "\nnosuch://b.mp4\n")
    found = look(manifest, catalog)
    assert (found.sources, found.headers, found.unreadable) == (2, 1, 0)
    assert found.video_seconds == pytest.approx(2.0)


def test_wrong_inputs_and_places_are_the_errors_of_the_run(folder: Path, catalog: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        look(folder / "nothing", catalog)
    with pytest.raises(BadPlace, match="holds other things"):
        look(folder, folder)


def test_figures_that_are_missing_are_named(folder: Path, catalog: Path) -> None:
    bare = {**TABLE, "storage": None, "cpu_chain": {**TABLE["cpu_chain"], "stages": {}}}
    found = outlook(Request([str(folder)], str(catalog), RECIPE), bare)
    assert (found.speed, found.wall_seconds, found.bytes) == (None, None, None)
    text = "\n".join(outlook_text(found))
    assert "python benchmarks/labellers.py --write" in text
    assert "python benchmarks/storage.py --write" in text


def test_the_tables_own_figures_serve_every_recipe() -> None:
    table = read_table()
    for profile, slowest in (("open", 2.0), ("paper", 0.05)):
        found = worker_speed(make_recipe(profile), table)
        assert found is not None
        assert slowest < found.speed < 30
    frames = {**table, "storage": TABLE["storage"]}
    assert frame_bytes(make_recipe(frames="tiny"), frames) == 500
    assert frame_bytes(make_recipe(frames="base"), frames) is None
    assert frame_bytes(make_recipe(), frames) == 0
    json.dumps(replace(look_nothing(), sources=1).describe())


def look_nothing() -> Outlook:
    return Outlook(0, 0, 0, 0, 0, None, 1, None, None, None, "", "")
