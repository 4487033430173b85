"""What a synthetic picture or video says about itself: that it is synthetic, and from what it was made."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
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
    about = {
        "model": model_of(checkpoint, preset),
        "sources": list(sources),
        "driver": driver,
        "moved": moved,
        "relative": relative,
    }
    how = "a portrait animated by another video" if driver else "a video drawn again from its motion latents"
    return synthetic(how, about)


def synthetic(how: str, about: Mapping[str, Any]) -> Provenance:
    """The note about something that was made: `how`, in words, and from what, JSON-ready."""
    tool = f"vasari {version()}"
    comment = f"Synthetic: {how} with {tool}. Nobody was recorded doing this."
    return Provenance(comment, json.dumps({"synthetic": True, "tool": tool, **about}))


def model_of(checkpoint: Path, preset: str) -> dict[str, str]:
    """What a note says of a model's file."""
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": checkpoint.name, "preset": preset, "sha256": digest}


def seal_video(plain: Path, out: Path, note: Provenance, sound: Path | None = None) -> None:
    """Copy the streams of an MP4 file, as they are, into one that carries the note; whole or not at all.

    sound: a file with another stream, which goes along with them.
    """
    with ExitStack() as stack:
        path = stack.enter_context(storage.put(out))
        given = [stack.enter_context(av.open(str(each))) for each in (plain, sound) if each is not None]
        options = {"fflags": "+bitexact", "movflags": "+faststart"}
        sealed = stack.enter_context(av.open(str(path), "w", format="mp4", options=options))
        sealed.metadata.update(note.tags)
        streams = {stream: sealed.add_stream_from_template(stream) for each in given for stream in each.streams}
        for packet in heapq.merge(*(_packets(each) for each in given), key=_decoded_at):
            packet.stream = streams[packet.stream]
            sealed.mux(packet)


def _packets(given: InputContainer) -> Iterator[Packet]:
    return (packet for packet in given.demux() if packet.dts is not None)


def _decoded_at(packet: Packet) -> Fraction:
    return packet.dts * packet.time_base  # type: ignore[operator]


def write_png(image: np.ndarray, out: Path, note: Provenance) -> None:
    """Write uint8 RGB [H, W, 3] as a PNG that carries the note as text; whole or not at all."""
    text = PngInfo()
    for key, value in note.tags.items():
        text.add_itxt(key.capitalize(), value)
    with storage.put(out) as draft:
        Image.fromarray(image).save(draft, "PNG", pnginfo=text)
