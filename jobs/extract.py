"""Extract a catalog from talking-head videos: screen, label and encode every clip, exactly once."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.cli.options import CountIfAny, FileIfAny, Flag, Seconds, parsed
from pipeline.cli.places import local
from pipeline.errors import RunError, UsageError
from pipeline.extraction.added import added_stages
from pipeline.extraction.licences import refuse_noncommercial
from pipeline.extraction.limits import Limits
from pipeline.extraction.outlook import outlook
from pipeline.extraction.plan import plan, plan_text
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.request import Request
from pipeline.extraction.run import extract
from pipeline.extraction.summary import summary_text, unreachable_text
from pipeline.extraction.trial import try_stages
from pipeline.program import command_words

Many = Annotated[tuple[tuple[str, ...], ...], tyro.conf.UseAppendAction]
Inputs = Annotated[Many, tyro.conf.arg(metavar="PATH [PATH ...]", help_behavior_hint="(required; repeatable)")]
Settings = Annotated[Many, tyro.conf.arg(metavar="NAME=VALUE [NAME=VALUE ...]")]
Stages = Annotated[Many, tyro.conf.arg(metavar="MODULE:CLASS [MODULE:CLASS ...]")]
Catalog = Annotated[str | None, tyro.conf.arg(metavar="FOLDER", help_behavior_hint="(required)")]

EXAMPLES = (
    "python jobs/extract.py --input videos --catalog catalog",
    "python jobs/extract.py --input clips.csv 'more/**/*.mp4' --catalog catalog --set quality.minimum=40",
    "python jobs/extract.py --input videos --catalog catalog --plan",
)


@dataclass(frozen=True)
class Extract:
    """Extract a catalog from talking-head videos.

    The same command again goes on where a run stopped. Exit code 0 when every listed clip has a verdict, 2 for a wrong
    argument, 1 if the run could not finish or sources could not be reached.
    """

    input: Inputs = ()
    """Files, folders, globs, fsspec URIs, or CSV/Parquet manifests with a column `uri`."""
    catalog: Catalog = None
    """Folder of the catalog; made if it is not there."""
    profile: Literal["open", "paper"] = "open"
    """The models: `open` runs offline with weights that come with pip, `paper` with those of `jobs/weights.py`."""
    set: Settings = ()
    """A parameter of a stage (quality.minimum=40) or another variant of it (gaze=l2cs); --plan lists all."""
    stage: Stages = ()
    """A label of your own: a stage in my_module.py of the current folder or PYTHONPATH (docs/extend.md)."""
    commercial: Flag = False
    """Refuse weights whose licence forbids commercial use."""
    max_seconds: Seconds = 60.0
    """A longer source is cut into clips of at most this many seconds."""
    split: Flag = True
    """Reject clips in which the scene changes; without it they are cut there and each part is judged."""
    decoder: Literal["pyav", "decord"] = "pyav"
    """The video reader's backend."""
    frames: Flag = False
    """Store the face of every frame too: what face training reads."""
    preset: Literal["tiny", "base", "paper"] = "tiny"
    """The face networks that --frames is for: crops of 96, 256 or 512 pixels."""
    latents: FileIfAny = None
    """A face model's .safetensors (jobs/train_faces.py); by default the one that comes with the project."""
    recompute: Flag = False
    """Work again on what is decided, also under another recipe. Other thresholds alone need none of it."""
    retry_failed: Flag = False
    """Decide failed clips again."""
    label_all: Flag = False
    """Label rejected clips too, as far as they can be; the verdict stays the first reason."""
    workers: CountIfAny = None
    """Clips worked on at once; by default one a CPU."""
    limit: CountIfAny = None
    """Only the first so many sources; by default all."""
    timeout: Seconds = Limits.seconds
    """What one clip may take before its worker is killed, and what one network may take for it on a GPU."""
    plan: Flag = False
    """Print what there is to do, how long it takes, all parameters, and weights with licences; do nothing."""
    json: Flag = False
    """Print the summary, or the plan, as one line of JSON."""


def main(args: Extract) -> None:
    """Run it; errors come out as UsageError with their exit code."""
    inputs = [text for texts in args.input for text in texts]
    catalog = _required(inputs, args.catalog)
    for option, value in (("--workers", args.workers), ("--timeout", args.timeout)):
        if value is not None and value <= 0:
            raise UsageError(f"{option} must be above 0, not {value:g}")
    settings = [text for texts in args.set for text in texts]
    frames = args.preset if args.frames else None
    latents = str(local(args.latents, "--latents")) if args.latents else None
    added = added_stages([text for texts in args.stage for text in texts])
    recipe = make_recipe(args.profile, settings, args.max_seconds, args.decoder, args.split, frames, latents, added)
    try_stages([stage for stage in recipe.stages if stage.name in {each.name for each in added}])
    if args.commercial:
        refuse_noncommercial(recipe)
    request = Request(
        inputs,
        catalog,
        recipe,
        recompute=args.recompute,
        retry_failed=args.retry_failed,
        label_all=args.label_all,
        workers=args.workers,
        limit=args.limit,
        limits=Limits(seconds=args.timeout),
        quiet=args.json,
    )
    if args.plan:
        ahead = outlook(request)
        print(json.dumps(plan(recipe, ahead)) if args.json else plan_text(recipe, ahead))
        return
    result = extract(request)
    print(json.dumps(result.summary()) if args.json else summary_text(result, command_words()))
    if result.unreachable:
        raise RunError(unreachable_text(result))


def _required(inputs: Sequence[str], catalog: str | None) -> str:
    """The catalog as an absolute path. UsageError names all that is missing, at once."""
    missing = [
        *([] if inputs else ["--input (files, folders, globs, URIs or a manifest)"]),
        *([] if catalog else ["--catalog (the folder that the catalog is written to)"]),
    ]
    if missing or catalog is None:
        raise UsageError(f"missing: {' and '.join(missing)}; for example: {EXAMPLES[0]}")
    return str(local(catalog, "--catalog"))


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Extract, *EXAMPLES))


if __name__ == "__main__":
    run()
