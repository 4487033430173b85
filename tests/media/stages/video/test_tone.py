"""HDR pictures as SDR."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.video.pyav import keyframes, read_header
from stages.video.reader import read
from stages.video.tone import HLG, HLG_PEAK, PQ, light, peak_of, to_sdr

TO_2020 = np.linalg.inv(np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]))


def hdr(code: np.ndarray, transfer: int, white: float) -> np.ndarray:
    """HDR codes [..., 3] of SDR codes [..., 3] in 0 to 1 whose white is `white` cd/m2: the way back, by bisection."""
    wanted = (code**2.4 * white) @ TO_2020.T
    if transfer == PQ:
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        power = (wanted / 10_000) ** m1
        return ((c1 + c2 * power) / (1 + c3 * power)) ** m2
    luma = (wanted / 1000) @ np.array([0.2627, 0.6780, 0.0593])
    scene = wanted / 1000 * np.maximum(luma, 1e-9)[..., None] ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def patches() -> np.ndarray:
    """SDR codes [64, 96, 3] in 0 to 1: twelve colours, white and black among them."""
    colours = [0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [0.8, 0.6, 0.5], [0.45, 0.3, 0.25], [0.2, 0.25, 0.6]
    more = [0.7, 0.2, 0.2], [0.3, 0.6, 0.3], [0.9, 0.9, 0.6], [0.1, 0.1, 0.1], [0.6, 0.4, 0.3], [0.3, 0.3, 0.35]
    grid = np.array([*colours, *more]).reshape(2, 6, 3)
    return grid.repeat(32, 0).repeat(16, 1)


def write_hdr(path: Path, transfer: int, white: float, tagged: bool = True) -> None:
    codes = hdr(patches(), transfer, white)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx265", rate=25, options={"x265-params": "log-level=none:qp=4"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        if tagged:
            stream.codec_context.color_trc, stream.codec_context.color_primaries = transfer, 9
            stream.codec_context.colorspace, stream.codec_context.color_range = 9, 1
        for index in range(10):
            whole = av.VideoFrame.from_ndarray((codes.clip(0, 1) * 65535).round().astype(np.uint16), format="rgb48le")
            picture = whole.reformat(format="yuv420p10le", dst_colorspace=9, dst_color_range=1)
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))


@pytest.mark.parametrize(("transfer", "white"), [(HLG, HLG_PEAK), (PQ, 1000.0), (PQ, 203.0)])
def test_what_was_made_hdr_comes_back_as_it_was(tmp_path: Path, transfer: int, white: float) -> None:
    path = tmp_path / "a.mov"
    write_hdr(path, transfer, white)
    header = read_header(str(path))
    assert header.white == pytest.approx(white, rel=0.1)
    assert not header.plain
    (first, *_) = read(str(path), header, 0.0, 0.2)
    (_, key), *_ = keyframes(str(path), header, 0.0, 0.2)
    wanted = 255 * patches()
    for image in (first.image, key):
        middles = np.s_[16::32, 8::16]
        assert np.abs(image[middles].astype(float) - wanted[middles]).max() < 12
        assert np.abs(image[middles].astype(float) - wanted[middles]).mean() < 4


def test_what_says_nothing_of_its_transfer_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    write_hdr(path, HLG, HLG_PEAK, tagged=False)
    header = read_header(str(path))
    assert header.white is None
    assert header.plain


@given(st.sampled_from([HLG, PQ]), st.floats(0, 0.99), st.floats(0.001, 0.01))
def test_more_light_is_never_darker(transfer: int, code: float, more: float) -> None:
    a, b = (to_sdr(np.full(3, c), transfer, HLG_PEAK).mean() for c in (code, code + more))
    assert 0 <= a <= b <= 1


def test_light_of_known_codes() -> None:
    """BT.2408-7, table 1: 203 cd/m2 of reference white are 75 % of HLG and 58 % of PQ; PQ ends at 10,000."""
    assert light(np.full(3, 0.75), HLG)[0] == pytest.approx(203, rel=0.01)
    assert light(np.full(3, 0.58), PQ)[0] == pytest.approx(203, rel=0.02)
    assert light(np.ones(3), HLG)[0] == pytest.approx(1000, rel=1e-6)
    assert light(np.ones(3), PQ)[0] == pytest.approx(10_000, rel=1e-6)
    assert light(np.zeros(3), PQ)[0] == 0


def test_the_white_of_pq_is_the_brightest_that_is_there() -> None:
    picture = np.zeros((100, 100, 3))
    picture[:10] = 0.58
    assert peak_of([picture], PQ) == pytest.approx(203, rel=0.02)
    picture[0, :3] = 1.0  # a few glints
    assert peak_of([picture], PQ) == pytest.approx(203, rel=0.02)
    assert peak_of([np.zeros((4, 4, 3))], PQ) == 100
    assert peak_of([picture], HLG) == 1000
