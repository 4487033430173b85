"""jobs/generate.py: its options, a run of each kind, and what it says of wrong arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq
import pytest
from scipy.io import wavfile

from pipeline.demo.talk import make_talk
from pipeline.demo.voice import voice
from tests.made import motion_file

Job = Callable[..., Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a portrait, a short sound and a motion generator."""
    folder = tmp_path_factory.mktemp("generate")
    make_talk(folder)
    wavfile.write(folder / "short.wav", 16_000, voice(0.4, 1))
    motion_file.write(folder / "motion.safetensors")
    return folder


def options(made: Path, out: Path, *more: str | Path) -> tuple[str | Path, ...]:
    fixed = ("--checkpoint", made / "motion.safetensors", "--steps", "1", "--size", "96", "--out", out)
    return ("--speech", made / "short.wav", *fixed, *more)


def test_a_video(job: Job, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.mp4"
    given = options(made, out, "--portrait", made / "portrait.png", "--gaze=-10,5", "--emotion", "fear=1", "--crop")
    done = job("generate", *given, "--seed", "4", "--distance", "1.25", "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["files"], found["frames"], found["silent"], found["note"]["seed"]) == ([str(out)], 10, False, 4)
    controls = found["note"]["controls"]
    assert (controls["gaze_theta"], controls["gaze_phi"], controls["distance"]) == ([-10.0], [5.0], [1.25])
    assert controls["fear"] == [1.0]
    assert found["note"]["sampling"]["guidance"] == {
        "audio": 0.5, "gaze": 1.0, "distance": 0.0, "emotion": 0.0, "previous": 0.0, "every": 1,
    }  # fmt: skip
    assert cv2.VideoCapture(str(out)).read()[1].shape == (96, 96, 3)


def test_a_grid(job: Job, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.mp4"
    done = job("generate", *options(made, out, "--portrait", made / "portrait.png", "--grid"))
    assert done.out == f"10 frames, 0.40 s\nlook at: {out}\nlook at: {tmp_path}/grid.png\n"
    still = cv2.imread(str(tmp_path / "grid.png"))
    assert still.shape == (3 * (24 + 256 + 4), 4 * (256 + 4) - 4, 3)
    assert cv2.VideoCapture(str(out)).read()[1].shape == still.shape


def test_motion_alone(job: Job, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "motion.parquet"
    done = job("generate", *options(made, out, "--motion-only"))
    assert done.out == f"10 frames, 0.40 s\nlook at: {out}\n"
    assert pq.read_table(out).num_rows == 10


def test_wrong_arguments_end_with_a_message(job: Job, made: Path, tmp_path: Path) -> None:
    out, portrait = tmp_path / "o.mp4", ("--portrait", made / "portrait.png")
    cases: list[tuple[tuple[str | Path, ...], str]] = [
        (("--out", out), "nothing to say: give --speech FILE"),
        (options(made, out), "no portrait: give --portrait IMAGE"),
        (options(made, out, *portrait, "--size", "100"), "--size 100: give 96, 256"),
        (options(made, out, *portrait, "--steps", "0"), "--steps 0: give a number from 1 to 1000"),
        (options(made, out, *portrait, "--gaze", "5"), "--gaze 5: give two angles"),
        (options(made, out, *portrait, "--distance", "0"), "distance 0: give a number from 0.5 to 4"),
        (options(made, out, *portrait, "--emotion", "joy=1"), "--emotion joy=1: give NAME=W"),
        (options(made, out, *portrait, "--grid", "--motion-only"), "motion is a Parquet file"),
        (options(made, out, *portrait, "--manifest", "m.csv"), "--manifest has portraits, speech and controls"),
        (options(made, out, *portrait, "--face", made / "motion.safetensors"), "motion.safetensors: not a face model"),
        (options(made, out, *portrait, "--controls", tmp_path / "c.csv"), "c.csv: cannot be read as CSV"),
        (options(made, out, "--portrait", made / "short.wav"), "short.wav: not a picture that can be read"),
    ]
    for given, message in cases:
        done = job("generate", *given)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    assert not out.exists()
