"""Portraits of every kind of file come out upright, RGB, 8 bits."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.command import Failure
from pipeline.faces.picture import read_picture

RED, BLUE = (250, 10, 20), (15, 5, 240)


@pytest.fixture
def halves() -> np.ndarray:
    """uint8 RGB [48, 64, 3], red on the left, blue on the right."""
    out = np.empty((48, 64, 3), np.uint8)
    out[:, :32], out[:, 32:] = RED, BLUE
    return out


def near(picture: np.ndarray, row: int, column: int, colour: tuple[int, ...], by: int = 6) -> bool:
    return bool(np.abs(picture[row, column].astype(int) - colour).max() <= by)


def test_plain_grey_and_16_bits(halves: np.ndarray, tmp_path: Path) -> None:
    path = str(tmp_path / "a.png")
    cv2.imwrite(path, cv2.cvtColor(halves, cv2.COLOR_RGB2BGR))
    assert np.array_equal(read_picture(path), halves)
    cv2.imwrite(path, cv2.cvtColor(halves, cv2.COLOR_RGB2BGR).astype(np.uint16) * 257)
    assert np.abs(read_picture(path).astype(int) - halves).max() <= 1
    grey = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 21
    for bits, wanted in ((grey, grey / 257), ((grey // 257).astype(np.uint8), grey // 257)):
        cv2.imwrite(path, bits)
        found = read_picture(path)
        assert found.shape == (48, 64, 3)
        assert np.abs(found - wanted[..., None]).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_transparency_is_white(halves: np.ndarray, tmp_path: Path, kind: type) -> None:
    path, most = str(tmp_path / "a.png"), np.iinfo(kind).max
    alpha = np.full((48, 64), most, kind)
    alpha[:, 48:], alpha[:, 40:48] = 0, most // 2
    colour = halves[..., ::-1].astype(kind) * kind(most // 255)
    cv2.imwrite(path, np.dstack([colour, alpha]))
    found = read_picture(path)
    assert near(found, 5, 5, RED, 1)
    assert near(found, 5, 36, BLUE, 1)
    assert near(found, 5, 60, (255, 255, 255), 0)
    assert near(found, 5, 44, (135, 130, 247), 2)


def test_cmyk(halves: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(halves).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    found = read_picture(str(tmp_path / "a.jpg"))
    assert found.shape == (48, 64, 3)
    assert near(found, 20, 8, RED, 20)
    assert near(found, 20, 56, BLUE, 20)


def test_exif_turns_it_upright(halves: np.ndarray, tmp_path: Path) -> None:
    lying = np.rot90(halves, 1)  # a viewer turns it clockwise: orientation 6
    _, data = cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(lying), cv2.COLOR_RGB2BGR))
    tags = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, 6, 0) + b"\0\0\0\0"
    jpeg = data.tobytes()
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(tags) + 2) + tags + jpeg[2:]
    (tmp_path / "a.jpg").write_bytes(turned)
    found = read_picture(str(tmp_path / "a.jpg"))
    assert found.shape == halves.shape
    assert near(found, 24, 8, RED)
    assert near(found, 24, 56, BLUE)


def test_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for data in (b"", b"<html>", b"\x89PNG\r\n\x1a\n" + bytes(100)):
        path.write_bytes(data)
        with pytest.raises(Failure, match=f"{path}: not a picture that OpenCV reads; give a PNG, JPEG or WebP"):
            read_picture(str(path))
    with pytest.raises(Failure, match=r"none.png: cannot be read \(No such file or directory\); check the path"):
        read_picture(str(tmp_path / "none.png"))
