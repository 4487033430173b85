"""The report in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.summary import summary
from pipeline.report import write_report
from tests.made.report_samples import VERDICTS, build, clip, jpeg, run
from tests.system.browser import BROKEN, OUTPUT, OUTSIDE, OVERLAPS, Page, browse, needs_chromium

pytestmark = [pytest.mark.slow, needs_chromium]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every verdict, many clips, and names that would be markup if they were not escaped."""
    evil = '"><img src="http://127.0.0.1:9/a.png" onerror="console.error(1)"><script>console.error(2)</script>'
    rows = [clip(n, *VERDICTS[n % len(VERDICTS)]) for n in range(100)] + [clip(n) for n in range(100, 400)]
    rows += [clip(400 + n, source_uri=f"/videos/{evil}", subject_id=evil) for n in range(3)]
    rows += [clip(410, "failed", "error", source_uri="/videos/" + "long" * 60 + ".mp4", detail=evil + "x" * 300)]
    folder = tmp_path_factory.mktemp("page") / "catalog"
    return build(folder, rows, [run(command=evil)], jpeg(1, 1100, 214, grain=40), jpeg(2, 96, 96, grain=12))


def test_the_page_is_whole_quiet_and_asks_for_nothing(catalog: Path, tmp_path: Path) -> None:
    report = write_report(str(catalog), tmp_path / "report.html")
    found = summary(catalog)

    async def steps(page: Page) -> None:
        await page.look(1280)
        await page.open(report)
        assert await page.value("document.title") == "Extraction report: catalog"
        assert await page.value("document.querySelectorAll('.clip img').length") > 40
        assert await page.value(BROKEN) == 0
        for status, wanted in (
            ("accepted", found["accepted"]),
            ("rejected", sum(found["rejected"].values())),
            ("failed", sum(found["failed"].values())),
        ):
            shown = await page.value(f"document.getElementById('count-{status}').innerText")
            assert int(shown.replace(",", "")) == wanted
        for width, scheme, name in ((1280, "light", "light"), (1280, "dark", "dark"), (390, "light", "phone")):
            await page.look(width, scheme)
            data = await page.screenshot(OUTPUT / f"report-{name}.png")
            assert data.startswith(b"\x89PNG")
            assert await page.value(OUTSIDE) <= 0, f"the page is wider than {width} pixels"
            assert await page.value(OVERLAPS) == []
        assert page.complaints == []
        assert page.outside == []
        assert page.requests[0] == report.as_uri()

    browse(tmp_path / "profile", steps)


def test_dark_and_light_differ(catalog: Path, tmp_path: Path) -> None:
    report = write_report(str(catalog), tmp_path / "report.html")
    ground = "getComputedStyle(document.body).backgroundColor"

    async def steps(page: Page) -> None:
        await page.open(report)
        await page.look(1280, "light")
        light = await page.value(ground)
        await page.look(1280, "dark")
        assert await page.value(ground) != light

    browse(tmp_path / "profile", steps)


def test_an_empty_catalog_shows_a_page_too(tmp_path: Path) -> None:
    report = write_report(str(build(tmp_path / "catalog", [])), tmp_path / "report.html")

    async def steps(page: Page) -> None:
        await page.look(390)
        await page.open(report)
        assert "holds no clips yet" in await page.value("document.body.innerText")
        assert await page.value(OUTSIDE) <= 0
        assert page.complaints == page.outside == []

    browse(tmp_path / "profile", steps)


def test_this_test_would_notice_requests_and_complaints(tmp_path: Path) -> None:
    noisy = tmp_path / "noisy.html"
    noisy.write_text('<img src="http://127.0.0.1:9/a.png"><script>console.error("no")</script>')

    async def steps(page: Page) -> None:
        await page.open(noisy)
        assert page.outside == ["http://127.0.0.1:9/a.png"]
        assert len(page.complaints) >= 2

    browse(tmp_path / "profile", steps)
