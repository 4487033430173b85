"""A picture to judge face models by: portraits, each with its mouth as wide open as a driver opens it.

A row a portrait: as it is, then drawn by each model, then its mouth by itself, larger, in the same order. The last row
is the driver, and its mouth. Of the driver's frames it is the one in which the inner lips are farthest apart.

    python benchmarks/portraits.py --source A.png --source B.png --driver V.mp4 --model OLD.safetensors \\
        --model NEW.safetensors
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import tyro
from PIL import Image
from tyro.conf import UseAppendAction

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.face.model import Motion
from models.face.rigid import aligned_mouths
from pipeline.faces.bundled_checkpoint import bundled_checkpoint
from pipeline.faces.driving import Drive, driver_of, moved_over
from pipeline.faces.face_crop import FaceCrop
from pipeline.faces.portrait import Portrait, at_rest, motions, portrait_of
from pipeline.faces.portrait_tracking import Driver, driver_of_video
from pipeline.faces.sampling import lips_apart
from pipeline.faces.tiles import Tile, board, shown

Opened = tuple[Motion, Motion | None]
"""A driver's motion [1] where its mouth is open widest, and at rest, as `moved_over` takes it."""


@dataclass(frozen=True)
class Portraits:
    """Draw portraits with their mouths open, by one model after another."""

    source: Annotated[tuple[str, ...], UseAppendAction]
    """A picture of one face; several times."""
    driver: str
    """A video of one face."""
    model: Annotated[tuple[Path, ...], UseAppendAction] = ()
    """A face model's file; several times. By default the one that comes with the project."""
    enlarged: bool = False
    """Draw the first model's pictures as small as the model's own are, and enlarge them: as they were without the
    source's detail."""
    absolute: bool = False
    """Take the driver's pose and expression as they are."""
    side: int = 256
    """Pixels of a tile."""
    out: Path = Path("portraits.png")
    """The picture to write."""


def main(args: Portraits) -> None:
    args = replace(args, model=args.model or (bundled_checkpoint(),))
    drives = [driver_of(path) for path in args.model]
    driver = driver_of_video(args.driver, args.side, lambda said: None)
    widest = [_widest(drive, driver) for drive in drives]
    rests = [None if args.absolute else at_rest(drive, driver) for drive in drives]
    opened = [(motion, rest) for (_, motion), rest in zip(widest, rests, strict=True)]
    rows = [_row(args, drives, opened, path) for path in args.source]
    view = widest[0][0]
    filmed = [("driver", shown(view.picture, mark=False, side=args.side))]
    rows.append([*filmed, ("its mouth", _mouth(view.picture, drives[0].motion([view]), args.side))])
    picture = Image.fromarray(board(rows))
    picture.save(args.out)
    print(f"{args.out}: {picture.width} x {picture.height}")


def _row(args: Portraits, drives: Sequence[Drive], opened: Sequence[Opened], path: str) -> list[Tile]:
    """The portrait, what each model makes of it, and the mouths in all of them."""
    pictures: list[Tile] = []
    mouths: list[Tile] = []
    for place, drive in enumerate(drives):
        small = args.enlarged and place == 0
        portrait = portrait_of(drive, path, Path(path).stem, "96" if small else None)
        if not pictures:
            pictures.append((portrait.name, shown(portrait.crop, mark=False, side=args.side)))
            mouths.append(("mouth", _mouth(portrait.crop, portrait.own, args.side)))
        picture, motion = _opened(drive, portrait, *opened[place])
        name = f"{args.model[place].stem}{', enlarged' if small else ''}"
        pictures.append((name, shown(picture, mark=False, side=args.side)))
        mouths.append((name, _mouth(picture, motion, args.side)))
    return [*pictures, *mouths]


def _opened(drive: Drive, portrait: Portrait, widest: Motion, rest: Motion | None) -> tuple[np.ndarray, Motion]:
    """The portrait where the driver's mouth is open widest, uint8 RGB [S, S, 3], and the motion [1] in which it is."""
    motion = moved_over(portrait.own, widest, "both", rest)
    return drive.draw(portrait.person, motion)[0], motion


def _widest(drive: Drive, driver: Driver) -> tuple[FaceCrop, Motion]:
    """The driver's view in which the lips are farthest apart, and its motion [1]."""
    views, parts = [], []
    for seen, motion in motions(drive, driver):
        views += seen
        parts.append(motion)
    pose, dynamics = (torch.cat([getattr(part, name) for part in parts]) for name in ("pose", "dynamics"))
    landmarks = np.stack([view.landmarks for view in views])
    widest = int(np.argmax(lips_apart(landmarks, drive.motion(views).pose.numpy())))
    return views[widest], Motion(pose[widest : widest + 1], dynamics[widest : widest + 1])


def _mouth(picture: np.ndarray, motion: Motion, side: int) -> np.ndarray:
    """The mouth in a picture uint8 RGB [S, S, 3] of a head in a motion [1], enlarged to a tile."""
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    cut = aligned_mouths(pixels, motion.pose)[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    return cv2.resize(cut, (side, side), interpolation=cv2.INTER_CUBIC)


if __name__ == "__main__":
    main(tyro.cli(Portraits))
