"""Promise: one bad clip costs only itself; every listed source has its rows; no reason is empty."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import av
import numpy as np
import pytest

import catalogs
from tests.made.here import extract

pytestmark = pytest.mark.slow


def video(path: Path, frames: int, codec: str = "mjpeg", size: int = 160, **options: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width = stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        container.start_encoding()
        for i in range(frames):
            picture = np.full((size, size, 3), i % 255, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        noise = np.random.default_rng(0).normal(0, 0.1, (1, 16_000 * 4)).astype(np.float32)
        for start in range(0, noise.shape[1] - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(noise[:, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def huge(path: Path) -> None:
    """A raw video whose header claims 60000 x 60000 pixels."""
    video(path, 100, codec="rawvideo", size=64)
    data = bytearray(path.read_bytes())
    at = data.find(b"strf")
    data[at + 12 : at + 20] = struct.pack("<ii", 60_000, 60_000)
    path.write_bytes(bytes(data))


def half_matroska(source: Path, path: Path) -> None:
    """The first half of a Matroska file: it still opens, and its header still promises the whole."""
    with av.open(str(source)) as given, av.open(str(path), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.fixture(scope="module")
def catalog(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(samples / "talking_man.mp4", folder / "good.mp4")
    shutil.copy(samples / "truncated.mp4", folder / "truncated.mp4")
    shutil.copy(samples / "talking_woman.mp4", folder / "wrong_extension.jpg")
    half_matroska(samples / "talking_woman.mp4", folder / "half.mkv")
    (folder / "zero.mp4").write_bytes(b"")
    (folder / "zero_again.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("this is no video\n" * 50)
    (folder / "note.txt").write_text("neither is this\n" * 50)
    (folder / "noise.mkv").write_bytes(np.random.default_rng(1).bytes(100_000))
    (folder / "list.m3u8").write_text("#EXTM3U\n#EXTINF:4,\ngood.mp4\n#EXT-X-ENDLIST\n")
    video(folder / "no_frames.avi", 0)
    video(folder / "half_a_second.avi", 12)
    sound(folder / "audio_only.m4a")
    huge(folder / "huge.avi")
    (folder / 'we\'ird "name" %s {0} <b>.mp4').write_text("a name that needs quoting")
    whole = (samples / "talking_woman.mp4").read_bytes()
    middle = len(whole) // 2
    damage = np.random.default_rng(2).bytes(20_000)
    (folder / "damaged.mp4").write_bytes(whole[:middle] + damage + whole[middle + len(damage) :])
    catalog = tmp_path_factory.mktemp("catalog") / "catalog"
    summary = extract(catalog, "--input", folder)
    listed = [path for path in folder.iterdir() if not path.name.startswith(".")]
    assert summary["listed"] == len(listed)
    assert summary["clips"] == summary["accepted"] + sum(summary["rejected"].values()) + summary["failed"]
    return catalog


def ask(catalog: Path, sql: str) -> list[dict]:
    return catalogs.query(str(catalog), sql).to_pylist()


def test_each_source_has_its_verdict(catalog: Path) -> None:
    found = {
        Path(row["source_uri"]).name: (row["status"], row["reason"])
        for row in ask(catalog, "select source_uri, status, reason from clips")
    }
    damaged = found.pop("damaged.mp4")
    assert damaged[0] in ("failed", "accepted", "rejected")
    assert found == {
        "good.mp4": ("accepted", None),
        "wrong_extension.jpg": ("accepted", None),
        "truncated.mp4": ("failed", "unreadable"),
        "half.mkv": ("failed", "unreadable"),
        "zero.mp4": ("failed", "unreadable"),
        "zero_again.mp4": ("rejected", "duplicate"),
        "text.mp4": ("failed", "unreadable"),
        "note.txt": ("failed", "unreadable"),
        "noise.mkv": ("failed", "unreadable"),
        "list.m3u8": ("failed", "unreadable"),
        "no_frames.avi": ("failed", "unreadable"),
        "half_a_second.avi": ("rejected", "too_short"),
        "audio_only.m4a": ("failed", "unreadable"),
        "huge.avi": ("failed", "unreadable"),
        'we\'ird "name" %s {0} <b>.mp4': ("failed", "unreadable"),
    }


def test_no_reason_is_empty_and_every_failure_names_its_file(catalog: Path) -> None:
    for row in ask(catalog, "select source_uri, reason, detail from clips where status <> 'accepted'"):
        assert row["reason"]
        assert row["detail"]
        if row["reason"] == "unreadable":
            assert Path(row["source_uri"]).name in row["detail"]


def test_retry_failed_decides_only_failed_clips_again(catalog: Path) -> None:
    folder = Path(ask(catalog, "select source_uri from clips where reason is null limit 1")[0]["source_uri"]).parent
    before = {row["clip_id"]: row["run_id"] for row in ask(catalog, "select clip_id, run_id from clips")}
    summary = extract(catalog, "--input", folder, "--retry-failed")
    rows = ask(catalog, "select clip_id, run_id, status from clips")
    assert len(rows) == len(before)
    for row in rows:
        redone = row["run_id"] == summary["run_id"]
        assert redone == (row["status"] == "failed")
