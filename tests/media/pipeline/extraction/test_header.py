"""The header as plain values, and why there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.extraction.header import header
from tests.made import faulty
from tests.root import ROOT


def test_a_header_is_plain_json(tmp_path: Path) -> None:
    path = faulty.tiny_video(tmp_path / "clip.mp4", seconds=2)
    found = json.loads(json.dumps(header(str(path))))
    assert (found["width"], found["height"], found["fps"], found["audio_hz"]) == (64, 48, 25.0, 0)
    assert found["duration"] == pytest.approx(2.0)
    assert "unreadable" not in found


def test_what_is_no_video_says_why(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("no video")
    found = header(str(path))
    assert list(found) == ["unreadable"]
    assert found["unreadable"].startswith(f"{path}: not a readable video")


def test_a_probe_loads_no_network() -> None:
    heavy = ("onnxruntime", "ai_edge_litert", "ray", "duckdb")
    code = f"import sys, pipeline.extraction.header; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
