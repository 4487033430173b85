"""Random windows of motion with their sound and labels, for PyTorch, straight from a catalog.

Windows are drawn from the seed alone, so any of them can be drawn again: by number, by training step, or in epochs that
readers share. Nothing is held in memory but what is said of each clip and the order of one epoch.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from catalogs import view
from catalogs.epochs import Epochs, Part
from catalogs.errors import NoWindows
from catalogs.latent_store import LatentStore, open_latents
from catalogs.local_copy import OnProgress, default_cache, unheard
from catalogs.manifest import Commit, Manifest
from catalogs.place import locate
from catalogs.storage import Storage
from catalogs.window_clips import WindowClips, window_clips


@dataclass(frozen=True)
class WindowBatch:
    """N windows of K + W frames, frames [start - K, start + W) of their clips at 25 a second.

    pose [N, K + W, 6]: `face_pose`, as stored. dynamics [N, K + W, Z]: less rest [N, Z], the median over the clip, if
    the reader is relative. audio [N, K + W, A]: of the frames' own time, after the clip's `sound_offset`; A is 0 where
    no clip has sound. valid, bool [N, K + W]: which frames are in the clip; the others are 0. gaze [N, 2] (theta, phi),
    distance [N, 1], emotion [N, E] (in the order of the catalog's): of the whole clip. All float32;
    pose, dynamics and audio are views of one tensor.
    has_audio, has_gaze, has_distance, has_emotion, bool [N]: whether the clip has it; if not, it is 0.
    start, int64 [N]: the first of the W frames. subject, clip_id: whose.
    """

    pose: torch.Tensor
    dynamics: torch.Tensor
    rest: torch.Tensor
    audio: torch.Tensor
    gaze: torch.Tensor
    distance: torch.Tensor
    emotion: torch.Tensor
    valid: torch.Tensor
    has_audio: torch.Tensor
    has_gaze: torch.Tensor
    has_distance: torch.Tensor
    has_emotion: torch.Tensor
    start: torch.Tensor
    subject: tuple[str, ...]
    clip_id: tuple[str, ...]

    def __len__(self) -> int:
        """The number of windows."""
        return len(self.clip_id)

    def to(self, device: torch.device) -> WindowBatch:
        """The batch on a device."""
        held: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device) if isinstance(value, torch.Tensor) else value for name, value in held.items()
        }
        return WindowBatch(**moved)


def open_windows(
    catalog: str | os.PathLike[str],
    where: str = "",
    window: int = 50,
    previous: int = 10,
    seed: int = 0,
    relative: bool = True,
    cache: str | os.PathLike[str] | None = None,
    on_progress: OnProgress = unheard,
) -> WindowReader:
    """Windows of the accepted clips of the newest commit. The first time their latents are copied into `cache`.

    where: SQL over table clips that says which, such as "quality > 50 and split = 'train'"; empty: all. Clips without
    motion latents are left out. window, previous: W and K, in frames. seed: what all draws depend on. relative: z_dyn
    from the clip's median (`rest`) rather than as stored. cache: by default vasari/latents in the user's cache folder
    (XDG_CACHE_HOME). on_progress: called after each row group that is copied.
    NoWindows: no clip is left, or `where` or the lengths do not fit. NoCatalog, VersionMismatch, CatalogDamaged: as
    `catalogs.open`.
    """
    if window < 1 or previous < 0 or seed < 0:
        raise NoWindows(f"window {window}, previous {previous}, seed {seed}: give 1, 0 and 0 or more")
    files = locate(catalog)
    folder = Path(cache) if cache is not None else default_cache("latents")

    def opened(state: Manifest) -> WindowReader:
        return _opened(files, state, folder, on_progress, where, (window, previous, seed), relative)

    return view.steadily(files, opened, "while opening it")


class WindowReader(Dataset[WindowBatch]):
    """Windows by number, without end: those of epoch e are [e * len(reader), (e + 1) * len(reader)).

    >>> part = reader.part(batch=16)
    >>> for batch in DataLoader(reader, batch_size=None, sampler=part, num_workers=2): ...

    Use `open_windows`. Sent to another process it takes along what is said of the clips; their latents stay where they
    are, in files that all processes map. commit: the catalog's. mark: what changes when other windows are drawn.
    """

    def __init__(
        self, store: LatentStore, clips: WindowClips, commit: Commit, lengths: tuple[int, int, int], relative: bool
    ) -> None:
        """lengths: window, previous, seed."""
        self.window, self.previous, self.seed = lengths
        self.relative, self.commit, self.clips = relative, commit, clips
        self.mark = hashlib.blake2b(
            f"{commit.fingerprint} {lengths} {clips.mark()}".encode(), digest_size=8
        ).hexdigest()
        self.latents = store
        self._epochs = Epochs(clips, self.window, self.seed)

    def __len__(self) -> int:
        """The windows of an epoch."""
        return len(self._epochs)

    def __getitem__(self, numbers: Sequence[int]) -> WindowBatch:
        """The windows of these numbers."""
        return self._batch(*self._epochs.windows(np.asarray(numbers, np.int64)), self.previous, self.window)

    def whole(self, clip: int) -> WindowBatch:
        """All frames of a clip that have their sound, as one window with none before it. clip: its place in `clips`."""
        chosen = np.array([clip])
        begin = self.clips.begin[chosen]
        return self._batch(chosen, begin, 0, int(self.clips.end[clip] - begin[0]))

    def draw(self, step: int, rank: int, world: int, count: int) -> WindowBatch:
        """One worker's `count` windows of a training step: as `Task.draw` wants them, from the arguments and the seed.

        Workers have the windows of a step side by side, so all of them together go through epoch after epoch.
        """
        first = (step * world + rank) * count
        return self[range(first, first + count)]

    def part(self, rank: int = 0, world: int = 1, batch: int = 16) -> Part:
        """The share of reader `rank` of `world` readers in each epoch: together they have each window once.

        It samples a DataLoader, in batches of numbers for this reader, and can go on inside an epoch.
        """
        return Part(self._epochs, rank, world, batch, self.mark)

    def _batch(self, chosen: np.ndarray, starts: np.ndarray, previous: int, window: int) -> WindowBatch:
        """Windows of clips [N] from frames `starts` [N] on, with so many before them."""
        clips = self.clips
        firsts = np.maximum(clips.begin[chosen], starts - previous)
        lasts = np.minimum(clips.end[chosen], starts + window)
        short = np.flatnonzero(lasts - firsts < previous + window).tolist()
        frames = starts[:, None] + np.arange(-previous, window)
        valid = (frames >= firsts[:, None]) & (frames < lasts[:, None])
        values = self._values(chosen, starts - previous, firsts, lasts, previous + window)
        rest = self._rest(chosen)
        pose, dynamics, audio = values.split(list(clips.widths.values()), dim=2)
        if self.relative:
            dynamics.sub_(rest[:, None])
            for line in short:
                first, last = (int(each[line] - starts[line]) + previous for each in (firsts, lasts))
                dynamics[line, :first] = 0
                dynamics[line, last:] = 0
        return WindowBatch(
            pose=pose,
            dynamics=dynamics,
            rest=rest,
            audio=audio,
            valid=torch.from_numpy(valid),
            start=torch.from_numpy(starts),
            subject=tuple(map(bytes.decode, clips.subject[chosen].tolist())),
            clip_id=tuple(map(bytes.decode, clips.clip_id[chosen].tolist())),
            **{name: torch.from_numpy(each[chosen]) for name, each in clips.labels.items()},
            **{f"has_{name}": torch.from_numpy(each[chosen]) for name, each in clips.known.items()},
        )

    def _values(
        self, chosen: np.ndarray, begins: np.ndarray, firsts: np.ndarray, lasts: np.ndarray, length: int
    ) -> torch.Tensor:
        """Windows [N, length, D] from frames `begins` [N] on, float32, 0 where a clip has no frames or nothing.

        firsts, lasts: the frames that each has of its clip.
        """
        clips, width = self.clips, sum(self.clips.widths.values())
        out = np.empty((len(chosen), length, width), np.float16)
        flat, files, each = out.reshape(-1), self.latents.values, length * width
        plain = clips.known["audio"][chosen] & (clips.offset[chosen] == 0)
        stored = clips.start[chosen] + firsts * width
        places = (np.arange(len(chosen)) * length + firsts - begins) * width
        columns = (plain, clips.file[chosen], stored, places, (lasts - firsts) * width)
        lines = zip(*(column.tolist() for column in columns), strict=True)
        for line, (is_plain, file, begin, place, count) in enumerate(lines):
            if count < each:
                flat[line * each : place] = 0
                flat[place + count : (line + 1) * each] = 0
            if is_plain:
                flat[place : place + count] = files[file][begin : begin + count]
            else:
                own = slice(int(firsts[line]), int(lasts[line]))
                self._write(flat[place : place + count].reshape(-1, width), int(chosen[line]), own)
        return torch.from_numpy(out).float()

    def _write(self, window: np.ndarray, clip: int, own: slice) -> None:
        """Frames `own` of a clip that has no sound, or whose sound is late or early, into a window [.., D]."""
        clips, width = self.clips, sum(self.clips.widths.values())
        sound, heard, late = width - clips.widths["audio"], bool(clips.known["audio"][clip]), int(clips.offset[clip])
        stored, start = (width if heard else sound), int(clips.start[clip])
        values = self.latents.values[clips.file[clip]][start : start + int(clips.frames[clip]) * stored]
        values = values.reshape(-1, stored)
        window[:, :sound] = values[own, :sound]
        window[:, sound:] = values[own.start + late : own.stop + late, sound:] if heard else 0

    def _rest(self, chosen: np.ndarray) -> torch.Tensor:
        """The median of z_dyn over each window's clip, float32 [N, Z]."""
        clips, files, count = self.clips, self.latents.rests, self.clips.widths["dynamics"]
        places = zip(clips.file[chosen].tolist(), clips.rest[chosen].tolist(), strict=True)
        return torch.from_numpy(np.stack([files[file][start : start + count] for file, start in places]))


def _opened(
    files: Storage,
    state: Manifest,
    cache: Path,
    on_progress: OnProgress,
    where: str,
    lengths: tuple[int, int, int],
    relative: bool,
) -> WindowReader:
    store = open_latents(files, state, cache, on_progress)
    clips = window_clips(files, state, store, where)
    return WindowReader(store, clips, state.commit, lengths, relative)
