"""A run that can be killed: stage and commit the sample sources that are undecided, in small steps.

Usage, with the repository on PYTHONPATH: python commit_loop.py CATALOG SOURCES.
Prints `ready` once the catalog is open.
"""

from __future__ import annotations

import sys

import catalogs
from tests.made.sample_spans import FINGERPRINT, RECIPE, run_row, source_key, stage

STATUSES = ("accepted", "rejected", "accepted", "failed")


def main(catalog: str, sources: int) -> None:
    """Decide all sources that are not decided yet, then finish the run."""
    with catalogs.Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
        print("ready", flush=True)
        writer.commit()
        decided = set(writer.decided()["source_key"].to_pylist())
        todo = [source for source in range(sources) if source_key(source) not in decided]
        for done, source in enumerate(todo, start=1):
            stage(catalog, source, status=STATUSES[source % 4], cuts=1 + source % 2)
            if done % 3 == 0:
                writer.commit()
            if done % 12 == 0:
                writer.maintain(lambda clips: clips)
        writer.commit()
        writer.maintain(lambda clips: clips)
        writer.put_run(run_row(status="finished"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
