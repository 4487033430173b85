"""The plan names every stage, parameter and weight with its licence, and needs nothing but the recipe."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import ClassVar

import faulty

from pipeline.plan import plan, plan_text
from pipeline.recipe import make_recipe
from stages.clip import Resources

RECIPE = make_recipe(settings=["quality.minimum=41"], max_seconds=30)


def test_plan_is_plain_json() -> None:
    found = json.loads(json.dumps(plan(RECIPE)))
    assert found["fingerprint"] == RECIPE.fingerprint
    assert (found["profile"], found["max_seconds"], found["decoder"]) == ("open", 30, "pyav")
    assert list(found["stages"]) == list(found["resources"]) == [stage.name for stage in RECIPE.stages]
    assert found["stages"]["quality"]["minimum"] == 41
    assert [item["name"] for item in found["weights"]] == [item.name for item in RECIPE.weights()]
    for item in found["weights"]:
        assert len(item["sha256"]) == 64
        assert item["licence"]
        assert item["commercial"] is True


def test_plan_text_names_everything() -> None:
    text = plan_text(RECIPE)
    lines = text.splitlines()
    assert lines[0] == f"profile open, recipe {RECIPE.fingerprint}, decoder pyav, clips of at most 30 s"
    assert lines[-1] == "nothing was done: leave out --plan to run it"
    for stage in RECIPE.stages:
        assert any(line.split()[:3] == [stage.name, "1", "CPU"] for line in lines), stage.name
        for field in fields(stage):  # type: ignore[arg-type]
            assert any(line.strip().startswith(f"{stage.name}.{field.name}=") for line in lines)
    assert "      quality.minimum=41.0" in lines
    assert "      speech.required=true" in lines
    for item in RECIPE.weights():
        line = next(line for line in lines if line.split()[:1] == [item.name])
        assert item.licence in line
        assert item.purpose in line
        assert item.distribution in line


def test_a_share_of_a_gpu_is_stated() -> None:
    class OnGpu(faulty.Faulty):
        resources: ClassVar[Resources] = Resources(cpus=0.5, gpus=0.25)

    text = plan_text(replace(faulty.quick_recipe(), stages=(OnGpu(),)))
    assert "  screen    0.5 CPU, 0.25 GPU" in text.splitlines()
