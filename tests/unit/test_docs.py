"""The pages of docs/ say what the code does."""

from __future__ import annotations

import re

from pipeline.extraction.recipe import make_recipe, settings_of
from tests.root import ROOT

DOCS = ROOT / "docs"


def test_every_threshold_stands_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| ([a-z]+\.[a-z_]+) \| (\S+) \| (.+) \|$", (DOCS / "stages.md").read_text(), re.M)
    written = {name: value for name, value, why in rows if why.strip()}
    shown = {
        f"{stage.name}.{name}": str(value).replace("True", "true").replace("False", "false")
        for stage in make_recipe(frames="tiny").stages
        for name, value in settings_of(stage).items()
    }
    assert written == shown
