"""Let a portrait speak."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, cast, get_args

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import Count, CountIfAny, File, FileIfAny, Flag, parsed
from pipeline.cli.places import file_to_write, folder_to_write, given, local
from pipeline.errors import UsageError

SizeIfAny = Annotated[str | None, tyro.conf.arg(metavar="{96,256,384,512,source}", help_behavior_hint="")]
Direction = Annotated[str, tyro.conf.arg(metavar="THETA,PHI")]
Number = Annotated[float, tyro.conf.arg(metavar="X")]
Weights = Annotated[tuple[str, ...], tyro.conf.arg(metavar="[NAME=W ...]", help_behavior_hint="")]


_ANY = "any"
"""In the place of what the rows of a manifest name."""


@dataclass(frozen=True)
class Generate:
    """Let a portrait say what a recording says.

    The video is as long as the sound, to a frame, and says that it is synthetic, in a corner and in its metadata. Equal
    seeds give equal videos. Exit code 0 when it is written, 2 for a wrong argument or a file that cannot be used, 1 if
    it could not finish.
    """

    out: File
    """The MP4 file to write; --grid also writes a PNG of that name. With --motion-only a Parquet file, with
    --manifest a folder."""
    speech: FileIfAny = None
    """A recording of somebody who speaks, or a video: WAV, MP3, MP4 and what else FFmpeg knows, of any length."""
    portrait: FileIfAny = None
    """A picture of one face."""
    gaze: Direction = "0,0"
    """Where head and eyes turn from where the portrait looks, in degrees: above 0 to the image's left, and up. Write
    --gaze=-15,0 where the first is below 0."""
    distance: Number = 1.0
    """How far the head is, over how far in the portrait: 1.25 makes it four fifths as large."""
    emotion: Weights = ()
    """Coefficients of emotions from 0 to 1, such as happiness=0.8: anger, contempt, disgust, fear, happiness, neutral,
    sadness, surprise. Without any, what the voice suggests."""
    controls: FileIfAny = None
    """A CSV file of gaze, distance and emotions over time (docs/generation.md); in place of the options above where it
    has their columns."""
    steps: Count = 50
    """Steps of the diffusion; fewer are as much faster."""
    audio_scale: Number = 0.5
    """How much more the sound counts than it would by itself: larger moves the lips more."""
    gaze_scale: Number = 1.0
    """The same of the gaze."""
    seed: Count = 0
    """Another number gives another video."""
    size: SizeIfAny = None
    """Pixels of the square that moves, about twice the face: 384, or as many as it has in the portrait where these are
    fewer; source: always as many as there."""
    crop: Flag = False
    """Show that square alone; without it, it is put back into the whole picture."""
    checkpoint: FileIfAny = None
    """A motion generator's .safetensors file, of jobs/train_motion.py; by default the one that comes with the
    project."""
    face: FileIfAny = None
    """The face model's file whose latents that moves; by default the one that comes with the project."""
    motion_only: Flag = False
    """Write the motion, a row a frame, in place of a video; no portrait is needed."""
    grid: Flag = False
    """Show the portrait under several gazes, distances and emotions side by side."""
    manifest: FileIfAny = None
    """A CSV or Parquet table of portrait, speech and any of controls, seed and name, in place of --portrait and
    --speech: each row becomes a video in the folder --out, whose made.parquet says what became of it. What is made is
    not made again."""
    workers: CountIfAny = None
    """Processes that make the rows of --manifest; without a number, one a CPU."""
    no_mark: Flag = False
    """Do not write "synthetic" into the pictures. The metadata says so all the same."""
    json: Flag = False
    """Print the summary as one line of JSON."""


def main(args: Generate) -> None:
    from pipeline.evaluation.faces.run import Telling
    from pipeline.faces.bundled_checkpoint import bundled_checkpoint
    from pipeline.faces.scene import Size
    from pipeline.generation.batch import Batch, pairs_of, run_batch
    from pipeline.generation.controls import constants
    from pipeline.generation.generator import asked_sampling
    from pipeline.generation.talk import Talk, talk

    sizes = get_args(Size)
    if args.size is not None and args.size not in sizes:
        raise UsageError(f"--size {args.size}: give {', '.join(sizes[:-1])} or {sizes[-1]}")
    alone = args.portrait or args.speech or args.controls or args.grid or args.motion_only
    if args.manifest and alone:
        raise UsageError("--manifest has portraits, speech and controls of its own: leave the other options out")
    if not args.manifest and args.speech is None:
        raise UsageError("nothing to say: give --speech FILE, or --manifest FILE for many")
    folder = folder_to_write(args.out, "--out") if args.manifest else None
    asked = Talk(
        given(args.portrait, "--portrait") if args.portrait else _ANY if folder else None,
        given(args.speech, "--speech") if args.speech else _ANY,
        folder / "any.mp4" if folder else file_to_write(args.out, "--out", "out.mp4"),
        local(args.checkpoint, "--checkpoint") if args.checkpoint else bundled_checkpoint("motion_tiny"),
        local(args.face, "--face") if args.face else bundled_checkpoint(),
        constants(args.gaze, args.distance, args.emotion),
        local(args.controls, "--controls") if args.controls else None,
        asked_sampling(args.steps, args.audio_scale, args.gaze_scale),
        args.seed,
        cast("Size | None", args.size),
        args.crop,
        not args.no_mark,
        args.motion_only,
        args.grid,
    )
    if args.manifest and folder:
        pairs = pairs_of(given(args.manifest, "--manifest"), args.seed)
        found: Any = run_batch(Batch(pairs, folder, asked, args.workers), Telling())
    else:
        found = talk(asked, Telling())
    print(json.dumps(asdict(found)) if args.json else found.text())


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Generate))


if __name__ == "__main__":
    run()
