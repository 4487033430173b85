"""The same job through `ray job submit` against a running head."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import runs
from heads import BIN, ray_head

import catalogs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with ray_head(tmp_path_factory.mktemp("r"), "--num-cpus=3") as environment:
        yield {name: value for name, value in environment.items() if name != "RAY_ADDRESS"}


def submit(head: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "ray"), "job", "submit", "--working-dir", str(runs.ROOT), "--", "python", "jobs/extract.py"]
    return subprocess.run([*command, *map(str, arguments)], env=head, capture_output=True, text=True, timeout=400)


def test_a_submitted_job_extracts(head: dict[str, str], samples: Path, tmp_path: Path) -> None:
    folder, catalog = tmp_path / "clips", tmp_path / "catalog"
    folder.mkdir()
    for name in ("talking_woman.mp4", "two_people.mp4", "not_a_video.mp4"):
        shutil.copy(samples / name, folder / name)
    done = submit(head, "--input", folder, "--catalog", catalog)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "3 sources listed, 3 clips" in done.stdout
    rows = catalogs.query(str(catalog), "select status, count(*) n from clips group by 1 order by 1").to_pylist()
    assert rows == [
        {"status": "accepted", "n": 1},
        {"status": "failed", "n": 1},
        {"status": "rejected", "n": 1},
    ]


def test_a_relative_catalog_is_refused(head: dict[str, str], samples: Path) -> None:
    done = submit(head, "--input", samples, "--catalog", "catalog")
    assert done.returncode != 0
    assert "give an absolute path" in done.stdout + done.stderr
