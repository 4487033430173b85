"""The README's picture, from the demo: what the catalog shows of two clips, and clips drawn from their latents.

make demo && python benchmarks/picture.py      # writes docs/demo.jpg
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import catalogs

CLIPS = ("talking_woman.mp4", "talking_man.mp4")
WIDTH = 800
SHEETS = """
    select regexp_extract(source_uri, '[^/]*$') as clip, sheet from clips join previews using (clip_id)
    where status = 'accepted' and start_s = 0"""


@dataclass(frozen=True)
class Picture:
    """Put the demo's contact sheets and its picture of latents into one."""

    demo: Path = Path("demo")
    """What `make demo` wrote."""
    out: Path = Path("docs/demo.jpg")
    """The picture to write."""


def main(args: Picture) -> None:
    rows = catalogs.query(args.demo / "catalog", SHEETS).to_pylist()
    sheets = {row["clip"]: row["sheet"] for row in rows}
    pictures = [Image.open(io.BytesIO(sheets[clip])) for clip in CLIPS]
    latents = Image.open(args.demo / "latents.png")
    pictures.append(latents.crop((0, 0, latents.width, latents.height // 2)))  # two of four clips
    parts = [each.convert("RGB").resize((WIDTH, round(each.height * WIDTH / each.width))) for each in pictures]
    whole = Image.new("RGB", (WIDTH, sum(part.height for part in parts)), "white")
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    whole.save(args.out, quality=80, optimize=True)
    print(f"{args.out}: {whole.width} x {whole.height}, {args.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(tyro.cli(Picture))
