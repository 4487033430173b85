"""`--stage MODULE:CLASS`: what is wrong with a stage is told before anything starts, in words that say what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catalogs.schema import per_frame, sql_type
from pipeline.errors import RecipeError
from pipeline.extraction.added import added_stages
from pipeline.extraction.plan import plan, plan_text
from pipeline.extraction.recipe import Recipe, make_recipe
from tests.made.added_stage import here, write

__all__ = ["here"]


def refusal(*texts: str) -> str:
    with pytest.raises(RecipeError) as found:
        added_stages(texts)
    return str(found.value)


def test_a_stage_of_the_current_folder_comes_where_it_says(here: Path) -> None:
    stages = added_stages([write(here)])
    recipe = make_recipe(settings=["bright.minimum=2"], added=stages)
    names = [stage.name for stage in recipe.stages]
    assert names[names.index("track") :][:4] == ["track", "motion", "bright", "quality"]
    assert recipe.stages[names.index("bright")].minimum == 2.0  # type: ignore[attr-defined]
    assert recipe.fingerprint != make_recipe().fingerprint
    columns = recipe.columns()
    assert (columns["clips"].names, columns["latents"].names) == (["bright"], ["glow"])
    assert per_frame(columns["latents"]) == ["glow"]
    assert sql_type(columns["clips"].field("bright").type) == "FLOAT"
    assert "      adds clips.bright: FLOAT, grey value, mean of the crops" in plan_text(recipe).splitlines()
    added = {"type": "FLOAT", "unit": "grey value", "about": "mean of the crops"}
    assert plan(recipe)["columns"]["bright"]["clips"] == {"bright": added}


def test_without_after_it_comes_last(here: Path) -> None:
    text = write(here, ('    after: ClassVar[tuple[str, ...]] = ("track",)\n', ""))
    assert make_recipe(frames="tiny", added=added_stages([text])).stages[-1].name == "bright"


def test_recipes_without_one_add_no_columns() -> None:
    assert [len(schema) for schema in Recipe("open", make_recipe(frames="tiny").stages).columns().values()] == [0, 0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mine", "expected MODULE:CLASS, for example my_module:Brightness of ./my_module.py"),
        ("mine.py/x:Bright", "expected MODULE:CLASS"),
        (
            "nowhere_to_be:Bright",
            "there is no module nowhere_to_be in .* or on PYTHONPATH: run it from the folder that",
        ),
        ("mine:Dark", "mine has no Dark .*; its classes are: Bright"),
        ("mine:np", "np of mine is no class .*; its classes are: Bright"),
    ],
)
def test_modules_and_classes_that_are_not_there(here: Path, text: str, says: str) -> None:
    write(here)
    with pytest.raises(RecipeError, match=says):
        added_stages([text])


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import not_to_be_found\n", "mine imports not_to_be_found, which is not installed"),
        ("1 / 0\n", r"importing mine ended in ZeroDivisionError: division by zero \(.*mine.py, line 1\)"),
        ("def f(:\n", r"importing mine ended in SyntaxError: .*mine.py, line 1"),
        ("raise SystemExit(3)\n", "importing mine ended in SystemExit: 3"),
    ],
)
def test_modules_that_cannot_be_imported(here: Path, source: str, says: str) -> None:
    (here / "mine.py").write_text(source)
    with pytest.raises(RecipeError, match=says):
        added_stages(["mine:Bright"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("(frozen=True)", ""), "Bright is no frozen dataclass: write @dataclass(frozen=True) above it"),
        (("@dataclass(frozen=True)", ""), "Bright is no frozen dataclass"),
        (('    name: ClassVar[str] = "bright"\n    version: ClassVar[int] = 1\n', ""), "has no name, no version"),
        (("def open(self)", "def opened(self)"), "has no open: write def open(self), which returns the function"),
        (("(Stage)", ""), "Bright has no resources, no weights: derive it from vasari.Stage"),
        (("version: ClassVar[int]", "version: int"), "version must be no parameter: annotate it with ClassVar[...]"),
        (("minimum: float = 0.0", "minimum: float"), "its parameters need default values"),
        (('= "bright"', '= "Bright ness"'), "its name 'Bright ness' must be small letters, digits and _"),
        (('= "bright"', '= "quality"'), "there is a stage quality already: give it another name"),
        (('= "bright"', '= "frames"'), "there is a stage frames already"),
        (("[int] = 1", '[int] = "1"'), "its version must be a whole number from 1, not '1'"),
        (('= ("track",)', '= ("track")'), "its after must be a tuple of names of stages, for example"),
        (('= ("track",)', '= ("tracks",)'), "there is no stage tracks that it could come after; there are: probe,"),
        (("pa.schema([column(", "list([column("), "its columns must be a pyarrow.schema([...])"),
        (('column("bright"', 'column("Quality"'), "its column Quality has the name of one that every catalog has"),
        (('column("bright"', 'column("bright ness"'), "must have a name of letters, digits and _"),
        (('"grey value", "mean', '"", "mean'), "its column bright does not say its unit and what it means: make"),
        (("pa.float32()", "pa.float16()"), "its column bright is of type halffloat, which a catalog does not hold"),
        (("pa.float32()", "pa.list_(pa.uint8())"), "of type list<item: uint8>, which a catalog does not hold; it"),
        (("per_frame(", "column(pa.int32(), "), "importing mine ended in TypeError"),
        (('per_frame("glow", "grey value", "[T, 1] of each crop", dim=1)', 'column("glow", pa.int32(), "x", "y")'),
         "its array glow is no array [T, D] of a clip: make it with vasari.per_frame(name, unit, about)"),
        (("(Stage):\n", '(Stage):\n    weights: ClassVar[tuple[str, ...]] = ("nothing",)\n'),
         "its weights 'nothing' are none of the registry"),
    ],
)  # fmt: skip
def test_classes_that_are_no_stage(here: Path, change: tuple[str, str], says: str) -> None:
    assert says in refusal(write(here, change))


def test_two_stages_with_one_name_or_column(here: Path) -> None:
    first = write(here)
    monkey = write(here, ('"bright"', '"second"'), "mine_too")
    assert "there is a stage bright already" in refusal(first, first)
    said = refusal(first, monkey)
    assert "its column bright has the name of one that stage bright has" in said
    assert "its array glow has the name of one that stage bright has" in said
    del sys.modules["mine_too"]
