"""What a synthetic picture or video says about itself: that it is synthetic, and from what it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from catalogs import storage
from pipeline.cli.given import Given
from pipeline.listing.uris import content_hash
from pipeline.program import version


@dataclass(frozen=True)
class Provenance:
    """comment: one sentence for people. description: JSON for programs; names of files without their folders."""

    comment: str
    description: str

    @property
    def tags(self) -> dict[str, str]:
        """By the names that containers know."""
        return {"comment": self.comment, "description": self.description}

    @property
    def values(self) -> dict[str, Any]:
        """The description, read."""
        return json.loads(self.description)


Origin = dict[str, str]
"""A file that a synthetic picture was made from: its name, without folders, and the blake2b hash of its bytes."""


def origin(name: str, blake2b: str) -> Origin:
    """A file whose hash is known."""
    return {"file": name, "blake2b": blake2b}


def origin_of(given: Given) -> Origin:
    """A file that is hashed now."""
    return origin(given.name, content_hash(given.path))


def provenance(
    checkpoint: Path,
    preset: str,
    sources: Sequence[Origin],
    driver: Origin | None,
    moved: str,
    relative: bool = False,
) -> Provenance:
    """The note about pictures of `sources` moved by `driver`, by None: by their own latents.

    moved: both, pose, dynamics or grid. relative: from the portrait's own expression.
    """
    tool = f"vasari {version()}"
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    about = {
        "synthetic": True,
        "tool": tool,
        "model": {"file": checkpoint.name, "preset": preset, "sha256": digest},
        "sources": list(sources),
        "driver": driver,
        "moved": moved,
        "relative": relative,
    }
    how = "a portrait animated by another video" if driver else "a video drawn again from its motion latents"
    comment = f"Synthetic: {how} with {tool}. Nobody was recorded doing this."
    return Provenance(comment, json.dumps(about))


def seal_video(plain: Path, out: Path, note: Provenance) -> None:
    """Copy the streams of an MP4 file, as they are, into one that carries the note; whole or not at all."""
    with (
        storage.put(out) as path,
        av.open(str(plain)) as given,
        av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact", "movflags": "+faststart"}) as sealed,
    ):
        sealed.metadata.update(note.tags)
        streams = {stream.index: sealed.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                sealed.mux(packet)


def write_png(image: np.ndarray, out: Path, note: Provenance) -> None:
    """Write uint8 RGB [H, W, 3] as a PNG that carries the note as text; whole or not at all."""
    text = PngInfo()
    for key, value in note.tags.items():
        text.add_itxt(key.capitalize(), value)
    with storage.put(out) as draft:
        Image.fromarray(image).save(draft, "PNG", pnginfo=text)
