"""The same job through `ray job submit` against a running head."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import runs

import catalogs

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A head of its own: ports, folder and environment nobody else uses."""
    port, dashboard = free_port(), free_port()
    temporary = tmp_path_factory.mktemp("r")
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "RAY_AUTH_MODE": "disabled",
        "RAY_TMPDIR": str(temporary),
    }
    for name in ("RAY_ADDRESS", "PYTHONPATH"):
        environment.pop(name, None)
    command = [str(BIN / "ray"), "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1"]
    command += ["--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", "--num-cpus=3", "--disable-usage-stats"]
    command += [f"--temp-dir={temporary}"]
    log = (temporary / "head.log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{dashboard}"
    deadline = time.monotonic() + 120
    while True:
        listed = [str(BIN / "ray"), "job", "list", "--address", address]
        if subprocess.run(listed, env=environment, capture_output=True).returncode == 0:
            break
        assert time.monotonic() < deadline, (temporary / "head.log").read_text()[-2000:]
        time.sleep(1)
    yield {**environment, "RAY_API_SERVER_ADDRESS": address}
    family = runs.descendants(process.pid)
    for pid in (*family, process.pid):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
    process.wait()


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
