"""A label that is one file in stages/labels/ is in the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

import catalogs
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.variants import stage
from tests.made import faulty
from tests.made.inline import ask, do
from tests.made.one_label import label

__all__ = ["label"]


@pytest.mark.usefixtures("without_ray")
def test_its_columns_are_in_the_catalog(label: Path, folder: Path, catalog: Path) -> None:
    quick = faulty.quick_recipe()
    do(catalog, folder / "a.mp4", recipe=quick)
    more = Recipe(quick.profile, (*quick.stages, stage("brightness", "Brightness")))
    do(catalog, folder, recipe=more, recompute=True)
    found = ask(catalog, "source_uri, status, brightness, seconds['brightness'] > 0 as timed")
    assert found[0] == ("a.mp4", "accepted", 0.25, True)
    assert [each[2] for each in found[1:]] == [None, None]
    do(catalog, folder / "a.mp4", recipe=quick, recompute=True)
    assert catalogs.query(catalog, "select brightness from clips")["brightness"].to_pylist() == [None]
    do(catalog, folder, recipe=quick, recompute=True)
    assert "brightness" not in catalogs.query(catalog, "from clips").column_names  # no row has it any more
