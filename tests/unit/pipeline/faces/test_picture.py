"""Portraits of every kind of file come out upright, RGB, 8 bits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.errors import UsageError
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


CORNERS = ((250, 10, 20), (20, 200, 30), (15, 5, 240), (230, 220, 40))
"""Colours of the quarters of `quarters`: top left, top right, bottom left, bottom right."""

STORED = {  # from an upright picture to what lies in a file of that EXIF orientation
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def quarters() -> np.ndarray:
    """uint8 RGB [48, 64, 3]."""
    out = np.empty((48, 64, 3), np.uint8)
    for colour, (y, x) in zip(CORNERS, ((0, 0), (0, 32), (24, 0), (24, 32)), strict=True):
        out[y : y + 24, x : x + 32] = colour
    return out


def as_grey(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return (round(np.dot(colour, (0.299, 0.587, 0.114))),) * 3


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *(("RGB", ".png"), ("RGBA", ".png"), ("P", ".png"), ("L", ".png"), ("LA", ".png"), ("I;16", ".png")),
        *(("RGB", ".jpg"), ("L", ".jpg"), ("CMYK", ".jpg"), ("RGB", ".webp"), ("RGBA", ".webp")),
    ],
)
def test_exif_turns_it_upright(mode: str, suffix: str, orientation: int, tmp_path: Path) -> None:
    lying = np.ascontiguousarray(STORED[orientation](quarters()))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(Image.fromarray(lying).convert("L")).astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(lying)
        picture = picture.quantize(4) if mode == "P" else picture.convert(mode)
    assert picture.mode == mode
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / f"a{suffix}"
    picture.save(path, exif=exif, **({} if suffix == ".png" else {"quality": 95}))
    found = read_picture(str(path))
    assert found.shape == (48, 64, 3)
    places = ((8, 8), (8, 56), (40, 8), (40, 56))
    for colour, (row, column) in zip(CORNERS, places, strict=True):
        wanted = as_grey(colour) if mode in ("L", "LA", "I;16") else colour
        assert near(found, row, column, wanted, 20 if mode == "CMYK" else 8)


def test_a_palette_s_transparency_is_white_also_where_exif_turns_it(tmp_path: Path) -> None:
    picture = Image.fromarray(np.ascontiguousarray(STORED[8](quarters()))).quantize(4)
    clear = picture.getpixel((40, 8))
    exif = Image.Exif()
    exif[0x112] = 8
    picture.save(tmp_path / "a.png", transparency=clear, exif=exif)
    found = read_picture(str(tmp_path / "a.png"))
    # the stored picture lies a quarter turn clockwise: its top right is the top left
    for colour, (row, column) in zip(((255,) * 3, *CORNERS[1:]), ((8, 8), (8, 56), (40, 8), (40, 56)), strict=True):
        assert near(found, row, column, colour)


def test_colours_of_an_embedded_profile_become_srgb(halves: np.ndarray, tmp_path: Path) -> None:
    path, plain = tmp_path / "a.png", Image.fromarray(halves)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain.save(path, icc_profile=red_for_blue(profile))
    found = read_picture(str(path))
    assert near(found, 24, 8, RED[::-1], 12)
    assert near(found, 24, 56, BLUE[::-1], 12)
    for other in (profile, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), b"no profile"):
        plain.save(path, icc_profile=other)
        assert np.array_equal(read_picture(str(path)), halves)


def red_for_blue(profile: bytes) -> bytes:
    """An sRGB profile under another name whose red primary is blue's, and the other way round."""
    out = bytearray(profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")))
    entries = [132 + 12 * k for k in range(int.from_bytes(out[128:132], "big"))]
    red, blue = (next(at for at in entries if out[at : at + 4] == tag) for tag in (b"rXYZ", b"bXYZ"))
    out[red + 4 : red + 12], out[blue + 4 : blue + 12] = out[blue + 4 : blue + 12], out[red + 4 : red + 12]
    return bytes(out)


def test_the_turned_picture_of_a_public_report(shared: Path) -> None:
    turned, upright = (shared / "reports" / name for name in ("exif_turned_transparent.png", "exif_reference.png"))
    if not turned.is_file():
        pytest.skip(f"no {turned}")
    assert np.array_equal(read_picture(str(turned)), read_picture(str(upright)))


def test_a_picture_that_is_cut_off_is_refused(halves: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UsageError, match=r"a.jpg: this picture cannot be decoded \(image file is truncated"):
        read_picture(str(path))


def test_a_kind_that_opencv_alone_reads(halves: np.ndarray, tmp_path: Path) -> None:
    path = str(tmp_path / "a.hdr")
    cv2.imwrite(path, halves[..., ::-1].astype(np.float32) / 255)
    assert read_picture(path).shape == (48, 64, 3)


def test_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for data in (b"", b"<html>", b"\x89PNG\r\n\x1a\n" + bytes(100)):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=f"{path}: not a picture that can be read; give a PNG, JPEG or WebP"):
            read_picture(str(path))
    with pytest.raises(UsageError, match=r"none.png: cannot be read \(No such file or directory\); check the path"):
        read_picture(str(tmp_path / "none.png"))
