"""Mean and standard deviation of every dimension of a catalog's latents, stored in the catalog for training."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

from pipeline.cli.command import reported
from pipeline.cli.options import Flag, Folder, parsed
from pipeline.cli.places import local
from pipeline.faces.latent_statistics import compute, text


@dataclass(frozen=True)
class LatentStatistics:
    """Compute mean, standard deviation and count of face_pose and dynamics over all accepted clips and store them in
    table runs, where training finds them. Run it again when clips were added.

    Exit code 0 when they are stored, 2 for a wrong argument, 1 if the catalog has no latents or is being written.
    """

    catalog: Folder
    """Folder of a catalog."""
    json: Flag = False
    """Print them as one line of JSON."""


def main(args: LatentStatistics) -> None:
    uri = str(local(args.catalog, "--catalog"))
    found = compute(uri)
    if args.json:
        print(json.dumps(found.json()))
        return
    sql = "select statistics from runs where statistics is not null order by started desc limit 1"
    print(f'{text(uri, found)}\n\nstored; ask it: python jobs/query.py --catalog {shlex.quote(uri)} "{sql}"')


def run() -> None:
    """The command."""
    with reported():
        main(parsed(LatentStatistics))


if __name__ == "__main__":
    run()
