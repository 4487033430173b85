"""Interlaced frames made whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stages.video.pyav import read_header
from stages.video.reader import read
from tests.made.clips import numbered


def bars(at: float, height: int = 96, width: int = 160) -> np.ndarray:
    """A light bar 40 pixels wide whose left edge is at `at`."""
    image = np.full((height, width, 3), 40, np.uint8)
    image[:, round(at) : round(at) + 40] = 220
    return image


def combed(image: np.ndarray) -> float:
    """How much each line differs from the mean of its neighbours."""
    grey = image[..., 1].astype(float)
    return float(np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean())


def write(path: Path, frames: list[np.ndarray], interlaced: bool) -> None:
    with av.open(str(path), "w") as output:
        extra = {"x264-params": "interlaced=1:tff=1:log-level=none"} if interlaced else {}
        stream = output.add_stream("libx264", rate=25, options={"crf": "10", **extra})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))


def woven(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The even lines of one moment and the odd ones of the next."""
    image = first.copy()
    image[1::2] = second[1::2]
    return image


def test_interlaced_frames_are_whole_and_all_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    fields = [bars(2 * i) for i in range(60)]
    write(path, [woven(a, b) for a, b in zip(fields[::2], fields[1::2], strict=True)], interlaced=True)
    header = read_header(str(path))
    assert not header.plain
    found = list(read(str(path), header, 0.0, header.duration))
    assert [frame.index for frame in found] == list(range(30))
    assert not any(frame.repeated for frame in found)
    assert max(combed(frame.image) for frame in found) < 0.25 * combed(woven(fields[0], fields[1]))
    # each shows its own moment: the bar goes four pixels on a frame
    edges = [float(np.argmax(frame.image[48, :, 1] > 130)) for frame in found]
    assert np.abs(np.array(edges) - 4 * np.arange(30)).max() <= 3
    assert [round(frame.time * 25) for frame in found] == list(range(30))
    part = list(read(str(path), header, 0.4, 1.0))
    assert np.abs(part[0].image.astype(int) - found[10].image).mean() < 2
    assert len(part) == 15


def test_frames_that_are_not_interlaced_are_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    frames = [bars(2 * i) for i in range(30)]
    write(path, frames, interlaced=False)
    header = read_header(str(path))
    assert header.plain
    found = [frame.image for frame in read(str(path), header, 0.0, 1.2)]
    assert max(np.abs(image.astype(int) - wanted).mean() for image, wanted in zip(found, frames, strict=True)) < 4


def test_a_stream_that_becomes_interlaced_and_changes_its_size(tmp_path: Path) -> None:
    """Parts one after the other, as of broadcast: every frame comes out once, in its own size."""
    names = [tmp_path / f"{name}.ts" for name in "abc"]
    large = [np.pad(image, ((16, 16), (48, 48), (0, 0)), constant_values=128) for image in numbered(25)]
    fields = [bars(i) for i in range(50)]
    write(names[0], large, interlaced=False)
    write(names[1], [woven(a, b) for a, b in zip(fields[::2], fields[1::2], strict=True)], interlaced=True)
    write(names[2], [image[:64, :96] for image in large], interlaced=True)
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(name.read_bytes() for name in names))
    header = read_header(str(path))
    found = list(read(str(path), header, 0.0, header.duration))
    assert [frame.image.shape for frame in found] == [(96, 160, 3)] * 50 + [(64, 96, 3)] * 25
    assert max(combed(frame.image) for frame in found[25:50]) < 3
