"""What a catalog's latents hold, to be looked at: frames of its clips, and the same frames drawn from latents alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from catalogs.frames import FrameStore, StoredClip, open_frames
from models.face.camera import WHOLE
from pipeline.faces.decoding import Uri, decoded
from pipeline.faces.detail import softened
from pipeline.faces.driving import Drive, driver_of
from pipeline.faces.face_crop import stored_views
from pipeline.faces.provenance import origin, provenance, write_png
from pipeline.faces.scene import USUAL
from pipeline.faces.tiles import LEAST, Tile, board, shown
from pipeline.text import file_name
from stages.clip import FPS

CLIPS, FRAMES = 4, 6
"""Clips that are shown, of different people first, and frames of each."""


def write_latent_figure(catalog: Uri, checkpoint: Path, out: Path) -> Path:
    """Write a PNG of two rows a clip: its frames in table frames, and what `checkpoint` draws from table latents.

    Errors: `open_frames`, `decoded`.
    """
    drive = driver_of(checkpoint)
    store = open_frames(catalog, drive.model.preset.size, up_to=USUAL)
    chosen = _chosen(store.clips)
    rows = [row for place in chosen for row in _rows(drive, store, catalog, place)]
    sources = [origin(file_name(clip.source_uri), clip.content) for clip in (store.clips[place] for place in chosen)]
    note = provenance(checkpoint, drive.model.preset.name, sources, None, "both")
    write_png(board(rows), out, note)
    return out


def _chosen(clips: Sequence[StoredClip]) -> list[int]:
    """Places of the clips to show: the first of every person, then others."""
    first = {clip.subject: place for place, clip in reversed(list(enumerate(clips)))}
    others = [place for place in range(len(clips)) if place not in first.values()]
    return [*sorted(first.values()), *others][:CLIPS]


def _rows(drive: Drive, store: FrameStore, catalog: Uri, place: int) -> list[list[Tile]]:
    clip = store.clips[place]
    at = np.linspace(0, clip.frames - 1, FRAMES).astype(int).tolist()
    filmed = [softened(view.seen_from(WHOLE).picture)[0] for view in stored_views(store, place, at)]
    drawn = decoded(drive, catalog, clip.clip_id, frames=at, size=store.size)
    times = [f"{index / FPS:.1f} s" for index in at]
    return [
        [(file_name(clip.source_uri), None), *_tiles(times, filmed, mark=False)],
        [("from latents", None), *_tiles([""] * FRAMES, drawn, mark=True)],
    ]


def _tiles(labels: Sequence[str], pictures: Sequence[np.ndarray] | np.ndarray, mark: bool) -> list[Tile]:
    side = max(LEAST, len(pictures[0]))
    return [(label, shown(picture, mark, side)) for label, picture in zip(labels, pictures, strict=True)]
