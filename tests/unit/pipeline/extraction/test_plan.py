"""The plan names every stage, parameter and weight with its licence, and counts CPU cores for each GPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from models.runtime.batches import Model
from pipeline.extraction.plan import cores_line, cores_per_gpu, plan, plan_text
from pipeline.extraction.recipe import Recipe, make_recipe
from pipeline.extraction.throughput import Table
from pipeline.extraction.variants import variant_of
from stages.batched import BatchedStage
from stages.clip import Clip, Outcome, Resources
from tests.made import faulty

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
        assert any(
            line.replace(",", "").split()[:3] == [f"{stage.name}={variant_of(stage)}", "1", "CPU"] for line in lines
        ), stage.name
        for field in fields(stage):  # type: ignore[arg-type]
            assert any(line.strip().startswith(f"{stage.name}.{field.name}=") for line in lines)
    assert "      quality.minimum=41.0" in lines
    assert "      speech.required=true" in lines
    for item in RECIPE.weights():
        at = next(i for i, line in enumerate(lines) if line.split()[:1] == [item.name])
        assert item.purpose in lines[at]
        for text in (item.licence, item.distribution, item.state, "commercial use allowed"):
            assert text in lines[at + 1]


def test_a_stage_that_a_recipe_goes_without_is_named_with_the_cause() -> None:
    recipe = make_recipe(settings=["audio=mel"])
    why = "sync=tiny was trained on audio=whisper, and this recipe has audio=mel"
    assert plan(recipe)["left_out"] == {"sync": why}
    assert f"left out: sync, since {why}" in plan_text(recipe).splitlines()
    assert plan(RECIPE)["left_out"] == {}
    assert "left out" not in plan_text(RECIPE)


def test_a_share_of_a_gpu_is_stated() -> None:
    class OnGpu(faulty.Faulty):
        resources: ClassVar[Resources] = Resources(cpus=0.5, gpus=0.25)

    text = plan_text(replace(faulty.quick_recipe(), stages=(OnGpu(),)))
    assert "  screen=OnGpu      0.5 CPU, 0.25 GPU" in text.splitlines()


@dataclass(frozen=True)
class GazeNetwork(BatchedStage):
    """A stage with a network, for its name alone."""

    name: ClassVar[str] = "gaze"
    variant: ClassVar[str] = "made"
    resources: ClassVar[Resources] = Resources(gpus=0.5)
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([])

    def model(self) -> Model:
        raise NotImplementedError

    def items(self, clip: Clip) -> list[np.ndarray]:
        return []

    def finish(self, clip: Clip, answers: Sequence[np.ndarray]) -> Outcome:
        return clip


@dataclass(frozen=True)
class QualityNetwork(GazeNetwork):
    """Another one."""

    name: ClassVar[str] = "quality"


CPU = {"name": "a CPU", "date": "2026-01-02", "items": {}, "networks": {"gaze=made": 0.5, "quality=made": 0.5}}
GPU_SPEEDS = {"gaze=made": 100.0, "quality=made": 300.0, "detector=scrfd": 25.0}
GPU = {"name": "a GPU", "date": "2026-03-04", "items": {}, "networks": GPU_SPEEDS}
TABLE: Table = {
    "cpu": CPU,
    "gpu": GPU,
    "cpu_chain": {
        "name": "a CPU",
        "date": "2026-01-02",
        "stages": {"probe": None, "speech": 40.0, "screen": 40.0, "track": 10.0, "gaze": 50.0, "quality": 60.0},
        "preparing": {"gaze=made": 100.0, "quality=made": 100.0, "detector=scrfd": 50.0},
    },
}


def with_networks(*networks: BatchedStage, **changes: str) -> Recipe:
    """The first stages of profile `open`, with networks behind them. changes: the detector of its stages."""
    first = [replace(stage, **changes) if hasattr(stage, "detector") else stage for stage in RECIPE.stages[:4]]
    assert [stage.name for stage in first] == ["probe", "speech", "screen", "track"]
    return replace(RECIPE, stages=(*first, *networks))


def test_cores_for_a_gpu_are_counted_from_the_figures() -> None:
    """100 and 300 in turn are 75; 40, 40, 10, 100 and 100 in turn are 1 / .17; both by hand."""
    recipe = with_networks(GazeNetwork(), QualityNetwork())
    found = cores_per_gpu(recipe, TABLE)
    assert found is not None
    assert (found.device, found.name, found.date, found.unmeasured) == ("gpu", "a GPU", "2026-03-04", ())
    assert found.labelled == pytest.approx(75)
    assert found.prepared == pytest.approx(1 / 0.17)
    assert found.cores == pytest.approx(12.75)
    assert cores_line(recipe, TABLE) == (
        "one GPU (a GPU, measured 2026-03-04) labels 75 video s/s and needs about 13 CPU cores that decode and track "
        "at 5.9 video s/s each"
    )


def test_a_network_that_moves_to_the_gpu_takes_its_share_with_it() -> None:
    one = cores_per_gpu(with_networks(GazeNetwork()), TABLE)
    assert one is not None
    assert (one.labelled, one.prepared) == (pytest.approx(100), pytest.approx(1 / 0.16))


def test_a_large_detector_is_a_network_that_two_stages_share() -> None:
    """100 and 25 in turn are 20; its pictures take a core 1 / 50."""
    recipe = with_networks(GazeNetwork(), detector="scrfd")
    assert [(n.name, n.variant) for n in recipe.networks()] == [("detector", "scrfd"), ("gaze", "made")]
    found = cores_per_gpu(recipe, TABLE)
    assert found is not None
    assert (found.labelled, found.prepared) == (pytest.approx(20), pytest.approx(1 / (0.16 + 1 / 50)))
    text = plan_text(recipe).splitlines()
    for line in ("screen=keyframes  1 CPU", "track=mesh        1 CPU"):
        assert f"  {line}, 0.1 GPU (detector=scrfd, shared)" in text
    shown = {"variant": "scrfd", "cpus": 1, "gpus": 0.1, "batch": 16}
    assert json.loads(json.dumps(plan(recipe)))["networks"]["detector"] == shown


def test_without_a_gpu_it_says_so_and_counts_cores_of_networks() -> None:
    recipe, table = with_networks(GazeNetwork(), QualityNetwork()), {**TABLE, "gpu": None}
    found = cores_per_gpu(recipe, table)
    assert found is not None
    assert (found.device, found.labelled, found.cores) == ("cpu", 0.25, pytest.approx(0.0425))
    assert cores_line(recipe, table) == (
        "no GPU was measured; on a CPU core (a CPU, measured 2026-01-02) the networks label 0.25 video s/s: about 24 "
        "cores of networks for each that decodes and tracks at 5.9 video s/s"
    )


def test_what_was_not_measured_is_named() -> None:
    recipe = with_networks(GazeNetwork(), QualityNetwork(), detector="scrfd")
    chain = {**TABLE["cpu_chain"], "preparing": {"gaze=made": 100.0}}
    table = {**TABLE, "gpu": {**GPU, "networks": {"gaze=made": 100.0}}, "cpu_chain": chain}
    found = cores_per_gpu(recipe, table)
    assert found is not None
    assert found.unmeasured == ("detector=scrfd", "quality=made")
    assert cores_line(recipe, table).endswith("; without detector=scrfd, quality=made: not measured")
    never = {**TABLE, "gpu": None, "cpu": None}
    assert cores_per_gpu(recipe, never) is None
    assert cores_line(recipe, never).endswith("was not measured: python benchmarks/labellers.py --write")


def test_a_recipe_without_networks_needs_no_gpu() -> None:
    networks = [network.name for network in RECIPE.networks()]
    bare = replace(RECIPE, stages=tuple(stage for stage in RECIPE.stages if stage.name not in networks))
    assert cores_per_gpu(bare, TABLE) is None
    assert cores_line(bare, TABLE) == ""
    assert plan(bare)["cores_per_gpu"] is None
    assert "GPU" not in plan_text(bare)


def test_the_plan_says_it_in_words_and_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.extraction.plan.read_table", lambda: TABLE)
    recipe = with_networks(GazeNetwork(), QualityNetwork())
    assert cores_line(recipe, TABLE) in plan_text(recipe).splitlines()
    numbers = json.loads(json.dumps(plan(recipe)))["cores_per_gpu"]
    assert numbers["device"] == "gpu"
    assert numbers["labelled"] == pytest.approx(75)
    assert numbers["cores"] == pytest.approx(12.75)
