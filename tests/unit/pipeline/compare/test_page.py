"""The page of a comparison says what was found, whatever the catalogs hold."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.compare import compare, comparison_text, write_comparison
from tests.made.compare_samples import RECIPE_B, build, row
from tests.made.report_samples import VERDICTS


def page_of(a: Path, b: Path) -> str:
    """The page's text; it must always be one document without links to anything outside."""
    text = write_comparison(compare(a, b), a.parent / "compare.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert "url(" not in text
    assert "<script" not in text
    assert "None" not in text
    assert "nan" not in text.split()
    return text


def shown(page: str, name: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{name}">(.*?)</', page, re.DOTALL)
    assert found, name
    return html.unescape(found[1])


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every verdict there is; B judges some clips otherwise, lacks two and has one more."""
    rows = [row(n, *VERDICTS[n % len(VERDICTS)]) for n in range(60)] + [row(n) for n in range(60, 90)]
    random = np.random.default_rng(0)
    latents = {one["clip_id"]: {"pose": random.normal(size=(8, 6))} for one in rows}
    theirs = [one | ({"quality": one["quality"] + 3} if "quality" in one else {}) for one in rows]
    theirs[70] |= {"status": "rejected", "reason": "low_quality", "detail": "12 points of at least 40"}
    folder = tmp_path_factory.mktemp("compared")
    return (
        build(folder / "a", rows, latents=latents),
        build(folder / "b", [*theirs[2:], row(99)], RECIPE_B, latents),
    )


def test_the_tiles_are_the_figures(catalogs: tuple[Path, Path]) -> None:
    page, found = page_of(*catalogs), compare(*catalogs)
    assert int(shown(page, "both")) == found.verdicts.total == 88
    assert int(shown(page, "accepted")) == len(found.accepted[0])
    assert (shown(page, "only-A"), shown(page, "only-B")) == ("2", "1")
    assert shown(page, "same") == "99%"


def test_the_confusion_has_every_cell(catalogs: tuple[Path, Path]) -> None:
    page, found = page_of(*catalogs), compare(*catalogs)
    table = page[page.index('<table class="confusion">') : page.index("</table>", page.index('class="confusion"'))]
    cells = [int(held) for held in re.findall(r"<td style=[^>]*>(\d+)</td>", table)]
    assert cells == [held for _, _, held in found.verdicts.cells()]
    assert len(re.findall("<td", table)) == len(found.verdicts.names) ** 2
    assert "12 points of at least 40" in page
    assert "1 clip with different verdicts" in page


def test_every_label_and_latent_has_its_line_and_its_plot(catalogs: tuple[Path, Path]) -> None:
    page, found = page_of(*catalogs), compare(*catalogs)
    for name in (*found.labels, *(column.name for column in found.frames.columns)):
        assert f">{name.removeprefix('emotion.')}</span>" in page
    plots = re.findall('aria-label="Scatter plot: ([^,]*), A by B"', page)
    assert len(plots) == sum(label.n > 0 for label in found.labels.values()) == 19
    assert "r 1.00, B − A 3, |B − A| 3" in page


def test_the_recipes_differences_and_the_clips_of_one_alone(catalogs: tuple[Path, Path]) -> None:
    page = page_of(*catalogs)
    assert re.search(r"<code>quality.minimum</code></td><td[^>]*><code>30.0</code></td><td[^>]*><code>0.0</code>", page)
    assert "2 clips in A alone" in page
    assert "clip_00099.mp4" in page
    assert "with bytes that the other catalog does not have" in page


def test_the_same_catalog_twice(catalogs: tuple[Path, Path]) -> None:
    page = page_of(catalogs[0], catalogs[0])
    assert "The recipes are the same." in page
    assert shown(page, "same") == "100%"
    assert "All clips of A are in the other catalog too." in page
    assert "with different verdicts" not in page


def test_empty_catalogs(tmp_path: Path) -> None:
    page = page_of(build(tmp_path / "a", []), build(tmp_path / "b", []))
    assert "The catalogs have no clip in common." in page
    assert "Nothing to compare: no clip is in both." in page


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    rows_a = [row(n, source_uri=f"/videos/source {n}.mp4") for n in range(130)]
    rows_b = [row(n, "rejected", "no_face", source_uri=f"/videos/source {n}.mp4") for n in range(110)]
    catalogs = build(tmp_path / "a", rows_a), build(tmp_path / "b", rows_b)
    page = page_of(*catalogs)
    assert "110 clips with different verdicts" in page
    assert "and 10 more" in page
    assert "20 clips in A alone" in page
    text = comparison_text(compare(*catalogs))
    assert "and 10 more: --json lists all" in text


def test_nothing_from_the_catalogs_becomes_markup(tmp_path: Path) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    rows = [row(n, source_uri=f"/videos/{evil}", subject_id=evil, quality=10.0 * n) for n in range(4)]
    theirs = [one | {"quality": 50.0} for one in rows]
    theirs[0] |= {"status": "failed", "reason": "error", "detail": "</details></main><script>alert(1)</script>"}
    recipe = {"profile": evil, "stages": {evil: {"x": evil}}}
    page = page_of(build(tmp_path / evil.replace("/", ""), rows), build(tmp_path / "b", theirs, recipe))
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 8


def test_clips_of_one_file_are_told_apart(tmp_path: Path) -> None:
    rows = [
        row(n, source_uri="/videos/long.mp4", start_s=10.0 * n, end_s=10.0 * n + 10, quality=50.0) for n in range(4)
    ]
    theirs = [one | {"quality": 50.0 + n} for n, one in enumerate(rows)]
    page = page_of(build(tmp_path / "a", rows), build(tmp_path / "b", theirs))
    assert "long.mp4, 0:30.0: A 50, B 53" in page


def test_the_text_has_the_figures(catalogs: tuple[Path, Path]) -> None:
    lines = comparison_text(compare(*catalogs)).splitlines()
    assert lines[0].startswith(f"A: {catalogs[0]}, 90 clips, recipe ")
    assert "quality.minimum  30.0  0.0" in lines
    assert "88 clips in both" in lines
    assert "2 clips in A alone: 2 with bytes that the other catalog does not have" in lines
    assert "verdicts: the same for 87 of 88 clips (99%)" in lines
    assert any(re.match(r"accepted +rejected low_quality +1$", line) for line in lines)
    assert any(re.match(r"quality +\d+ +0 +1 +1 +[\d.]+ +3 +3$", line) for line in lines)
    assert any(re.match(r"pose.yaw +\d+ +\d+ +1 +0 +0$", line) for line in lines)
    assert any(line.startswith("subjects: of ") for line in lines)
