"""Exit codes, and paths that mean the same on the machine that runs the job."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from catalogs.errors import BadPlace, CatalogBusy, CatalogDamaged, NoCatalog, RecipeMismatch
from models.weights.registry import WeightsMissing
from pipeline.cli.command import absolute, in_submitted_job, reported
from pipeline.errors import InputError, RecipeError, RunError, UsageError
from tests.root import ROOT

JOB_MARK = "RAY_JOB_CONFIG_JSON_ENV_VAR"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *(
            (kind("what to do"), 2)
            for kind in (UsageError, InputError, RecipeError, RecipeMismatch, NoCatalog, BadPlace)
        ),
        *((kind("what to do"), 1) for kind in (CatalogBusy, CatalogDamaged, RunError, WeightsMissing, OSError)),
    ],
)
def test_errors_end_as_one_message_and_an_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, reported():
        raise error
    assert caught.value.code == code
    assert caught.value.__cause__ is error
    assert capsys.readouterr().err == "error: what to do\n"


def test_an_interrupt_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, reported():
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert "what is done is kept: run the same command again" in capsys.readouterr().err


def test_sigterm_ends_a_job_as_ctrl_c_does(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, reported():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143
    assert "run the same command again" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left on its file system; free some and run the same command again"),
        (errno.EISDIR, "is a folder; give the path of a file"),
        (errno.ENOTDIR, "is not a folder"),
        (errno.EACCES, "check its permissions"),
        (errno.EIO, "input/output error; check the path"),
    ],
)
def test_the_systems_errors_are_said_in_words(number: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, reported():
        raise OSError(number, os.strerror(number), "/data/it")
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: /data/it: ")
    assert words in said
    assert "Errno" not in said


PRINTS = """
import sys
sys.path.insert(0, {root!r})
from pipeline.cli.command import reported
with reported():
    {what}
"""


def printing(what: str, shell: str = "{python} -c {code}", **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that does `what` inside `reported`, in a shell line."""
    code = shlex.quote(PRINTS.format(root=str(ROOT), what=what))
    line = shell.format(python=shlex.quote(sys.executable), code=code)
    command = ["bash", "-c", f"set -o pipefail; {line}"]
    env = {**os.environ, "PYTHONUNBUFFERED": "", **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)


@pytest.mark.parametrize("lines", [1, 100_000])
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_who_reads_may_stop_reading(lines: int, reader: str) -> None:
    done = printing(f"for i in range({lines}): print('a line', i)", "{python} -c {code} | " + reader)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_is_an_error_also_when_nobody_reads_the_output() -> None:
    done = printing("print('a'); raise OSError('what to do')", "{python} -c {code} | true")
    assert (done.returncode, done.stderr) == (1, "error: what to do\n")


def test_what_an_encoding_lacks_is_escaped() -> None:
    done = printing("print('caf\u00e9 \u00b1 \u2026'); raise OSError('\u00e9')", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (1, "caf\\xe9 \\xb1 \\u2026\n")
    assert done.stderr == "error: \\xe9\n"


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), reported():
        raise ZeroDivisionError


def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(JOB_MARK, raising=False)
    monkeypatch.chdir(tmp_path)
    assert not in_submitted_job()
    assert absolute("a/b", "--out") == f"{tmp_path}/a/b"
    assert absolute("/a/b", "--out") == "/a/b"
    assert absolute("s3://bucket/a", "--out") == "s3://bucket/a"


def test_a_submitted_job_refuses_relative_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOB_MARK, "{}")
    assert in_submitted_job()
    assert absolute("/a/b", "--out") == "/a/b"
    assert absolute("file:///a/b", "--out") == "file:///a/b"
    with pytest.raises(
        UsageError, match=r"^--catalog out/catalog: a submitted job runs in a copy.*give an absolute path$"
    ):
        absolute("out/catalog", "--catalog")
