from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalogs.storage.lock import Locked, ProcessLock
from tests.root import ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "_lock"


def test_the_holder_is_named(path: Path) -> None:
    lock = ProcessLock(path)
    with pytest.raises(Locked, match=f"process {os.getpid()} on {socket.gethostname()}"):
        ProcessLock(path)
    lock.release()
    lock.release()
    again = ProcessLock(path)
    assert again.held
    assert not lock.held
    again.release()


def test_a_killed_process_holds_nothing(path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from catalogs.storage.lock import ProcessLock;"
        "lock = ProcessLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(Locked, match=f"process {child.pid} "):
        ProcessLock(path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    ProcessLock(path).release()


def test_a_lock_just_taken_has_no_name_yet(path: Path) -> None:
    lock = ProcessLock(path)
    path.write_text("")
    with pytest.raises(Locked, match="only just"):
        ProcessLock(path)
    lock.release()


def test_a_lock_in_a_with_ends_with_it(path: Path) -> None:
    with ProcessLock(path) as lock:
        assert lock.held
    assert not lock.held
    ProcessLock(path).release()


def test_a_thread_may_release_what_another_took(path: Path) -> None:
    lock = ProcessLock(path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lock.release).result()
    assert not lock.held
    ProcessLock(path).release()
