"""Networks on GPU actors, on a cluster that declares two GPUs it does not have: placement, batches, memory, deaths."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ray

import catalogs
from pipeline import cluster
from pipeline.extraction.limits import Limits
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.request import Request
from pipeline.extraction.run import extract
from pipeline.serving.network_actors import NetworkActors, network_actors
from pipeline.serving.network_client import NetworkLost, NetworkOverdue
from stages.batched import BatchedStage
from stages.labels.latents import FaceLatents
from stages.labels.probe import Probe
from stages.video.encode import write_video
from tests.made import random_face
from tests.made.clips import accepted, turned_clip
from tests.system import gpu_stages
from tests.system.heads import ray_head

pytestmark = [pytest.mark.slow, pytest.mark.ray]

PROBE = Probe(min_seconds=0.1, min_pixels=16, audio=False)
LEVELS = (20, 60, 100, 140, 180)


@pytest.fixture(scope="module")
def two_gpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("r")
    with (
        ray_head(folder, "--num-cpus=4", "--num-gpus=2") as environment,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_ADDRESS", environment["RAY_ADDRESS"])
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("VASARI_DEVICE", "cpu")
        cluster.connect(2)
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey clips of one second, named by their brightness, and a white one."""
    folder = tmp_path_factory.mktemp("clips")
    for level in (*LEVELS, 255):
        frames = np.full((25, 64, 64, 3), level, np.uint8)
        write_video(folder / f"{level}.mp4", frames, 25, options={"crf": "1"})
    return folder


def recipe(*stages: BatchedStage) -> Recipe:
    return Recipe("test", (PROBE, *stages))


def run(clips: Path, catalog: Path, stage: BatchedStage, seconds: float = 300) -> dict[str, dict]:
    """Rows by clip name of an extraction with that stage; every source has its one row."""
    limits = Limits(seconds=seconds)
    result = extract(Request([str(clips)], str(catalog), recipe(stage), workers=2, limits=limits, quiet=True))
    found = catalogs.query(str(catalog), "select source_uri, status, reason, detail, quality from clips").to_pylist()
    assert result.clips == result.listed == len(found) == len(LEVELS) + 1
    return {Path(row["source_uri"]).stem: row for row in found}


def assert_right(rows: dict[str, dict]) -> None:
    """All grey clips have their brightness; the white one failed alone, in the words of the network."""
    for level in (level for level in LEVELS if str(level) in rows):
        row = rows[str(level)]
        assert (row["status"], row["reason"]) == ("accepted", None), row
        assert row["quality"] == pytest.approx(level, abs=2)
    assert (rows["255"]["status"], rows["255"]["reason"]) == ("failed", "error")
    assert rows["255"]["detail"].endswith("ValueError: too bright for this network")


def gpus(made: NetworkActors) -> dict[str, list[list[str]]]:
    return {name: ray.get([actor.gpus.remote() for actor in actors]) for name, actors in made.actors.items()}


def test_each_gpu_gets_one_set_of_networks(two_gpus: None, tmp_path: Path) -> None:
    made = network_actors(recipe(gpu_stages.Brightness(log=str(tmp_path))).networks(), seconds=300)
    assert made is not None
    try:
        assert sorted(gpus(made)["quality"]) == [["0"], ["1"]]
    finally:
        made.close()


def test_two_halves_share_one_gpu(two_gpus: None, tmp_path: Path) -> None:
    log = str(tmp_path)
    made = network_actors(
        recipe(gpu_stages.HalfBrightness(log=log), gpu_stages.OtherHalf(log=log)).networks(), seconds=300
    )
    assert made is not None
    try:
        found = gpus(made)
        assert found["quality"] == found["distance"]
        assert sorted(found["quality"]) == [["0"], ["1"]]
    finally:
        made.close()


def test_a_recipe_without_networks_for_a_gpu_starts_no_actor(two_gpus: None) -> None:
    assert network_actors(Recipe("test", (PROBE,)).networks(), seconds=300) is None


def test_face_latents_of_an_actor_are_those_of_a_worker(two_gpus: None, tmp_path: Path) -> None:
    stage = FaceLatents().with_checkpoint(random_face.write(tmp_path / "tiny.safetensors"))
    clip = turned_clip(np.linspace([-10, -30, 0], [10, 30, 20], 50))
    noise = np.random.default_rng(0).integers(0, 256, (50, 256, 256, 3), np.uint8)
    clip = replace(clip, track=replace(clip.tracked(), crops=noise))
    made = network_actors(recipe(stage).networks(), seconds=300)
    assert made is not None
    try:
        there = accepted(stage.open(made.client())(clip)).arrays
    finally:
        made.close()
    here = accepted(stage.open()(clip)).arrays
    for name in ("face_pose", "dynamics", "identity"):
        np.testing.assert_allclose(there[name], here[name], atol=1e-3)


def test_clips_are_labelled_in_batches_and_memory_that_runs_out_halves_them(
    two_gpus: None, clips: Path, tmp_path: Path
) -> None:
    rows = run(clips, tmp_path / "catalog", gpu_stages.Brightness(log=str(tmp_path), room=2, frames=5))
    assert_right(rows)
    seen = gpu_stages.calls(tmp_path)
    assert {tuple(given) for _, _, given in seen} == {("0",), ("1",)}
    sizes = {size for size, _, _ in seen}
    assert 2 < max(sizes) <= gpu_stages.Brightness.batch
    assert sizes & {1, 2}


def test_an_actor_that_dies_is_replaced_and_nothing_is_lost(two_gpus: None, clips: Path, tmp_path: Path) -> None:
    rows = run(clips, tmp_path / "catalog", gpu_stages.Brightness(log=str(tmp_path), deaths=2))
    assert_right(rows)
    assert len(list(tmp_path.glob("*.died"))) == 2
    assert len({process for _, process, _ in gpu_stages.calls(tmp_path)}) >= 3


def test_a_clip_that_loses_the_gpu_or_hangs_on_it_fails_alone_and_says_why(
    two_gpus: None, clips: Path, tmp_path: Path
) -> None:
    stage = gpu_stages.Brightness(log=str(tmp_path), lost=1000, hung=1000)
    rows = run(clips, tmp_path / "catalog", stage, seconds=5)
    lost, hung = rows.pop("100"), rows.pop("140")
    assert_right(rows)
    assert (lost["status"], lost["reason"]) == ("failed", "error")
    assert "network quality" in lost["detail"]
    assert "CUDA error: device-side assert triggered" in lost["detail"]
    assert "VASARI_DEVICE=cpu with --retry-failed" in lost["detail"]
    assert (hung["status"], hung["reason"]) == ("failed", "timeout")
    assert "network quality: took longer than 5 s" in hung["detail"]
    assert "raise --timeout" in hung["detail"]
    assert 2 <= len(list(tmp_path.glob("*.lost"))) <= 3
    assert 1 <= len(list(tmp_path.glob("*.hung"))) <= 2


def test_requests_are_answered_after_a_process_that_lost_its_gpu_or_froze(two_gpus: None, tmp_path: Path) -> None:
    made = network_actors(
        recipe(gpu_stages.Brightness(log=str(tmp_path), lost=1, frozen=1)).networks(), seconds=2, patience=15
    )
    assert made is not None
    try:
        asking = made.client()
        for together in ((20, 60, 100), (20, 140, 180)):
            with ThreadPoolExecutor(3) as pool:
                asked = [pool.submit(asking, "quality", [np.full((8, 8), level, np.uint8)] * 2) for level in together]
            assert [[float(answer) for answer in each.result()] for each in asked] == [[n, n] for n in together]
            time.sleep(1)  # until the process that lost its GPU has ended: who asks it now would lose two
            ray.get([actor.alive.remote() for actors in made.actors.values() for actor in actors])
    finally:
        made.close()
    assert [len(list(tmp_path.glob(f"*.{fault}"))) for fault in ("lost", "frozen")] == [1, 1]


def test_a_network_that_cannot_start_is_named_with_its_error(two_gpus: None, tmp_path: Path) -> None:
    made = network_actors(
        recipe(gpu_stages.Brightness(log=str(tmp_path / "missing"), stillborn=True)).networks(), seconds=300
    )
    assert made is not None
    try:
        with pytest.raises(NetworkLost, match="network quality: .*no kernel image is available"):
            made.client()("quality", [np.zeros((8, 8), np.uint8)])
    finally:
        made.close()


def test_a_network_whose_loading_hangs_ends_after_three_tries(two_gpus: None, tmp_path: Path) -> None:
    made = network_actors(
        recipe(gpu_stages.Brightness(log=str(tmp_path), asleep=True)).networks(), seconds=1, patience=2
    )
    assert made is not None
    try:
        with pytest.raises(NetworkOverdue, match="network quality: its process has not stirred for 3 s, 3 times; look"):
            made.client()("quality", [np.zeros((8, 8), np.uint8)])
    finally:
        made.close()
