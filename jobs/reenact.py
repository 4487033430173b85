"""Drive a portrait by a video of another person."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, cast, get_args

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import File, FileIfAny, Flag, parsed
from pipeline.cli.places import file_to_write, given, local
from pipeline.errors import UsageError

SizeIfAny = Annotated[str | None, tyro.conf.arg(metavar="{96,256,384,512,source}", help_behavior_hint="")]
Pictures = Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="FILE")]


@dataclass(frozen=True)
class Reenact:
    """Drive a portrait by a video of another person, with the driver's sound; only the first shot drives.

    The result says that it is synthetic, in a corner and in the file's metadata. Exit code 0 when it is written, 2 for
    a wrong argument or a file that cannot be used, 1 if it could not finish.
    """

    source: Pictures
    """A picture of one face. Several times with --grid."""
    driver: File
    """A video of one face."""
    out: File
    """The MP4 file to write; --grid also writes a PNG of that name."""
    checkpoint: FileIfAny = None
    """A face model's .safetensors file, of jobs/train_faces.py; by default the one that comes with the project."""
    pose_only: Flag = False
    """Move the head alone: the face keeps the portrait's expression."""
    dynamics_only: Flag = False
    """Move the face alone: the head keeps the portrait's pose."""
    relative: Flag = False
    """Move head and face from the portrait's own pose and expression, by how far the driver's are from how it mostly
    looks: the default."""
    absolute: Flag = False
    """Take the driver's pose and expression as they are: a portrait that smiles stops when the driver does."""
    size: SizeIfAny = None
    """Pixels of the square that is driven, about twice the face: 384, or as many as it has in the source where these
    are fewer; source: always as many as there."""
    crop: Flag = False
    """Show that square alone; without it, it is put back into the whole picture."""
    grid: Flag = False
    """Show one motion on all portraits, and on the first: pose alone, dynamics alone, both, a spinning head."""
    no_mark: Flag = False
    """Do not write "synthetic" into the pictures. The metadata says so all the same."""
    side_by_side: Flag = False
    """Show source, driver and result."""
    json: Flag = False
    """Print the summary as one line of JSON."""


def main(args: Reenact) -> None:
    from pipeline.evaluation.faces.run import Telling
    from pipeline.faces.bundled_checkpoint import bundled_checkpoint
    from pipeline.faces.reenactment import Reenactment, reenact
    from pipeline.faces.scene import Size

    sizes = get_args(Size)
    if args.size is not None and args.size not in sizes:
        raise UsageError(f"--size {args.size}: give {', '.join(sizes[:-1])} or {sizes[-1]}")
    if args.relative and args.absolute:
        raise UsageError("--relative and --absolute exclude each other: without either, motion is relative")
    if args.pose_only and args.dynamics_only:
        raise UsageError("--pose-only and --dynamics-only exclude each other: without either, both move over")
    out = file_to_write(args.out, "--out", "out.mp4")
    if args.grid:
        file_to_write(str(out.with_suffix(".png")), "--out", "out.png")
    found = reenact(
        Reenactment(
            [given(path, "--source") for path in args.source],
            given(args.driver, "--driver"),
            out,
            local(args.checkpoint, "--checkpoint") if args.checkpoint else bundled_checkpoint(),
            "pose" if args.pose_only else "dynamics" if args.dynamics_only else "both",
            args.grid,
            args.side_by_side,
            not args.no_mark,
            not args.absolute,
            cast("Size | None", args.size),
            args.crop,
        ),
        Telling(),
    )
    print(json.dumps(asdict(found)) if args.json else found.text())


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Reenact))


if __name__ == "__main__":
    run()
