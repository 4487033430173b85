"""The bytes that a second of accepted video becomes in a catalog: its rows, and the frames of each preset.

Extracts the same clips without frames and with those of each preset, one after the other in this process, and looks at
the files. With --write the figures go into throughput.json, from which `jobs/extract.py --plan` estimates.

    python benchmarks/storage.py [--input FOLDER] [--write]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.networks.figures import processor
from catalogs import Writer, manifest, query
from catalogs.place import locate
from catalogs.staging import stage_span
from pipeline.demo.samples import make_samples
from pipeline.extraction.recipe import Recipe, make_recipe
from pipeline.extraction.span import extract
from pipeline.extraction.tasks import SpanTask
from pipeline.extraction.throughput import PLACE, read_table
from pipeline.extraction.variants import FRAME_SIZES
from pipeline.listing.uris import content_hash
from stages.video.pyav import read_header

ROWS = ("clips", "latents", "previews")
SAMPLES = ("talking_man.mp4", "talking_woman.mp4")


@dataclass(frozen=True)
class Storage:
    """Measure storage.

    input: a folder of clips, most of which are accepted; without it, two of the demo's sample clips. write: put the
    figures into pipeline/extraction/throughput.json.
    """

    input: Path | None = None
    write: bool = False


def main(args: Storage) -> None:
    """One line of JSON: the figures as they stand in pipeline/extraction/throughput.json."""
    with tempfile.TemporaryDirectory() as folder:
        if args.input is None:
            made = Path(folder) / "clips"
            make_samples(made)
            paths, what = [made / name for name in SAMPLES], f"the sample clips {' and '.join(SAMPLES)}"
        else:
            paths, what = sorted(args.input.iterdir()), f"clips of {args.input.name}"
        found = measured(paths, Path(folder), what)
    print(json.dumps({"benchmark": "storage", **found}))
    if args.write:
        PLACE.write_text(json.dumps({**read_table(), "storage": found}, indent=1) + "\n")


def measured(paths: Sequence[Path], folder: Path, what: str) -> dict[str, Any]:
    """Bytes of a catalog's rows, and of its frames, a second of accepted video."""
    plain = stored(paths, folder / "plain", make_recipe())
    sizes = {"rows": sum(plain[table] for table in ROWS)}
    for preset, size in FRAME_SIZES.items():
        sizes[f"frames_{size}"] = stored(paths, folder / preset, make_recipe(frames=preset))["frames"]
    return {
        "name": processor(),
        "date": datetime.now(UTC).date().isoformat(),
        "clips": what,
        "bytes_per_second": {name: round(size) for name, size in sizes.items()},
    }


def stored(paths: Sequence[Path], catalog: Path, recipe: Recipe) -> dict[str, float]:
    """Bytes of each table of a catalog of these clips, a second of accepted video."""
    with Writer.open(catalog, recipe.describe(), recipe.fingerprint) as writer:
        for number, path in enumerate(paths):
            length = min(recipe.max_seconds, read_header(str(path)).duration)
            key = f"{number:032x}"
            job = SpanTask(str(path), key, content_hash(str(path)), 0, 1, 0.0, length, None, None)
            stage_span(catalog, key, 0, extract(recipe, job, str(path), "storage"))
        writer.commit()
    state = manifest.newest(locate(catalog))
    assert state is not None
    (row,) = query(catalog, "select sum(end_s - start_s) video from clips where status = 'accepted'").to_pylist()
    if not row["video"]:
        sys.exit(f"none of {len(paths)} clips is accepted: give others with --input")
    return {name: sum(part.bytes for part in state.parts(name)) / row["video"] for name in (*ROWS, "frames")}


if __name__ == "__main__":
    main(tyro.cli(Storage, description=__doc__))
