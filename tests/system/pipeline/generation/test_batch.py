"""jobs/generate.py with a manifest: many videos through Ray, each once, and a bad pair costs only itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scipy.io import wavfile

from pipeline.demo.talk import PORTRAIT, make_talk
from pipeline.demo.voice import voice
from tests.made import motion_file
from tests.root import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.usefixtures("one_ray")]


def generated(folder: Path, out: Path) -> dict[str, Any]:
    words = ["--manifest", folder / "pairs.csv", "--out", out, "--checkpoint", folder / "motion.safetensors"]
    words += ["--steps", "1", "--size", "96", "--crop", "--workers", "2", "--json"]
    command = [sys.executable, ROOT / "jobs/generate.py", *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_a_table_of_pairs_becomes_a_folder_of_videos(tmp_path: Path) -> None:
    make_talk(tmp_path)
    motion_file.write(tmp_path / "motion.safetensors")
    wavfile.write(tmp_path / "short.wav", 16_000, voice(0.3, 1))
    (tmp_path / "text.png").write_text("no picture")
    rows = [f"{PORTRAIT},short.wav,good,7", "text.png,short.wav,bad,", f"{PORTRAIT},short.wav,other,"]
    (tmp_path / "pairs.csv").write_text("\n".join(["portrait,speech,name,seed", *rows]) + "\n")
    out = tmp_path / "out"
    found = generated(tmp_path, out)
    assert (found["made"], found["before"], found["failed"]) == (2, 0, 1)
    assert sorted(path.name for path in out.iterdir()) == ["good.mp4", "made.parquet", "other.mp4"]
    rows = {row["name"]: row for row in pq.read_table(found["table"]).to_pylist()}
    assert {name: row["status"] for name, row in rows.items()} == {"good": "made", "other": "made", "bad": "failed"}
    assert "text.png: not a picture that can be read" in rows["bad"]["reason"]
    assert (rows["good"]["frames"], rows["good"]["seed"], rows["other"]["seed"]) == (8, 7, 0)
    before = (out / "good.mp4").stat().st_mtime_ns
    (out / "other.mp4").unlink()
    found = generated(tmp_path, out)
    assert (found["made"], found["before"], found["failed"]) == (1, 1, 1)
    assert (out / "good.mp4").stat().st_mtime_ns == before
    assert (out / "other.mp4").exists()
