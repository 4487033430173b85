"""Extract a catalog from talking-head videos: screen, label and encode every clip, exactly once."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.command import absolute, reported
from pipeline.extraction import Request, extract
from pipeline.licences import refuse_noncommercial
from pipeline.plan import plan, plan_text
from pipeline.recipe import make_recipe
from pipeline.summary import summary_text
from pipeline.workers import Limits

Many = Annotated[tuple[tuple[str, ...], ...], tyro.conf.UseAppendAction]


@dataclass(frozen=True)
class Extract:
    """Extract a catalog from talking-head videos.

    Exit code 0 when every listed clip has a verdict, 2 for a wrong argument, 1 if the run could not finish.
    """

    input: Many
    """Files, folders, globs, fsspec URIs, or CSV/Parquet manifests with a column `uri`."""
    catalog: str
    """Folder of the catalog; made if it is not there."""
    profile: Literal["open", "paper"] = "open"
    """The models: `open` runs offline with weights that come with pip, `paper` with those of `jobs/weights.py`."""
    set: Many = ()
    """STAGE.PARAMETER=VALUE, for example quality.minimum=40, or STAGE=VARIANT, for example gaze=l2cs; --plan lists
    all."""
    commercial: bool = False
    """Refuse weights whose licence forbids commercial use."""
    max_seconds: float = 60.0
    """A longer source is cut into clips of at most this many seconds."""
    split: bool = True
    """Cut at scene changes and judge each part; --no-split rejects such clips."""
    decoder: Literal["pyav", "decord"] = "pyav"
    """The video reader's backend."""
    frames: bool = False
    """Store the face of every frame too: what face training reads."""
    preset: Literal["tiny", "base", "paper"] = "tiny"
    """The face networks that --frames is for: crops of 96, 256 or 512 pixels."""
    latents: str | None = None
    """A face model's .safetensors (jobs/train_faces.py) in place of the one that comes with the project."""
    recompute: bool = False
    """Decide again what is decided, also under another recipe."""
    retry_failed: bool = False
    """Decide failed clips again."""
    workers: int | None = None
    """Clips worked on at once; by default one a CPU."""
    limit: int | None = None
    """Only the first so many sources."""
    timeout: float = Limits.seconds
    """Seconds one clip may take before its worker is killed."""
    plan: bool = False
    """Print stages, parameters, resources and weights with licences, and do nothing."""
    json: bool = False
    """Print the summary as one line of JSON."""


def main(args: Extract) -> None:
    """Run it; errors come out as Failure with their exit code."""
    settings = [text for texts in args.set for text in texts]
    frames = args.preset if args.frames else None
    latents = absolute(args.latents, "--latents") if args.latents else None
    recipe = make_recipe(args.profile, settings, args.max_seconds, args.decoder, args.split, frames, latents)
    if args.commercial:
        refuse_noncommercial(recipe)
    if args.plan:
        print(json.dumps(plan(recipe)) if args.json else plan_text(recipe))
        return
    inputs = [text for texts in args.input for text in texts]
    catalog = absolute(args.catalog, "--catalog")
    limits = Limits(seconds=args.timeout)
    result = extract(
        Request(inputs, catalog, recipe, args.recompute, args.retry_failed, args.workers, args.limit, limits, args.json)
    )
    print(json.dumps(result.summary()) if args.json else summary_text(result))


if __name__ == "__main__":
    with reported():
        main(tyro.cli(Extract, config=(tyro.conf.FlagCreatePairsOff,)))
