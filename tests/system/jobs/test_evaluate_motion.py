"""jobs/evaluate_motion.py on people who talk by a known law: the figures of what is known, and what it says of wrong
arguments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from models.motion.checkpoint import save_model
from models.motion.model import MotionModel
from models.motion.presets import MotionPreset
from models.motion.space import MotionSpace
from models.sync.checkpoint import save_sync
from models.sync.network import SyncNetwork
from tests.made.job import Job
from tests.made.motion import awake
from tests.made.talking import AUDIO, BLINK_EVERY, DYNAMICS, talking, talking_catalog

CLIPS = [talking(who, frames, seed, offset=seed, sync=0.5) for who in range(9) for seed, frames in ((0, 150), (1, 76))]
WEAK = [talking(0, seed=2, speech=0.1), talking(1, seed=2, sync=0.05, offset=0)]
PRESET = MotionPreset("small", layers=1, width=16, heads=2, window=40, previous=4)


def checkpoint(path: Path) -> Path:
    """A generator with random weights, trained on persons 3 to 8, as its recipe says."""
    model = MotionModel(PRESET, MotionSpace(DYNAMICS, AUDIO, 8))
    motions = [torch.from_numpy(clip.motion) for clip in CLIPS[6:]]
    awake(model.network)
    model.statistics.motion.fit(motions)
    model.statistics.audio.fit(torch.from_numpy(clip.sound) for clip in CLIPS[6:])
    model.statistics.distance.fit([torch.ones(2, 1)])
    held = {"test": (0, 1), "validation": (2,)}
    recipe = {
        "held_out": {
            part: [[clip.source_uri, clip.clip_id, clip.content] for who in people for clip in CLIPS[2 * who :][:2]]
            for part, people in held.items()
        },
        **{f"{part}_subjects": [f"person {who}" for who in people] for part, people in held.items()},
        "content": [clip.content for clip in CLIPS[6:]],
        "latents": {"variant": "face", "sha256": "aa", "width": DYNAMICS},
        "audio": {"variant": "whisper", "width": AUDIO},
    }
    save_model(model, recipe, path)
    return path


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine people, two clips each, and two clips that tell nothing."""
    root = tmp_path_factory.mktemp("talking") / "catalog"
    talking_catalog(root, [*CLIPS, *WEAK])
    return root


def test_what_is_known_of_the_people_is_found(job: Job, catalog: Path, tmp_path: Path) -> None:
    taught = {"content": [CLIPS[0].content, CLIPS[9].content]}
    save_sync(SyncNetwork(AUDIO), {"variant": "whisper", "width": AUDIO}, taught, tmp_path / "sync.safetensors")
    made = checkpoint(tmp_path / "motion.safetensors")
    short = ("--seeds", "2", "--steps", "2", "--json", "--sync", tmp_path / "sync.safetensors")
    done = job("evaluate_motion", "--catalog", catalog, "--out", tmp_path / "out", "--checkpoint", made, *short)
    assert done.code == 0, done.err
    said = json.loads(done.out)
    written = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert written["scores"] == said["scores"]
    assert said["left_out"] == {"out of step": 1, "with little speech": 1}
    assert (len(said["clips"]), said["people"], said["seconds"]) == (4, 2, 2 * (150 + 75) / 25)
    scores: dict[str, dict[str, Any]] = said["scores"]
    assert list(scores) == ["model", "interviews", "sentences", "ridge", "another's", "mean", "real"]
    real, ridge, model = (scores[name] for name in ("real", "ridge", "model"))
    assert (real["opening"], real["jaw"], real["width"]) == pytest.approx((1, 1, 1), abs=0.05)
    assert (real["dp"], real["trembling"], real["travel"]) == (1, 1, 1)
    assert real["blinks"] == real["blinks_seen"] == pytest.approx(25 * 60 / BLINK_EVERY, rel=0.12)
    assert ridge["opening"] > 0.85  # of what one number of the sound tells
    assert ridge["width"] < 0.4  # of what none does
    assert abs(scores["another's"]["opening"]) < 0.4
    assert (scores["mean"]["opening"], scores["mean"]["dp"], scores["mean"]["blinks"]) == (0, 0, 0)
    assert model["opening"] < 0.4
    assert model["spread_dynamics"] > 0.01
    assert model["seam_pose"] > 0
    assert 0 <= model["in_step"] <= 100
    assert scores["interviews"]["opening"] == pytest.approx(model["opening_interviews"])
    assert scores["sentences"]["opening"] == pytest.approx(model["opening_sentences"])
    assert said["goals"]["opening"]["reached"] == ["ridge", "real"]
    text = (tmp_path / "out" / "scores.txt").read_text()
    assert "4 clips of 2 people, 18 seconds, 2 seeds, 2 steps; left out: 1 out of step, 1 with little speech" in text
    assert said["taught_to_sync"] == 1
    assert "the sync network was trained on 1 clip of these" in text
    assert (tmp_path / "out" / "motion.png").stat().st_size > 10_000


def test_wrong_files_end_with_a_message(job: Job, catalog: Path, tmp_path: Path) -> None:
    made, text = checkpoint(tmp_path / "motion.safetensors"), tmp_path / "text.safetensors"
    text.write_text("nothing")
    other = tmp_path / "other.safetensors"
    save_sync(SyncNetwork(AUDIO + 1), {"variant": "mel", "width": AUDIO + 1}, {}, other)
    asked = ("--catalog", catalog, "--out", tmp_path / "out", "--checkpoint")
    for arguments, said in (
        ((text,), "text.safetensors: not a motion generator"),
        ((made, "--sync", text), "text.safetensors: not a sync network"),
        ((made, "--sync", other), "takes sound as mel has it, the catalog's is whisper"),
        ((made, "--seeds", "0"), "--seeds 0 --steps 10: give at least 1"),
        ((made, "--steps", "5000"), "at most 1000 steps"),
    ):
        done = job("evaluate_motion", *asked, *arguments)
        assert done.code == 2
        assert said in done.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
