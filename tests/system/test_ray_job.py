"""The same job through `ray job submit`, by the very lines of docs/operations.md and the README."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogs
from tests.made import runs
from tests.system.heads import environment_of, free_port, kill_all

pytestmark = [pytest.mark.slow, pytest.mark.ray]

SECTION = (runs.ROOT / "docs/operations.md").read_text().split("## As a submitted job")[1].split("\n## ")[0]
LINES = SECTION.split("```")[1].strip().splitlines()
EXPORTS = [line for line in LINES if line.startswith("export ")]
(SUBMIT,) = (line for line in LINES if line.startswith("ray job submit "))
(README,) = re.findall(r"`(.*ray job submit .*) \.\.\.`", (runs.ROOT / "README.md").read_text())


def shell(environment: dict[str, str], *lines: str) -> subprocess.CompletedProcess[str]:
    """Lines of a page, run in the repository as somebody types them."""
    command = ["bash", "-e", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=runs.ROOT, env=environment, capture_output=True, text=True, timeout=400)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a person who types the lines; the head is up, on ports and in folders of its own."""
    temporary = tmp_path_factory.mktemp("r")
    dashboard = free_port()
    environment = environment_of(temporary) | {
        "HOME": str(temporary),
        "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{dashboard}",
    }
    del environment["RAY_AUTH_MODE"]
    own = f" --port={free_port()} --dashboard-port={dashboard} --num-cpus=3 --disable-usage-stats"
    lines = [line + own if line.startswith("ray start") else line for line in LINES if line != SUBMIT]
    try:
        started = shell(environment, *lines)
        assert started.returncode == 0, started.stdout[-2000:] + started.stderr[-2000:]
        yield environment
    finally:
        kill_all(temporary)


def test_a_submitted_job_extracts(head: dict[str, str], samples: Path, tmp_path: Path) -> None:
    folder, catalog = tmp_path / "clips", tmp_path / "catalog"
    folder.mkdir()
    for name in ("talking_woman.mp4", "two_people.mp4", "not_a_video.mp4"):
        shutil.copy(samples / name, folder / name)
    line = SUBMIT.replace("/data/clips", shlex.quote(str(folder))).replace("/data/catalog", shlex.quote(str(catalog)))
    assert line.count(str(tmp_path)) == 2
    done = shell(head, *EXPORTS, line)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "3 sources listed, 3 clips" in done.stdout
    rows = catalogs.query(str(catalog), "select status, count(*) n from clips group by 1 order by 1").to_pylist()
    assert rows == [
        {"status": "accepted", "n": 1},
        {"status": "failed", "n": 1},
        {"status": "rejected", "n": 1},
    ]


def test_a_relative_catalog_is_refused(head: dict[str, str], samples: Path) -> None:
    done = shell(head, f"{README} --input {shlex.quote(str(samples))} --catalog catalog")
    assert done.returncode != 0
    assert "give an absolute path" in done.stdout + done.stderr
