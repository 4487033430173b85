"""`--help` of every job: words for a person, and the options that are on record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.made.job import Job
from tests.root import ROOT

JOBS = sorted(path.stem for path in (ROOT / "jobs").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", JOBS)
def test_help_names_values_in_words(job: Job, name: str) -> None:
    done = job(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: {ROOT}/jobs/{name}.py [-h]")
    for noise in (r"\bNone\b", r"\bSTR\b", r"\(default: False\)", r"\(default: \)"):
        assert not re.search(noise, done.out), noise


@pytest.mark.parametrize("name", ["extract", "generate", "reenact", "train_faces", "train_motion"])
def test_the_options_are_those_on_record(job: Job, name: str) -> None:
    """A changed option breaks somebody's script: write the record anew only with intent.

    COLUMNS=100 NO_COLOR=1 TERM=dumb python jobs/extract.py --help > tests/unit/jobs/extract_help.txt
    """
    said = job(name, "--help").out.replace(f"{ROOT}/", "")
    assert words(said) == words((Path(__file__).parent / f"{name}_help.txt").read_text())


def words(text: str) -> list[str]:
    """What is said, wherever lines end and whatever is drawn around them."""
    return re.sub("[╭─╮│╰╯]|-{9,}", " ", text).split()
