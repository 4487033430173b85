"""Running jobs as a user does, in processes of their own, and killing them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

import catalogs
from tests.root import ROOT


def extract(catalog: Path, *arguments: str | Path, expect: int = 0) -> dict:
    """Run jobs/extract.py to its end; its summary. Fails unless the exit code is `expect`."""
    done = subprocess.run(command(catalog, *arguments, "--json"), capture_output=True, text=True, timeout=400)
    assert done.returncode == expect, f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    return json.loads(done.stdout) if expect == 0 else {"stderr": done.stderr}


def command(catalog: Path, *arguments: str | Path) -> list[str]:
    """The words of the job. On a Ray that is there, two workers: it has one CPU more for Ray Data's own tasks."""
    workers = ("--workers", "2") if "RAY_ADDRESS" in os.environ and "--workers" not in arguments else ()
    return [sys.executable, str(ROOT / "jobs/extract.py"), "--catalog", str(catalog), *map(str, arguments), *workers]


def start(catalog: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start jobs/extract.py on a Ray of its own and leave it running."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return subprocess.Popen(
        command(catalog, *arguments),
        env=alone,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def descendants(pid: int) -> dict[int, str]:
    """Processes started by `pid`, directly or not: pid to command line."""
    parents, lines = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, IndexError):
                continue
    found: dict[int, str] = {}
    grown = {pid}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown and child not in found}
        found.update({child: lines[child] for child in grown})
    return found


def wait_for(what: str, condition: Callable[[], object], seconds: float = 120) -> object:
    """The first true value of `condition`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def kill_one(run: subprocess.Popen[str], marker: str) -> None:
    """kill -9 one descendant of a run whose command line contains `marker`, unless the run has ended before."""

    def hit() -> list[int] | str:
        found = [child for child, line in descendants(run.pid).items() if marker in line]
        return found or ("ended" if run.poll() is not None else "")

    found = wait_for(f"a process with {marker!r}", hit)
    if isinstance(found, list):
        os.kill(found[0], 9)


def rows(catalog: Path, table: str) -> list[dict]:
    """All rows of a table, without what may differ between two runs, in a fixed order."""
    found: pa.Table = catalogs.query(str(catalog), f"select * from {table} order by clip_id")
    drop = [name for name in ("run_id", "seconds") if name in found.column_names]
    return found.drop_columns(drop).to_pylist()
