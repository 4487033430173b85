from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from catalogs.errors import CatalogBusy
from catalogs.lock import WriterLock


def test_the_holder_is_named(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    with pytest.raises(CatalogBusy, match=f"process {os.getpid()} on {socket.gethostname()}"):
        WriterLock(tmp_path)
    lock.release()
    lock.release()
    again = WriterLock(tmp_path)
    assert again.held
    assert not lock.held
    again.release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from catalogs.lock import WriterLock;"
        "lock = WriterLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, cwd=root)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(CatalogBusy, match=f"process {child.pid} "):
        WriterLock(tmp_path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    WriterLock(tmp_path).release()


def test_a_lock_just_taken_has_no_name_yet(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    (tmp_path / "_lock").write_text("")
    with pytest.raises(CatalogBusy, match="only just"):
        WriterLock(tmp_path)
    lock.release()
