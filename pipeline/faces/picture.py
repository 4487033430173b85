"""Reading a portrait from a picture file, whatever its kind."""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from pipeline.errors import UsageError

_SRGB = ImageCms.createProfile("sRGB")


def read_picture(path: str) -> np.ndarray:
    """A picture as uint8 RGB [H, W, 3], upright as its EXIF says, on white where it is transparent.

    Grey, palette, CMYK and 16-bit pictures become 8-bit RGB, colours of an embedded ICC profile sRGB; of an animation,
    the first frame. UsageError: not a picture, or one that is cut off.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as opened:
                opened.load()
                return _on_white(ImageOps.exif_transpose(opened))
    except UnidentifiedImageError as error:
        shown = _by_opencv(data)
        if shown is None:
            raise UsageError(f"{path}: not a picture that can be read; give a PNG, JPEG or WebP") from error
        return shown
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UsageError(
            f"{path}: this picture cannot be decoded ({error}); save it anew as a PNG, JPEG or WebP"
        ) from error


def _on_white(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith(("I", "F")):
        picture = _eight_bits(picture)
    colours = _in_srgb(picture)
    if not picture.has_transparency_data:
        return np.array(colours)
    cover = picture.convert("RGBA").getchannel("A")
    return np.array(Image.composite(colours, Image.new("RGB", picture.size, "white"), cover))


def _eight_bits(grey: Image.Image) -> Image.Image:
    """A grey picture of 16 bits (in modes for more) as one of 8."""
    values = np.asarray(grey, np.float64)
    return Image.fromarray((values / 257).round().clip(0, 255).astype(np.uint8))


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The colours of a picture without its transparency, RGB."""
    bare = picture if picture.mode in ("CMYK", "L") else picture.convert("RGB")
    profile = picture.info.get("icc_profile")
    if not profile:
        return bare.convert("RGB")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(own):
            return bare.convert("RGB")
        return ImageCms.profileToProfile(bare, own, _SRGB, outputMode="RGB") or bare.convert("RGB")
    except (ImageCms.PyCMSError, OSError):  # a damaged profile, or one of another kind of picture
        return bare.convert("RGB")


def _by_opencv(data: bytes) -> np.ndarray | None:
    """A picture of a kind that Pillow does not know, such as a 16-bit TIFF."""
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    except cv2.error:
        return None
