"""A quick look at a face model while it learns: people it does not learn from, driven by their own and others' frames.

PSNR alone hides a dynamics code that has collapsed; so the mouth, the lids and the mouth's width of the driven pictures
are read (by the frozen reader) and correlated with the truth within clips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from models.face.landmarks import EXPRESSIVE, INNER_LIPS, pose_and_expression
from models.face.reader import SIDE, FaceReader
from models.face.rigid import aligned_faces
from pipeline.evaluation.metrics.pictures import psnr
from pipeline.evaluation.metrics.within_clips import within_clip_correlation
from pipeline.faces.driving import Drive
from pipeline.faces.face_crop import FaceCrop, filmed_views
from pipeline.faces.training_clips import TrainingClips

_FRAMES = 9
_CLIPS = 8
_GAPS = {"mouth": (INNER_LIPS,), "blink": ((159, 145), (386, 374)), "smile": ((61, 291),)}


class Watch:
    """Some of a training's clips, and what is drawn and measured of them again and again."""

    def __init__(self, clips: TrainingClips, reader: FaceReader) -> None:
        self._reader = reader
        chosen = np.unique(np.linspace(0, len(clips.index) - 1, min(_CLIPS, len(clips.index))).astype(int))
        self._clips = [_views(clips, int(clip)) for clip in chosen]

    def look(self, drive: Drive, each: Callable[[], None] = lambda: None) -> tuple[dict[str, float], np.ndarray]:
        """(figures by name, a picture: a row a clip with source, driver, result, pose alone, dynamics alone, and the
        same person driven by the next clip's). each: called for every clip that is drawn."""
        gains, rows = [], []
        gaps: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in _GAPS}
        for place, (source, *drivers) in enumerate(self._clips):
            each()
            driven = drive.method(source, drivers)
            for name, pair in self._gaps(drivers, driven).items():
                gaps[name].append(pair)
            found = [_gain(result, driver, source.picture) for result, driver in zip(driven, drivers, strict=True)]
            gains += [gain for gain in found if gain is not None]
            rows.append(self._row(drive, place, driven))
        figures = {f"watch/{name}": _followed(pairs) for name, pairs in gaps.items()}
        return {"watch/gain": float(np.mean(gains)), **figures}, np.concatenate(rows)

    def _row(self, drive: Drive, place: int, driven: Sequence[np.ndarray]) -> np.ndarray:
        source, *drivers = self._clips[place]
        other = self._clips[(place + 1) % len(self._clips)][-1]
        last = drivers[-1]
        alone = [drive.method(source, [last], what)[0] for what in ("pose", "dynamics")]  # type: ignore[arg-type]
        across = drive.method(source, [other])[0]
        return np.concatenate([source.picture, last.picture, driven[-1], *alone, other.picture, across], axis=1)

    def _gaps(
        self, drivers: Sequence[FaceCrop], driven: Sequence[np.ndarray]
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By name, what the driven pictures and the drivers' own show, [T] each."""
        pose = torch.from_numpy(pose_and_expression(np.stack([view.landmarks for view in drivers]))[0])
        found, device = [], next(self._reader.parameters()).device
        for pictures in (driven, [view.picture for view in drivers]):
            pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
            with torch.inference_mode():
                found.append(self._reader(aligned_faces(pixels, pose, SIDE).to(device)).cpu().numpy())
        return {name: (_gap(found[0], pairs), _gap(found[1], pairs)) for name, pairs in _GAPS.items()}


def _views(clips: TrainingClips, clip: int) -> list[FaceCrop]:
    """Some frames of a clip, seen from the first one's crop."""
    place = clips.index[clip]
    frames = np.unique(np.linspace(0, clips.store.clips[place].frames - 1, _FRAMES).astype(int))
    return filmed_views(clips.store, place, frames)


def _gap(landmarks: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Mean distance [T] between landmarks of each pair, in landmarks [T, P, 2] in the order of EXPRESSIVE."""
    places = [(EXPRESSIVE.index(a), EXPRESSIVE.index(b)) for a, b in pairs]
    return np.mean([np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1) for a, b in places], axis=0)


def _gain(found: np.ndarray, wanted: FaceCrop, copied: np.ndarray) -> float | None:
    """PSNR of `found` over that of `copied`, in dB; None without content."""
    ours, theirs = (psnr(each, wanted.picture, wanted.content) for each in (found, copied))
    return None if ours is None or theirs is None else ours - theirs


def _followed(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """How well found [T] follows wanted [T] within clips, all together; 0 where nothing moves."""
    found, wanted = (np.concatenate([pair[side] for pair in pairs]).astype(np.float64) for side in range(2))
    clip = np.repeat(np.arange(len(pairs)), [len(pair[0]) for pair in pairs])
    return within_clip_correlation(wanted, found, clip) or 0.0
