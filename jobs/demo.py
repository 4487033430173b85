"""The demo: make the sample clips, extract them into a catalog, write the report, draw clips from their latents."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import catalogs
from pipeline.cli.command import reported
from pipeline.cli.options import Folder, parsed
from pipeline.cli.places import folder_to_write
from pipeline.demo.samples import make_samples
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.request import Request
from pipeline.extraction.run import extract
from pipeline.extraction.summary import summary_text
from pipeline.faces.bundled_checkpoint import bundled_checkpoint
from pipeline.faces.latent_figure import write_latent_figure
from pipeline.query.table import table_text
from pipeline.report import write_report

VERDICTS = """
    select regexp_extract(source_uri, '[^/]*$') clip, round(start_s, 1) start_s, status, reason,
           round(quality) quality, round(yaw) yaw, round(gaze_theta) gaze, round(distance, 1) distance, subject_id
    from clips order by status, reason, clip, start_s"""


@dataclass(frozen=True)
class Demo:
    """Extract the sample clips; a second run finds everything decided."""

    out: Folder = "demo"
    """Folder for the clips, the catalog, the report and the picture."""


def main(args: Demo) -> None:
    out = folder_to_write(args.out, "--out")
    clips, catalog = out / "clips", out / "catalog"
    print(f"making sample clips in {clips}", file=sys.stderr)
    make_samples(clips)
    result = extract(Request([str(clips)], str(catalog), make_recipe(frames="base")))
    page = write_report(str(catalog), out / "report.html")
    picture = write_latent_figure(str(catalog), bundled_checkpoint(), out / "latents.png")
    print(table_text(catalogs.query(catalog, VERDICTS)))
    print(summary_text(result))
    print(f"duckdb:   select * from read_parquet('{catalog}/clips/**/*.parquet') where status = 'accepted'")
    print(f"latents:  {picture}")
    print(f"report:   {page}")


def run() -> None:
    """The command."""
    with reported():
        main(parsed(Demo))


if __name__ == "__main__":
    run()
