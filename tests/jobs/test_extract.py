"""jobs/extract.py as a command: its help, its plan, and what it says of wrong arguments. Nothing here starts Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.recipe import make_recipe

ROOT = Path(__file__).resolve().parents[2]
HELP = Path(__file__).with_name("extract_help.txt")


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the job in a process of its own, 100 columns wide, without colours."""
    return subprocess.run(
        [sys.executable, str(ROOT / "jobs/extract.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", **environment},
    )


def refused(*arguments: str | Path, **environment: str) -> str:
    """The message of a command that ends with exit code 2."""
    done = command(*arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_the_options_are_those_on_record() -> None:
    """A changed option breaks somebody's script: write the record anew only with intent.

    COLUMNS=100 NO_COLOR=1 TERM=dumb python jobs/extract.py --help > tests/jobs/extract_help.txt
    """
    done = command("--help")
    assert done.returncode == 0
    trimmed = [line.rstrip() for line in done.stdout.strip().splitlines()]
    assert trimmed == [line.rstrip() for line in HELP.read_text().strip().splitlines()]


def test_plan_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    arguments = ("--input", tmp_path, "--catalog", tmp_path / "catalog", "--plan", "--set", "quality.minimum=41")
    done = command(*arguments, RAY_ADDRESS="127.0.0.1:1")  # nobody listens there
    assert done.returncode == 0, done.stderr
    assert "      quality.minimum=41.0" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "nothing was done: leave out --plan to run it"
    assert not (tmp_path / "catalog").exists()

    done = command(*arguments, "--json", "--max-seconds", "30", "--no-split", RAY_ADDRESS="127.0.0.1:1")
    (line,) = done.stdout.splitlines()
    recipe = make_recipe(settings=["quality.minimum=41"], max_seconds=30, split=False)
    assert json.loads(line)["fingerprint"] == recipe.fingerprint


def test_wrong_settings_list_what_there_is(tmp_path: Path) -> None:
    rest = ("--input", tmp_path, "--catalog", tmp_path / "catalog")
    message = refused(*rest, "--set", "quality.least=4")
    assert message.startswith("error: stage quality has no parameter 'least'; it has: quality.minimum=")
    assert "there are: probe, speech, screen," in refused(*rest, "--set", "colour.minimum=4")
    assert not (tmp_path / "catalog").exists()


def test_missing_inputs(tmp_path: Path) -> None:
    catalog = ("--catalog", tmp_path / "catalog")
    message = refused("--input", tmp_path / "nothing.mp4", *catalog)
    assert message == f"error: input {tmp_path}/nothing.mp4: is not there; check the spelling\n"
    assert "no input given" in refused(*catalog)
    assert not (tmp_path / "catalog").exists()


def test_arguments_the_parser_refuses(tmp_path: Path) -> None:
    assert "--catalog" in refused("--input", tmp_path)
    assert "--decoder" in refused("--input", tmp_path, "--catalog", tmp_path, "--decoder", "opencv")


@pytest.mark.parametrize("option", ["--catalog", "--input"])
def test_a_submitted_job_refuses_relative_paths(tmp_path: Path, option: str) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    given = {"--input": str(tmp_path), "--catalog": str(tmp_path / "catalog"), option: "some/folder"}
    message = refused(*(text for pair in given.items() for text in pair), RAY_JOB_CONFIG_JSON_ENV_VAR="{}")
    assert "some/folder" in message
    assert "absolute path" in message
