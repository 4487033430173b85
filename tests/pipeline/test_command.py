"""Exit codes, and paths that mean the same on the machine that runs the job."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import BadPlace, CatalogBusy, CatalogDamaged, NoCatalog, RecipeMismatch
from models.weights import WeightsMissing
from pipeline.cluster import RunError
from pipeline.command import Failure, absolute, in_submitted_job, reported
from pipeline.recipe import RecipeError
from pipeline.sources import InputError

JOB_MARK = "RAY_JOB_CONFIG_JSON_ENV_VAR"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *((kind("what to do"), 2) for kind in (Failure, InputError, RecipeError, RecipeMismatch, NoCatalog, BadPlace)),
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
        Failure, match=r"^--catalog out/catalog: a submitted job runs in a copy.*give an absolute path$"
    ):
        absolute("out/catalog", "--catalog")
