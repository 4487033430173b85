"""HDR pictures (HLG, PQ) as SDR: what networks have learned from, and what the report can show.

Light is taken relative to the picture's white, in BT.709 primaries, and written for a gamma of 2.4: FFmpeg's lut3d with
a table made here, since the filters that map tones by themselves (zscale) are not in PyAV's FFmpeg. White is HLG's
nominal peak of 1,000 cd/m2; for PQ, whose codes are absolute, the brightest that the file's pictures hold.
Formulas: ITU-R BT.2100-2, tables 4 (PQ) and 5 (HLG); primaries by BT.2087.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame

PQ, HLG = 16, 18
"""Transfer characteristics by ITU-T H.273, as frames carry them."""

HLG_PEAK = 1000.0
_LEAST_PEAK, _MOST_PEAK = 100.0, 4000.0
_GAMMA = 2.4
_SIZE = 33
_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
_LUMA = np.array([0.2627, 0.6780, 0.0593])


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the frame's transfer says HLG or PQ."""
    return frame.color_trc in (PQ, HLG)


def light(code: np.ndarray, transfer: int) -> np.ndarray:
    """cd/m2 of a display for codes [..., 3] in 0 to 1, in BT.2020 primaries."""
    if transfer == PQ:
        m1, m2 = 2610 / 16384, 2523 / 4096 * 128
        c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        power = np.maximum(code, 0) ** (1 / m2)
        return 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return HLG_PEAK * scene * (scene @ _LUMA)[..., None] ** 0.2


def to_sdr(code: np.ndarray, transfer: int, peak: float) -> np.ndarray:
    """SDR codes [..., 3] in 0 to 1 of HDR codes [..., 3] in 0 to 1; peak: cd/m2 that become white."""
    relative = light(code, transfer) / peak @ _TO_709.T
    return np.clip(relative, 0, 1) ** (1 / _GAMMA)


def peak_of(frames: list[np.ndarray], transfer: int) -> float:
    """cd/m2 that become white: of PQ what all but the brightest two hundredth stays under; HLG has a nominal peak.

    frames: codes [H, W, 3] in 0 to 1.
    """
    if transfer == HLG or not frames:
        return HLG_PEAK
    brightest = max(float(np.quantile(frame.max(-1), 0.995)) for frame in frames)
    return float(np.clip(light(np.array(brightest), PQ), _LEAST_PEAK, _MOST_PEAK))


class ToneMapper:
    """HDR frames as SDR frames in RGB, 8 bits."""

    def __init__(self, peak: float) -> None:
        self._peak = peak
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str, int] | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """One frame; its own size."""
        kind = (frame.width, frame.height, frame.format.name, int(frame.color_trc))
        if kind != self._kind:
            self._graph, self._kind = _graph(frame, self._peak), kind
        assert self._graph is not None
        self._graph.push(frame)
        return self._graph.vpull()


def _graph(frame: VideoFrame, peak: float) -> Graph:
    graph = Graph()
    source = graph.add(
        "buffer",
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000:"
        f"colorspace={_matrix(frame)}:range={int(frame.color_range)}",
    )
    steps = [
        graph.add("scale"),
        graph.add("format", "gbrp16le"),
        graph.add("lut3d", f"file={_table(int(frame.color_trc), peak)}:interp=tetrahedral"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ]
    for step in steps:
        source.link_to(step)
        source = step
    graph.configure(auto_buffer=False)
    return graph


def _matrix(frame: VideoFrame) -> int:
    """Its colour matrix by H.273; BT.2020 where it does not say, which HDR goes with."""
    unsaid, bt2020 = 2, 9
    return bt2020 if int(frame.colorspace) == unsaid else int(frame.colorspace)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="vasari-tone-")


@cache
def _table(transfer: int, peak: float) -> str:
    """A file with the table that lut3d reads, red changing fastest."""
    axis = np.linspace(0, 1, _SIZE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    codes = to_sdr(np.stack([red, green, blue], -1).reshape(-1, 3), transfer, peak)
    path = os.path.join(_folder().name, f"{transfer}-{peak:.0f}.cube")
    with open(path, "w") as file:
        file.write(f"LUT_3D_SIZE {_SIZE}\n")
        np.savetxt(file, codes, fmt="%.6f")
    return path
