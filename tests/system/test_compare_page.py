"""The page of a comparison in a real browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.compare import compare, write_comparison
from tests.made.compare_samples import RECIPE_B, build, row
from tests.made.report_samples import VERDICTS
from tests.system.browser import OUTPUT, OUTSIDE, OVERLAPS, Page, browse, needs_chromium

pytestmark = [pytest.mark.slow, needs_chromium]

EVIL = '"><img src="http://127.0.0.1:9/a.png" onerror="console.error(1)"><script>console.error(2)</script>'

SAME_LINE = """
[...document.querySelectorAll('.plots')].every(plots => {
  const tops = {};
  for (const card of plots.children)
    (tops[card.getBoundingClientRect().top] ||= new Set())
      .add((card.querySelector('svg') || card.querySelector('.empty')).getBoundingClientRect().top);
  return Object.values(tops).every(found => found.size === 1);
})
"""
"""Whether the plots of each row of cards begin at one height."""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two catalogs with every verdict, differences in all labels, and names that would be markup."""
    random = np.random.default_rng(0)
    rows = [row(n, *VERDICTS[n % len(VERDICTS)]) for n in range(2 * len(VERDICTS))] + [row(n) for n in range(40, 160)]
    rows += [row(200 + n, source_uri=f"/videos/{EVIL}", start_s=9.0 * n, end_s=9.0 * n + 9) for n in range(3)]
    rows += [row(210, source_uri="/videos/" + "long" * 60 + ".mp4", quality=1.0)]
    theirs = [_judged_again(one, random) for one in rows]
    latents = {one["clip_id"]: {"pose": random.normal(size=(8, 6)), "gaze": random.normal(size=(8, 2))} for one in rows}
    noisy = {
        name: {key: track + random.normal(0, 0.5, track.shape) for key, track in of_clip.items()}
        for name, of_clip in latents.items()
    }
    folder = tmp_path_factory.mktemp("page")
    a = build(folder / "catalog a", rows[:-1], latents=latents)
    b = build(folder / "catalog b", theirs[3:], RECIPE_B | {"note": EVIL}, noisy)
    return write_comparison(compare(a, b), folder / "compare.html")


def _judged_again(one: dict, random: np.random.Generator) -> dict:
    if one["status"] != "accepted":
        return one
    if random.random() < 0.08:
        return one | {"status": "rejected", "reason": "low_quality", "detail": EVIL}
    names = ("quality", "pitch", "yaw", "roll", "gaze_theta", "gaze_phi")
    emotion = {
        name: None if value is None else value * random.uniform(0.5, 1) for name, value in one["emotion"].items()
    }
    return one | {name: one[name] + random.normal(0, 3) for name in names} | {"emotion": emotion}


def test_the_page_is_whole_quiet_and_asks_for_nothing(page_file: Path, tmp_path: Path) -> None:
    async def steps(page: Page) -> None:
        await page.look(1280)
        await page.open(page_file)
        assert await page.value("document.title") == "Comparison: catalog a and catalog b"
        assert await page.value("document.querySelectorAll('.plots svg').length") == 19
        assert await page.value("document.querySelectorAll('.plots svg .point :is(use, path[style])').length") > 1000
        for width, scheme, name in ((1280, "light", "light"), (1280, "dark", "dark"), (390, "light", "phone")):
            await page.look(width, scheme)
            data = await page.screenshot(OUTPUT / f"compare-{name}.png")
            assert data.startswith(b"\x89PNG")
            assert await page.value(OUTSIDE) <= 0, f"the page is wider than {width} pixels"
            assert await page.value(OVERLAPS) == []
            assert await page.value(SAME_LINE)
        assert page.complaints == []
        assert page.outside == []
        assert page.requests[0] == page_file.as_uri()

    browse(tmp_path / "profile", steps)


def test_dark_and_light_differ(page_file: Path, tmp_path: Path) -> None:
    cell = "getComputedStyle(document.querySelector('.confusion td[style]')).backgroundColor"

    async def steps(page: Page) -> None:
        await page.open(page_file)
        await page.look(1280, "light")
        light = await page.value(cell)
        await page.look(1280, "dark")
        assert await page.value(cell) != light

    browse(tmp_path / "profile", steps)


def test_empty_catalogs_show_a_page_too(tmp_path: Path) -> None:
    file = write_comparison(compare(build(tmp_path / "a", []), build(tmp_path / "b", [])), tmp_path / "compare.html")

    async def steps(page: Page) -> None:
        await page.look(390)
        await page.open(file)
        assert "no clip in common" in await page.value("document.body.innerText")
        assert await page.value(OUTSIDE) <= 0
        assert page.complaints == page.outside == []

    browse(tmp_path / "profile", steps)
