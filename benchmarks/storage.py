"""What the job takes besides its stages: its start-up, and the bytes that a second of video becomes in a catalog.

Extracts the same clips without frames and with those of each preset, and looks at the files. With --write the figures
go into pipeline/throughput.json, from which `jobs/extract.py --plan` estimates.

    python benchmarks/storage.py [--input FOLDER] [--write]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.networks.figures import processor
from catalogs import manifest, query
from pipeline.samples import make_samples
from pipeline.throughput import PLACE, read_table
from pipeline.variants import FRAME_SIZES

ROOT = Path(__file__).resolve().parents[1]
ROWS = ("clips", "latents", "previews")


@dataclass(frozen=True)
class Storage:
    """Measure start-up and storage.

    input: a folder of clips; without it, the demo's sample clips. write: put the figures into
    pipeline/throughput.json.
    """

    input: Path | None = None
    write: bool = False


def main(args: Storage) -> None:
    """One line of JSON: the figures as they stand in pipeline/throughput.json."""
    with tempfile.TemporaryDirectory() as folder:
        clips, given = Path(folder) / "clips", args.input
        if given is None:
            make_samples(clips)
        found = measured(given or clips, Path(folder), f"clips of {given.name}" if given else "the sample clips")
    print(json.dumps({"name": "storage", **found}))
    if args.write:
        PLACE.write_text(json.dumps({**read_table(), "job": found}, indent=1) + "\n")


def measured(clips: Path, folder: Path, what: str) -> dict[str, Any]:
    """Start-up of the job, and bytes of a catalog's rows and frames a second of the video that it lists."""
    plain, summary = extracted(clips, folder / "plain")
    sizes = {"rows": sum(plain[table] for table in ROWS)}
    for preset, size in FRAME_SIZES.items():
        sizes[f"frames_{size}"] = extracted(clips, folder / preset, "--frames", "--preset", preset)[0]["frames"]
    return {
        "name": processor(),
        "date": datetime.now(UTC).date().isoformat(),
        "clips": f"{what} ({summary['accepted']} of {summary['clips']} accepted)",
        "startup_seconds": summary["startup_seconds"],
        "bytes_per_second": {name: round(size) for name, size in sizes.items()},
    }


def extracted(clips: Path, catalog: Path, *options: str) -> tuple[dict[str, float], dict[str, Any]]:
    """(bytes of each table a second of video listed, the job's summary)."""
    command = [sys.executable, str(ROOT / "jobs/extract.py"), "--input", str(clips), "--catalog", str(catalog)]
    done = subprocess.run([*command, "--json", *options], capture_output=True, text=True, check=True)
    state = manifest.newest(catalog)
    assert state is not None
    (row,) = query(catalog, "select sum(end_s - start_s) video from clips").to_pylist()
    size = {name: sum(part.bytes for part in state.parts(name)) / row["video"] for name in (*ROWS, "frames")}
    return size, json.loads(done.stdout)


if __name__ == "__main__":
    main(tyro.cli(Storage, description=__doc__))
