"""A stage from outside the project is tried on a short clip before a run: what it answers must fit its words."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pipeline.demo.footage import package_folder
from pipeline.errors import RecipeError
from pipeline.extraction.added import added_stages
from pipeline.extraction.trial import fault_of, try_stages
from tests.made.added_stage import WHOLE, here, write

__all__ = ["here"]


@pytest.fixture(scope="module")
def video() -> str:
    return str(package_folder() / "single_face.mp4")


def test_a_whole_stage_passes_in_a_process_of_its_own(here: Path) -> None:
    try_stages(added_stages([write(here)]))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            "return clip.add(dark=1.0)",
            "it returned dark, a float, which its columns do not declare: add vasari.column",
        ),
        (
            "return clip.add_arrays(dark=np.zeros((50, 1)))",
            "it returned dark, a ndarray, which its arrays do not declare",
        ),
        (
            'return clip.add(bright="very")',
            "what it returned is not of the type that it declares: clips.bright (float)",
        ),
        ("return clip.add(bright=float('nan'))", "its bright is NaN"),
        ("return clip.add(frames=3)", "it changed frames, which another stage made"),
        ("return clip.add_arrays(glow=np.zeros((7, 1)))", "its array glow has 7 rows, and the clip 50 frames"),
        ("return clip.add_arrays(glow=np.zeros((50, 2)))", "latents.glow"),
        ("return None", "it returned nothing: it must return a Clip"),
        ("return 3", "it returned a int: it must return a Clip"),
        ("return clip.nothing", "ended in AttributeError: 'Clip' object has no attribute 'nothing' ("),
        ('return Reject("dark", "too dark", clip.add(dark=1))', "it returned dark, a int"),
    ],
)
def test_what_a_stage_answers_is_tried(here: Path, body: str, says: str, video: str) -> None:
    lines = WHOLE[WHOLE.index("        glow =") :]
    text = write(here, (lines, textwrap.indent(body, " " * 8)))
    fault = fault_of(added_stages([text]), video)
    assert fault is not None
    assert fault.startswith("mine:Bright: ")
    assert says in fault


def test_a_stage_may_reject_for_a_reason_of_its_own(here: Path, video: str) -> None:
    lines = WHOLE[WHOLE.index("        return clip.add") :]
    text = write(here, (lines, '        return Reject("too_dark", "why", clip.add(bright=float(glow.mean())))\n'))
    assert fault_of(added_stages([text]), video) is None


def test_a_stage_that_ends_its_process_is_told(here: Path) -> None:
    lines = WHOLE[WHOLE.index("        glow =") :]
    stages = added_stages([write(here, (lines, "        import os; os._exit(3)\n"))])
    with pytest.raises(RecipeError, match="trying them on a clip of 2 s exited with code 3"):
        try_stages(stages)
