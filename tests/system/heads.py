"""A Ray head of its own, as `ray start --head` starts it: ports, folder and environment nobody else uses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.made import runs

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment_of(temporary: Path) -> dict[str, str]:
    """The environment of a Ray that keeps its files in `temporary` and asks for no token."""
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "RAY_AUTH_MODE": "disabled",
        "RAY_TMPDIR": str(temporary),
    }
    return {name: value for name, value in environment.items() if name not in ("RAY_ADDRESS", "PYTHONPATH")}


def kill_all(temporary: Path) -> None:
    """End what was started with the environment of `temporary`."""
    mark = f"RAY_TMPDIR={temporary}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), 9)
        except OSError:
            continue


@contextmanager
def ray_head(temporary: Path, *more: str) -> Iterator[dict[str, str]]:
    """`ray start --head` with options `more`; the environment in which `ray job submit` and a driver find it."""
    port, dashboard = free_port(), free_port()
    environment = environment_of(temporary)
    command = [str(BIN / "ray"), "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1"]
    command += ["--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", "--disable-usage-stats"]
    command += [f"--temp-dir={temporary}", *more]
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
    yield {**environment, "RAY_API_SERVER_ADDRESS": address, "RAY_ADDRESS": f"127.0.0.1:{port}"}
    family = runs.descendants(process.pid)
    for pid in (*family, process.pid):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
    process.wait()
