"""Profile `paper` end to end: every model's file in its public format, full size, random weights, added by the command.

The labels mean nothing; what is held is that the files are taken, the models run on real faces, and the catalog keeps
the promises that hold for `open`.
"""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import catalogs
from tests.made.here import extract
from tests.made.job import run_job

pytestmark = pytest.mark.slow

FILES = {
    "hyperiqa": "koniq_pretrained.pkl",
    "l2cs": "L2CSNet_gaze360.pkl",
    "deep3d": "epoch_20.pth",
    "hsemotion": "enet_b0_8_va_mtl.onnx",
    "arcface": "w600k_r50.onnx",
    "wav2vec2": "wav2vec2-base-960h",
}
# few looks, so that a CPU is done in a minute; random networks call nothing good and nobody the same person. SyncNet
# looks at every frame: tests/unit/stages/labels/test_syncnet.py has it
CHEAP = (
    "quality.frames=1",
    "quality.crops=2",
    "gaze.every=50",
    "distance.per_second=0.5",
    "emotion.per_second=0.5",
    "sync=none",
)
LENIENT = ("quality.minimum=-1000", "identity.replaced=-1", "identity.jump=255")
SETTINGS = tuple(text for setting in (*CHEAP, *LENIENT) for text in ("--set", setting))


def alike(one: Any, other: Any) -> bool:
    """Equal, numbers (alone, in lists or by name) to a thousandth: other batches, other rounding."""
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    return other == (pytest.approx(one, rel=1e-3, abs=1e-3) if isinstance(one, float) else one)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of its own for weights."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VASARI_WEIGHTS", str(folder / "store"))
        patch.setenv("VASARI_WEIGHTS_LOCK", str(folder / "weights.lock"))
        yield folder


@pytest.fixture(scope="module")
def clips(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name in ("talking_woman.mp4", "talking_man.mp4", "two_people.mp4", "silent.mp4", "not_a_video.mp4"):
        shutil.copy(samples / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def added(store: Path, shared: Path) -> dict[str, str]:
    """Every model's file, added by the command; its sha256 by name."""
    for name, file in FILES.items():
        path = importlib.import_module(f"tests.made.random_{name}").write(store / file)
        done = run_job("weights", "add", name, path)
        assert done.code == 0, done.err
        assert "not the published file" in done.out
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = run_job("weights", "add", "scrfd", shared / "weights/scrfd_2.5g_kps.onnx")
    assert done.code == 0, done.err
    lock = json.loads((store / "weights.lock").read_text())
    text = json.dumps(lock)
    assert all(name in text for name in (*FILES, "scrfd"))
    done = run_job("weights", "verify")
    assert done.code == 0, done.out
    return dict.fromkeys((*FILES, "scrfd"), "")


def paper(clips: Path, catalog: Path, expect: int = 0) -> dict:
    return extract(catalog, "--input", clips, "--profile", "paper", *SETTINGS, expect=expect)


def test_missing_files_stop_the_run_before_any_work(store: Path, clips: Path, tmp_path: Path) -> None:
    said = paper(clips, tmp_path / "catalog", expect=1)["stderr"]
    for name in (*FILES, "scrfd"):
        assert f"  {name} (" in said
    assert said.count("licence: ") == 7
    assert "python jobs/weights.py fetch scrfd hyperiqa hsemotion wav2vec2 arcface" in said
    assert not (tmp_path / "catalog").exists()


@pytest.fixture(scope="module")
def labelled(added: dict[str, str], clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The catalog of those clips, made without a GPU, and the summary of its run."""
    catalog = tmp_path_factory.mktemp("labelled") / "catalog"
    return catalog, paper(clips, catalog)


def test_real_clips_go_through_all_models(added: dict[str, str], labelled: tuple[Path, dict], clips: Path) -> None:
    catalog, summary = labelled
    assert (summary["listed"], summary["clips"], summary["accepted"], summary["failed"]) == (5, 5, 2, 1)
    assert summary["rejected"] == {"no_speech": 1, "several_faces": 1}
    rows = catalogs.query(catalog, "select * from clips where status = 'accepted' order by source_uri").to_pylist()
    latents = {row["clip_id"]: row for row in catalogs.query(catalog, "select * from latents").to_pylist()}
    assert len(latents) == 2
    for row in rows:
        assert len(row["face_vector"]) == 512
        assert row["distance"] > 0
        assert sum(row["emotion"].values()) == pytest.approx(1, abs=1e-3)
        assert None not in row["emotion"].values()
        own = latents[row["clip_id"]]
        assert len(own["audio"]) == own["frames"] * 768
        assert len(own["gaze"]) == own["frames"] * 2
        assert row["subject_id"].startswith("person_")
    assert rows[0]["quality"] != rows[1]["quality"]
    (run,) = catalogs.query(catalog, "select * from runs").to_pylist()
    used = {entry["name"]: entry["sha256"] for entry in json.loads(run["weights"])}
    assert set(added) <= set(used)
    assert all(len(value) == 64 for value in used.values())
    again = paper(clips, catalog)
    assert (again["decided_before"], again["video_seconds"]) == (5, 0)


def test_served_to_all_workers_the_networks_give_the_same_rows(
    labelled: tuple[Path, dict], clips: Path, tmp_path: Path
) -> None:
    """As on GPU actors: what decodes sends its items elsewhere."""
    catalog = tmp_path / "catalog"
    extract(catalog, "--input", clips, "--profile", "paper", *SETTINGS, served=True)
    here, there = (
        catalogs.query(where, "select * exclude (run_id, seconds) from clips order by source_uri, start_s").to_pylist()
        for where in (labelled[0], catalog)
    )
    assert [row["clip_id"] for row in there] == [row["clip_id"] for row in here]
    for one, other in zip(here, there, strict=True):
        differing = {name for name, value in one.items() if not alike(value, other[name])}
        assert not differing, one["source_uri"]


def test_other_weights_are_another_recipe(added: dict[str, str], store: Path, clips: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    with_sharpness = ("--set", "quality=spectral", "--set", "audio=mel", "--set", "gaze=iris", "--set", "sync=none")
    settings = [text for setting in LENIENT[1:] for text in ("--set", setting)]
    command = ("--input", clips, "--profile", "paper", *with_sharpness, *settings, "--limit", "1")
    extract(catalog, *command)
    other = importlib.import_module("tests.made.random_deep3d").write(store / "other.pth", seed=1)
    assert run_job("weights", "add", "deep3d", other).code == 0
    said = extract(catalog, *command, expect=2)["stderr"]
    assert "weights.deep3d" in said
    assert "in the catalog" in said
