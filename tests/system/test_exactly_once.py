"""Promise: kill anything at any moment, run the same command again, and the catalog is what one whole run gives."""

from __future__ import annotations

import os
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

import catalogs
from tests.made import runs

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.usefixtures("one_ray")]

RAYS_WORDS = re.compile(r"\(raylet\)|retries remaining|logging\.cc|core_worker|To change retry|Traceback")

CLIPS = ("talking_man.mp4", "talking_man_copy.mp4", "scene_change.mp4", "two_people.mp4", "short.mp4", "truncated.mp4")


@pytest.fixture(scope="module")
def folder(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name in CLIPS:
        shutil.copy2(samples / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of an uninterrupted run."""
    catalog = tmp_path_factory.mktemp("whole") / "catalog"
    summary = runs.extract(catalog, "--input", folder)
    assert summary["listed"] == len(CLIPS)
    assert summary["accepted"] == 3  # the man, and both parts of the scene change
    assert summary["rejected"] == {"duplicate": 1, "several_faces": 1, "too_short": 1}
    assert summary["failed"] == 1
    assert summary["clips"] == 7
    return catalog


def same(catalog: Path, whole: Path) -> None:
    for table in ("clips", "latents", "previews"):
        assert runs.rows(catalog, table) == runs.rows(whole, table)
    bare = catalogs.query(str(catalog), "select count(*) n from clips")["n"][0].as_py()
    assert bare == 7


def staged_or_committed(catalog: Path) -> set[Path]:
    return {*catalog.glob("_work/*.span"), *catalog.glob("clips/*.parquet")}


def span_workers(pid: int) -> bool:
    return any("SpanWorker" in line for line in runs.descendants(pid).values())


def test_a_second_run_decodes_nothing(folder: Path, whole: Path) -> None:
    again = runs.extract(whole, "--input", folder)
    assert again["decided_before"] == len(CLIPS)
    assert again["video_seconds"] == 0
    assert again["seconds"] < 5
    assert again["accepted"] == 3


def test_killed_drivers(folder: Path, whole: Path, tmp_path: Path) -> None:
    """A run after the other in one catalog: killed when it has listed, and when a span is staged."""
    catalog = tmp_path / "catalog"
    orphans: set[int] = set()
    for moment in ("listed", "staged"):
        run = runs.start(catalog, "--input", folder)
        if moment == "listed":
            runs.wait_for("the catalog", lambda: (catalog / "_manifest").is_dir())
        else:
            runs.wait_for("span workers", partial(span_workers, run.pid))
            before = staged_or_committed(catalog)
            runs.wait_for("another span", lambda before=before: staged_or_committed(catalog) - before)
        # Ray's two agents ask for a minute after a raylet that is gone
        orphans |= {pid for pid, line in runs.descendants(run.pid).items() if "Agent" not in line}
        run.kill()
        run.wait()
    assert runs.extract(catalog, "--input", folder)["clips"] == 7
    same(catalog, whole)
    statuses = catalogs.query(str(catalog), "select status from runs order by started")["status"].to_pylist()
    # one that was killed before it had a row leaves none
    assert statuses in (["killed"] * count + ["finished"] for count in (1, 2))
    runs.wait_for("orphans to end", lambda: not any(alive(pid) for pid in orphans), 60)


def test_killed_workers_cost_nothing(folder: Path, whole: Path, tmp_path: Path) -> None:
    """A process that decodes for a worker, then a worker, in the same run."""
    catalog = tmp_path / "catalog"
    run = runs.start(catalog, "--input", folder)
    runs.wait_for("span workers", partial(span_workers, run.pid))
    for victim in ("pipeline.child", "SpanWorker"):
        runs.kill_one(run, victim)
    out, err = run.communicate(timeout=300)
    assert not RAYS_WORDS.search(out + err)
    if run.returncode:  # a worker killed while it was still starting may end the run: then it says so and goes on
        assert "run the same command again" in err
        runs.extract(catalog, "--input", folder)
    same(catalog, whole)


def test_killed_ray(folder: Path, whole: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    run = runs.start(catalog, "--input", folder)
    # what needs no work is staged before Ray starts
    runs.wait_for("span workers", partial(span_workers, run.pid))
    runs.kill_one(run, "raylet/raylet")
    out, err = run.communicate(timeout=300)
    assert not RAYS_WORDS.search(out + err)
    assert run.returncode == 1
    assert "error: Ray stopped before all clips were done (" in err  # by the raylet's end, or its workers' before it
    (status,) = catalogs.query(str(catalog), "select status from runs")["status"].to_pylist()
    assert status == "unfinished"
    runs.extract(catalog, "--input", folder)
    same(catalog, whole)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_other_thresholds_killed_in_the_middle(folder: Path, whole: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    arguments = ("--input", folder)
    short = runs.extract(catalog, *arguments, "--set", "probe.min_seconds=100")
    assert short["rejected"] == {"too_short": 4, "duplicate": 1}
    run = runs.start(catalog, *arguments)
    runs.wait_for("a staged span", lambda: list(catalog.glob("_work/*.span")))
    run.kill()
    run.wait()
    assert runs.extract(catalog, *arguments)["clips"] == 7
    same(catalog, whole)
