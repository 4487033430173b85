"""Stage outputs of whole files, computed once and kept on disk under a key that changes with the code."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pipeline.extraction.clip_runner import ClipRunner, Verdict
from pipeline.extraction.recipe import make_recipe
from stages.clip import Clip, Stage
from stages.video.pyav import read_header
from stages.video.reader import Decoder, Frames, read
from stages.video.sound import read_sound

ROOT = Path(__file__).parents[2]


def stages() -> tuple[Stage, ...]:
    """The open profile's stages with their defaults; nothing is rejected for sound, length, stillness or quality."""
    free = ("probe.min_seconds=0.5", "speech.required=false", "quality.minimum=0")
    return make_recipe(settings=(*free, "motion.minimum=0", "motion.longest=60")).stages


def clip_of(path: Path, decoder: Decoder = "pyav") -> Clip:
    """A whole video file as one clip, ready for the first stage."""
    header = read_header(str(path))
    frames = read(str(path), header, 0.0, header.duration, decoder)
    return Clip(
        str(path), header, 0.0, header.duration, frames, sound=read_sound(str(path), header, 0.0, header.duration)
    )


class Shelf:
    """Verdicts of video files, from the disk where the same code has seen the same file before.

    shared: the folder of test material. folder: where results are kept; safe to delete.
    """

    def __init__(self, shared: Path, folder: Path, key: str | None = None) -> None:
        self.shared, self.folder = shared, folder
        self._key = key or code_key()
        folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def _judge(self) -> ClipRunner:
        return ClipRunner(stages())

    def verdicts(self, path: Path) -> list[Verdict]:
        """Verdicts of every part of `path`; clips come with their track, without their frames."""
        stat = path.stat()
        name = hashlib.blake2b(f"{path.name} {stat.st_size} {self._key}".encode(), digest_size=8).hexdigest()
        kept = self.folder / f"{path.stem}.{name}.verdicts"
        if kept.exists():
            with kept.open("rb") as file:
                return list(pickle.load(file))
        out = [
            replace(v, clip=replace(v.clip, frames=Frames(iter(())), rest=None, thumbs=(), sound=None))
            for v in self._judge(clip_of(path))
        ]
        # an iterator inside Frames cannot be pickled: a spent one is put there
        partial = kept.with_suffix(".partial")
        with partial.open("wb") as file:
            pickle.dump([replace(v, clip=_plain(v.clip)) for v in out], file, protocol=5)
        partial.replace(kept)
        return out

    def clip(self, path: Path) -> Clip:
        """The one accepted clip of a single-face file."""
        first = self.verdicts(path)[0]
        if first.status != "accepted":
            raise ValueError(
                f"{path.name}: {first.status} ({first.reason}: {first.detail}); expected one accepted clip"
            )
        return first.clip

    def clips(self, folder: str, names: Sequence[str] = ()) -> Iterator[tuple[str, Path]]:
        """(name, path) of the videos in a folder of the test material, all or those named."""
        for path in sorted((self.shared / folder).glob("*.mp4")):
            if not names or path.stem in names:
                yield path.stem, path


def _plain(clip: Clip) -> Clip:
    return replace(clip, columns=dict(clip.columns), arrays=dict(clip.arrays))


def code_key() -> str:
    """A hash of all that stages' results depend on: code of stages/, models/ and pipeline/extraction/, and versions of
    packages. Other code, other results."""
    digest = hashlib.blake2b(digest_size=8)
    for room in ("stages", "models", "pipeline/extraction"):
        for source in sorted((ROOT / room).rglob("*.py")):
            digest.update(source.read_bytes())
    digest.update((ROOT / "requirements" / "constraints.txt").read_bytes())
    return digest.hexdigest()
