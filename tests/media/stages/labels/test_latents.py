"""Latents of crops: the same as driving reads off the same pictures, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.face.checkpoint import encoders_hash, load_model, save_model
from models.runtime.checkpoint import WrongWeights
from models.weights.entry import Weights
from models.weights.hashes import digest
from models.weights.registry import REGISTRY, WeightsMissing
from pipeline.faces.driving import Drive
from pipeline.faces.face_crop import FaceCrop
from stages.clip import Clip
from stages.labels.crops import crop_at
from stages.labels.latents import FaceLatents, frontal
from tests.made import random_face
from tests.made.clips import accepted, first_frames, turned_clip
from tests.root import ROOT


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> FaceLatents:
    return FaceLatents().with_checkpoint(random_face.write(tmp_path_factory.mktemp("face") / "tiny.safetensors"))


def views(clip: Clip, size: int) -> list[FaceCrop]:
    track = clip.tracked()
    landmarks = track.unit_landmarks().astype(np.float32)
    places = track.cameras
    return [FaceCrop(crop_at(track, index, size), points, places[index]) for index, points in enumerate(landmarks)]


def test_latents_are_what_driving_reads(stage: FaceLatents, woman: Clip) -> None:
    clip = first_frames(woman, 40)
    found = accepted(stage.open()(clip)).arrays
    seen = views(clip, 96)
    drive = Drive(random_face.random_model())
    motion = drive.filmed(seen)
    assert {name: value.shape for name, value in found.items() if name not in clip.arrays} == {
        "face_pose": (40, 6),
        "dynamics": (40, 32),
        "identity": (64,),
    }
    np.testing.assert_allclose(found["face_pose"], motion.pose, atol=1e-3)
    np.testing.assert_allclose(found["dynamics"], motion.dynamics, atol=1e-3)
    assert found["dynamics"].std(0).max() > 0.01
    followed = drive.motion(seen).pose[:, 3:].numpy()
    assert np.abs(found["face_pose"][:, 3:] - followed).max() > 0.002  # her crops follow her, the camera does not
    person, _ = drive.person(seen[frontal(found["face_pose"], clip.tracked().present)])
    np.testing.assert_allclose(found["identity"], person.identity.flatten(), atol=1e-3)


@pytest.mark.slow
def test_a_preset_that_learns_the_pose_reads_it_off_the_pictures(woman: Clip, tmp_path: Path) -> None:
    stage = FaceLatents().with_checkpoint(random_face.write(tmp_path / "base.safetensors", "base"))
    assert (stage.preset, stage.size) == ("base", 256)
    clip = first_frames(woman, 3)
    found = accepted(stage.open()(clip)).arrays
    motion = Drive(random_face.random_model("base")).filmed(views(clip, 256))
    np.testing.assert_allclose(found["face_pose"], motion.pose, atol=1e-3)
    np.testing.assert_allclose(found["dynamics"], motion.dynamics, atol=1e-3)
    assert found["identity"].shape == (512 * 16,)


def test_an_item_is_a_frame_with_its_pose_and_one_asks_who_it_is(stage: FaceLatents) -> None:
    items = stage.items(turned_clip(np.array([[0, 30.0, 0], [0, 5, 0], [0, -20, 0]])))
    assert [bool(item["who"]) for item in items] == [False, True, False]
    for item, yaw in zip(items, (30, 5, -20), strict=True):
        assert (item["picture"].shape, item["picture"].dtype) == ((96, 96, 3), np.uint8)
        assert item["pose"][:3] == pytest.approx([0, yaw, 0], abs=0.1)
        assert item["pose"][5] == pytest.approx(1, abs=0.05)


def test_identity_is_of_the_most_frontal_frame_that_shows_the_face() -> None:
    pose = np.zeros((3, 6))
    pose[:, :3] = [[0, 20, 0], [1, 1, 40], [-10, 0, 0]]
    assert frontal(pose, np.array([True, True, True])) == 1
    assert frontal(pose, np.array([True, False, True])) == 2
    assert frontal(pose, np.array([False, False, False])) == 1


def test_batches_do_not_matter(stage: FaceLatents, woman: Clip) -> None:
    items, model = stage.items(first_frames(woman, 5)), stage.model()
    together = model(items)
    for one, item in zip(together, items, strict=True):
        np.testing.assert_allclose(model([item])[0], one, atol=1e-4)


def test_the_file_is_a_weight_of_the_stage_and_may_move(stage: FaceLatents, tmp_path: Path) -> None:
    (entry,) = stage.weights
    assert isinstance(entry, Weights)
    assert (entry.name, entry.sha256, entry.stage) == ("face_tiny", stage.sha256, "latents")
    assert entry.path() == Path(stage.checkpoint)
    moved = replace(stage, checkpoint=str(tmp_path / "moved.safetensors"))
    assert moved == stage
    with pytest.raises(WeightsMissing, match="weights face_tiny: there is no file"):
        moved.model()
    Path(moved.checkpoint).write_bytes(b"another")
    with pytest.raises(WeightsMissing, match=f"has sha256 .*, expected {stage.sha256}"):
        moved.model()


def test_a_file_that_draws_otherwise_is_the_recipe_of_the_file_whose_latents_it_makes(tmp_path: Path) -> None:
    own, path = FaceLatents(), tmp_path / "drawing.safetensors"
    model = load_model(REGISTRY["face_tiny"].path())
    encoders = encoders_hash(REGISTRY["face_tiny"].path())
    torch.nn.init.zeros_(model.decoder.out.weight)
    save_model(model, {"latents_of": {"sha256": own.sha256, "encoders": encoders, "space": False}}, path)
    assert own.with_checkpoint(path) == own
    assert own.with_checkpoint(path).weights == ("face_tiny",)
    save_model(model, {"latents_of": {"sha256": "0f" * 32, "encoders": encoders, "space": False}}, path)
    other = own.with_checkpoint(path)
    (entry,) = other.weights
    assert isinstance(entry, Weights)
    assert (other.sha256, entry.known_as) == ("0f" * 32, "0f" * 32)
    assert entry.sha256 == digest(path).sha256
    assert entry.path() == path


def test_without_a_file_it_is_the_project_s_own_model(woman: Clip) -> None:
    own = FaceLatents()
    assert own.weights == ("face_tiny",)
    assert own.with_checkpoint(REGISTRY["face_tiny"].path()) == own
    items = own.items(first_frames(woman, 5))
    answers = own.model()(items)
    codes = np.stack([answer[6:38] for answer in answers])
    assert 0.01 < np.abs(codes).mean() < 4


def test_a_file_that_is_no_face_model(tmp_path: Path) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"no")
    for name in ("no.safetensors", "absent.safetensors"):
        with pytest.raises(WrongWeights, match=f"{name}: not a face model"):
            FaceLatents().with_checkpoint(tmp_path / name)


def test_preparing_clips_does_not_import_torch() -> None:
    code = (
        "import stages.labels.latents, sys; stages.labels.latents.FaceLatents().size; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
