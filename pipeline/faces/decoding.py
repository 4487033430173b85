"""Clips drawn from the latents that a catalog holds of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from tempfile import NamedTemporaryFile

import cv2
import numpy as np
import pyarrow as pa
import torch

import catalogs
from catalogs.errors import CatalogDamaged, CatalogError, NoFrames
from models.face.camera import pictured
from models.face.model import FaceModel, Motion, Person
from models.runtime.image import shrunk
from pipeline.faces.driving import Drive
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.portrait_tracking import source_view
from pipeline.faces.scene import USUAL

Uri = str | os.PathLike[str]

_POSE = 6
_NO_LANDMARKS = np.zeros((0, 3), np.float32)


@dataclass(frozen=True)
class StoredLatents:
    """What a catalog holds of an accepted clip: its motion [T], and z_id [1, I, k, k] of one of its frames.

    frontal: the frame whose head is turned least.
    """

    motion: Motion
    identity: torch.Tensor

    @property
    def frontal(self) -> int:
        return int(torch.hypot(self.motion.pose[:, 0], self.motion.pose[:, 1]).argmin())

    def at(self, frames: slice | list[int]) -> Motion:
        """The motion of some frames."""
        return Motion(self.motion.pose[frames], self.motion.dynamics[frames])


def stored_latents(catalog: Uri, clip_id: str, model: FaceModel) -> StoredLatents:
    """The latents of a clip, float32, as `model` takes them. CatalogError: it has none, or those of another preset."""
    rows = _row(catalog, "latents", "frames, face_pose, dynamics, identity", clip_id)
    row = rows.to_pylist()[0] if rows.num_rows else {}
    if not row.get("dynamics"):
        raise CatalogError(f"{catalog} holds no latents of clip {clip_id}: extract it again into a new catalog")
    size, (identity, side) = model.preset.dynamics, model.preset.identity
    if len(row["dynamics"]) != row["frames"] * size or len(row["identity"]) != identity * side**2:
        raise CatalogError(f"the latents of {catalog} are not those of preset {model.preset.name}")
    device = next(model.parameters()).device
    pose, dynamics, who = (
        torch.tensor(row[name], dtype=torch.float32, device=device) for name in ("face_pose", "dynamics", "identity")
    )
    return StoredLatents(
        Motion(pose.reshape(-1, _POSE), dynamics.reshape(-1, size)), who.reshape(1, identity, side, side)
    )


def stored_picture(catalog: Uri, clip_id: str, frame: int, size: int, up_to: int | None = None) -> np.ndarray:
    """A clip's frame as the clip's camera sees it, uint8 RGB [size, size, 3], from table frames; with `up_to` as large
    as it is stored, up to that. NoFrames: it is not there, or smaller than `size`."""
    place = f"camera[{3 * frame + 1}:{3 * frame + 3}] AS camera"
    rows = _row(catalog, "frames", f"size, crops[{frame + 1}] AS crop, {place}", clip_id)
    if not rows.num_rows or rows["size"][0].as_py() < size:
        raise NoFrames(f"{catalog} holds no picture of {size} pixels of clip {clip_id}: extract it with --frames")
    picture = cv2.imdecode(np.frombuffer(rows["crop"][0].as_py(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise CatalogDamaged(f"frame {frame} of clip {clip_id} is no picture: extract {catalog} again")
    seen, _ = pictured(picture.astype(np.uint8), np.array(rows["camera"][0].as_py(), np.float32))
    return shrunk(seen, max(size, up_to or size))


def preview_view(catalog: Uri, clip_id: str, size: int) -> FaceCrop:
    """A clip's face as its preview shows it, for `decoded` where the catalog has no frames: 96 pixels, cut tighter.

    NoFrames: the clip has no preview of its face. UsageError: no face is found in it.
    """
    rows = _row(catalog, "previews", "face", clip_id)
    face = rows["face"][0].as_py() if rows.num_rows else None
    if face is None:
        raise NoFrames(f"{catalog} holds no picture of the face of clip {clip_id}")
    with NamedTemporaryFile(suffix=".jpg") as file:
        file.write(face)
        file.flush()
        return source_view(file.name, size)


def own_person(drive: Drive, catalog: Uri, clip_id: str, latents: StoredLatents, size: int = USUAL) -> Person:
    """The person of a clip: the volume from the picture of its most frontal frame, in the motion stored of it.

    size: pixels in which the person is drawn, or as many as are stored.
    """
    frame = latents.frontal
    picture = stored_picture(catalog, clip_id, frame, drive.model.preset.size, size)
    return person_of(drive, picture, latents.at(slice(frame, frame + 1)), latents.identity)


def person_of(drive: Drive, picture: np.ndarray, motion: Motion, identity: torch.Tensor) -> Person:
    """Whom a picture, uint8 RGB [S, S, 3], shows in a known motion [1], with a known z_id [1, I, k, k]; drawn in that
    size."""
    return replace(drive.person_in(FaceCrop(picture, _NO_LANDMARKS), motion), identity=identity)


def decoded(
    drive: Drive,
    catalog: Uri,
    clip_id: str,
    source: FaceCrop | None = None,
    frames: slice | list[int] = slice(None),
    size: int = USUAL,
) -> np.ndarray:
    """A clip's frames as its camera sees them, uint8 RGB [N, S, S, 3], drawn from its stored latents alone.

    source: whom to draw, in the size of its picture; by default the clip's own person, whose picture is taken from
    table frames: S is `size`, or as many pixels as are stored (96, 256 or 512, by the --preset of jobs/extract.py
    --frames). Errors: `stored_latents`, `stored_picture`.
    """
    latents = stored_latents(catalog, clip_id, drive.model)
    person = own_person(drive, catalog, clip_id, latents, size) if source is None else drive.person(source)[0]
    return drive.draw(person, latents.at(frames))


def _row(catalog: Uri, table: str, columns: str, clip_id: str) -> pa.Table:
    quoted = clip_id.replace("'", "''")
    return catalogs.query(catalog, f"SELECT {columns} FROM {table} WHERE clip_id = '{quoted}'")
