"""The note is in the files where FFmpeg's and everybody's readers look for it."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipeline.cli.given import Given
from pipeline.faces.provenance import Provenance, origin, origin_of, provenance, seal_video, write_png
from pipeline.listing.uris import content_hash
from stages.video.encode import write_video


@pytest.fixture
def note(tmp_path: Path) -> Provenance:
    for name in ("model.safetensors", "portrait.png", "talk.mp4"):
        (tmp_path / name).write_text(name)
    with ExitStack() as stack:
        given = [Given.of(str(tmp_path / name), stack) for name in ("portrait.png", "talk.mp4")]
        portrait, driver = map(origin_of, given)
        return provenance(tmp_path / "model.safetensors", "tiny", [portrait], driver, "both")


def test_the_note_says_what_is_in_it(note: Provenance, tmp_path: Path) -> None:
    assert note.comment.startswith("Synthetic: ")
    values = note.values
    assert values["synthetic"] is True
    assert values["tool"].startswith("vasari ")
    digest = hashlib.sha256(b"model.safetensors").hexdigest()
    assert values["model"] == {"file": "model.safetensors", "preset": "tiny", "sha256": digest}
    assert values["sources"] == [{"file": "portrait.png", "blake2b": content_hash(str(tmp_path / "portrait.png"))}]
    assert values["driver"]["file"] == "talk.mp4"
    assert str(tmp_path) not in note.description + note.comment


def test_without_a_driver_it_says_drawn_from_latents(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("model")
    note = provenance(tmp_path / "model.safetensors", "tiny", [origin("talk.mp4", "a hash")], None, "both")
    assert note.comment.startswith("Synthetic: a video drawn again from its motion latents with vasari ")
    assert note.values["sources"] == [{"file": "talk.mp4", "blake2b": "a hash"}]
    assert note.values["driver"] is None


def test_video_keeps_its_streams(note: Provenance, tmp_path: Path, random: np.random.Generator) -> None:
    frames = [random.integers(0, 256, (64, 64, 3)).astype(np.uint8) for _ in range(30)]
    sound = random.uniform(-0.1, 0.1, 19_200).astype(np.float32)
    draft, out = tmp_path / "draft.mp4", tmp_path / "out.mp4"
    write_video(draft, frames, 25, audio=sound)
    seal_video(draft, out, note)
    with av.open(str(draft)) as before, av.open(str(out)) as after:
        assert {key: after.metadata[key] for key in note.tags} == note.tags
        for kind in ("video", "audio"):
            pairs = [list(file.decode(getattr(file.streams, kind)[0])) for file in (before, after)]
            assert [frame.pts for frame in pairs[0]] == [frame.pts for frame in pairs[1]]
            assert all(np.array_equal(a.to_ndarray(), b.to_ndarray()) for a, b in zip(*pairs, strict=True))
            before.seek(0)
            after.seek(0)
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["draft.mp4", "out.mp4", "talk.mp4"]
    assert not list(tmp_path.glob(".*"))


def test_png_stays_a_png(note: Provenance, tmp_path: Path, random: np.random.Generator) -> None:
    image = random.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    write_png(image, tmp_path / "out.png", note)
    assert np.array_equal(cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_COLOR_RGB), image)
    with av.open(str(tmp_path / "out.png")) as file:
        frame = next(file.decode(video=0))
        assert np.array_equal(frame.to_ndarray(format="rgb24"), image)
    data = (tmp_path / "out.png").read_bytes()
    assert note.comment.encode() in data
    assert note.description.encode() in data
