"""From video to latents, statistics and back to pictures: `jobs/extract.py --latents`, with a face model of chance."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catalogs
from catalogs.frames import open_frames
from catalogs.statistics import read_statistics
from models.face.camera import WHOLE, compose_pose
from models.face.checkpoint import save_model
from models.face.landmarks import pose_and_expression
from pipeline.faces.decoding import decoded, preview_view, stored_latents
from pipeline.faces.driving import driver_of
from pipeline.faces.face_crop import stored_views
from tests.made import random_face
from tests.made.here import extract
from tests.root import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def face_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_face.write(tmp_path_factory.mktemp("face") / "model.safetensors")


@pytest.fixture(scope="module")
def clips(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name in ("talking_man", "talking_woman"):
        shutil.copy(samples / f"{name}.mp4", folder)
    return folder


@pytest.fixture(scope="module")
def catalog(face_model: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("latents") / "catalog"
    assert extract(root, "--input", clips, "--latents", face_model, "--frames")["accepted"] == 2
    return root


def test_every_accepted_clip_has_latents_of_all_frames(catalog: Path) -> None:
    sql = "select frames, len(face_pose) p, len(dynamics) d, len(identity) i, len(pose) old from latents"
    for row in catalogs.query(catalog, sql).to_pylist():
        assert (row["p"], row["d"], row["i"], row["old"]) == (6 * row["frames"], 32 * row["frames"], 64, row["p"])
    spent = catalogs.query(catalog, "select min(seconds['latents']) s from clips")["s"][0].as_py()
    assert spent > 0


def test_face_pose_is_what_the_stored_landmarks_say(catalog: Path) -> None:
    store = open_frames(catalog, cache=catalog.parent / "cache")
    for index, clip in enumerate(store.clips):
        (row,) = catalogs.query(catalog, f"select face_pose from latents where clip_id = '{clip.clip_id}'").to_pylist()
        told = pose_and_expression(store.landmarks(index))[0]
        there = compose_pose(told, store.camera(index))
        assert np.abs(np.reshape(row["face_pose"], (-1, 6)) - there).max(0) == pytest.approx(0, abs=0.1)


def test_the_face_model_is_in_the_run_and_another_one_is_another_recipe(
    catalog: Path, face_model: Path, clips: Path, tmp_path: Path
) -> None:
    (run,) = catalogs.query(catalog, "select weights from runs").to_pylist()
    (entry,) = [each for each in json.loads(run["weights"]) if each["name"] == "face_tiny"]
    assert entry["file"] == str(face_model)
    other = tmp_path / "other.safetensors"
    save_model(random_face.random_model(), {"trained": "longer"}, other)
    said = extract(catalog, "--input", clips, "--latents", other, "--frames", expect=2)["stderr"]
    assert f'weights.face_tiny: "{entry["sha256"]}" in the catalog, ' in said


def test_clips_are_drawn_from_the_catalog_as_they_are_driven(catalog: Path, face_model: Path) -> None:
    drive, store = driver_of(face_model), open_frames(catalog, cache=catalog.parent / "cache")
    clip = store.clips[0].clip_id
    frames = [*range(20), stored_latents(catalog, clip, drive.model).frontal]
    views = stored_views(store, 0, frames)
    found = decoded(drive, catalog, clip, frames=slice(0, 20))
    assert found.shape == (20, 96, 96, 3)
    who = drive.person(views[-1])[0].identity  # read off the crop
    person = replace(drive.person(views[-1].seen_from(WHOLE))[0], identity=who)
    direct = drive.draw(person, drive.filmed(views[:-1]))
    # WebP and landmarks in half precision lie between the two, and random weights make much of both; what the
    # project's own weights make of them is in test_whole_demo.py
    assert np.abs(found.astype(int) - direct).mean() < 3
    drawn = decoded(drive, catalog, clip, preview_view(catalog, clip, 96), slice(0, 2))
    assert drawn.shape == (2, 96, 96, 3)


def test_statistics_of_it(catalog: Path) -> None:
    job = [sys.executable, str(ROOT / "jobs/latent_statistics.py"), "--catalog", str(catalog), "--json"]
    said = json.loads(subprocess.run(job, capture_output=True, text=True, check=True).stdout)
    assert said == read_statistics(catalog).json()
    frames = catalogs.query(catalog, "select sum(frames) n from latents")["n"][0].as_py()
    assert said["columns"]["dynamics"]["count"] == frames
    sql = "select avg(yaw) m, stddev_pop(yaw) s from (select unnest(face_pose[2:-:6]) yaw from latents)"
    (row,) = catalogs.query(catalog, sql).to_pylist()
    assert said["columns"]["face_pose"]["mean"][1] == pytest.approx(row["m"])
    assert said["columns"]["face_pose"]["std"][1] == pytest.approx(row["s"])
