"""The page says what the catalog holds, whatever it holds."""

from __future__ import annotations

import datetime
import html
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import catalogs
from catalogs.errors import NoCatalog
from catalogs.schema import EMOTIONS, conform, empty
from catalogs.staging import stage_span
from catalogs.summary import summary
from pipeline.report import contents, write_report
from pipeline.report.figures import label_figures
from tests.made.report_samples import FINGERPRINT, RECIPE, VERDICTS, build, clip, hexes, jpeg, run
from tests.root import ROOT


def page_of(catalog: Path) -> str:
    """The report's text; it must always be one document without links to anything outside."""
    out = write_report(str(catalog), catalog.parent / "report.html")
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert "url(" not in text
    assert "<script" not in text
    assert "None" not in text
    assert "nan" not in re.sub(r"data:[^\"]*", "", text).split()
    return text


def shown(page: str, name: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{name}">(.*?)</', page, re.DOTALL)
    assert found, name
    return html.unescape(found[1])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every verdict there is, some of them often."""
    often = 10 * len(VERDICTS)
    rows = [clip(n, *VERDICTS[n % len(VERDICTS)]) for n in range(often)]
    rows += [clip(n) for n in range(often, often + 40)]
    return build(tmp_path_factory.mktemp("mixed") / "catalog", rows, [run()], jpeg(1), jpeg(2))


def test_the_counts_are_those_of_the_catalog(mixed: Path) -> None:
    page, found = page_of(mixed), summary(mixed)
    assert int(shown(page, "clips-count")) == found["clips"] == 10 * len(VERDICTS) + 40
    assert int(shown(page, "sources")) == found["sources"]
    counts = {status: int(shown(page, f"count-{status}")) for status in ("accepted", "rejected", "failed")}
    assert counts == {
        "accepted": found["accepted"],
        "rejected": sum(found["rejected"].values()),
        "failed": sum(found["failed"].values()),
    }
    assert sum(counts.values()) == found["clips"]
    reasons = found["rejected"] | found["failed"]
    bars = dict(re.findall(r"<code>(\w+)</code><small>.*?<b>(\d+)</b>", page, re.DOTALL))
    assert {name: int(held) for name, held in bars.items()} == reasons


def test_the_speed_is_that_of_the_runs(mixed: Path) -> None:
    page = page_of(mixed)
    assert shown(page, "speed") == "6.5 ×"
    assert shown(page, "wall") == "20.0 s"
    assert shown(page, "decided-video") == "2 min 10 s"
    assert shown(page, "timed-runs").startswith("Video and time of the run that decided clips")


def test_video_time_and_speed_are_of_the_same_runs(tmp_path: Path) -> None:
    """One run was killed, one found nothing to do, one was another recipe's: none of them has video or time here."""
    rows = [clip(n, run_id=f"run-{1 + n % 3}") for n in range(9)]
    runs = [
        run(run_id="run-1", wall_seconds=10.0, video_seconds=20.0, status="stopped"),
        run(run_id="run-2", wall_seconds=30.0, video_seconds=100.0, status="unheard of"),
        run(run_id="run-3", wall_seconds=None, video_seconds=None, clips=None, status="killed"),
        run(run_id="run-4", wall_seconds=5.0, video_seconds=0.0, clips=0),
        run(run_id="run-5", wall_seconds=500.0, video_seconds=9.0, fingerprint="another"),
        run(run_id="run-6", wall_seconds=7.0, video_seconds=50.0, statistics="{}"),
    ]
    page = page_of(build(tmp_path / "c", rows, runs))
    assert [shown(page, name) for name in ("decided-video", "wall", "speed")] == ["2 min 00 s", "40.0 s", "3 ×"]
    assert shown(page, "timed-runs").startswith("Video and time of 2 of the 3 runs that decided clips; how long")
    assert shown(page, "video") == shown(page, "accepted-video") == f"{sum(4 + n % 5 for n in range(9))}.0 s"
    page = page_of(build(tmp_path / "d", rows, runs[2:3]))
    assert [shown(page, name) for name in ("decided-video", "wall", "speed")] == ["–", "–", "–"]


@pytest.mark.parametrize(
    ("status", "said"),
    [("finished", "finished"), ("running", "not finished"), ("stopped", "stopped"), ("<new>", "<new>")],
)
def test_the_last_run_s_status(tmp_path: Path, status: str, said: str) -> None:
    assert shown(page_of(build(tmp_path / "c", [clip(1)], [run(status=status)])), "last-status") == said


def test_clips_of_an_older_recipe_are_counted_and_told(tmp_path: Path) -> None:
    catalog = build(tmp_path / "c", [clip(n) for n in range(4)], [run()], jpeg(1), jpeg(2))
    with catalogs.Writer.open(catalog, RECIPE, "new", recompute=True) as writer:
        row = conform("clips", [clip(1, recipe="new", source_key=hexes("alone"), span_index=0)])
        latents = conform("latents", [{"clip_id": row["clip_id"][0].as_py(), "frames": 0}])
        tables = {"clips": row, "latents": latents, "previews": conform("previews", [])}
        stage_span(catalog, hexes("alone"), 0, tables)
        writer.commit()
    page = page_of(catalog)
    assert shown(page, "clips-count") == "1"
    assert shown(page, "older").startswith("3 clips of an older recipe are left, and not shown: view older_clips")
    assert shown(page, "wall") == "–"  # the run was the older recipe's
    assert " AND recipe = 'new'" in shown(page, "sql")
    assert duckdb.sql(shown(page, "sql").rstrip(";")) is not None


def test_each_verdict_shows_a_few_clips_and_says_how_many_more(mixed: Path) -> None:
    page = page_of(mixed)
    groups = re.findall(r'data-verdict="(\w+)"(.*?)</details>', page, re.DOTALL)
    assert Counter(name for name, _ in groups) == Counter(reason or status for status, reason in VERDICTS)
    for name, text in groups:
        failed = 'class="badge">failed' in text
        assert text.count("<article") == 6, name
        assert text.count('src="data:image/jpeg') == (0 if failed else 6), name
        assert f"and {44 if name == 'accepted' else 4} more" in text, name
    accepted = dict(groups)["accepted"]
    people = re.findall(r"person</span><bdi>(person-\d+)<", accepted)
    assert len(set(people)) == 6


def test_people_are_rows_of_faces(mixed: Path) -> None:
    page = page_of(mixed)
    several = (
        "SELECT count(*) FROM (SELECT subject_id FROM clips WHERE status = 'accepted' GROUP BY 1 HAVING count(*) > 1)"
    )
    wanted = catalogs.query(mixed, several).to_pydict()
    names = re.findall(r"<b><bdi>(person-\d+)</bdi></b>", page)
    assert [len(names)] == next(iter(wanted.values()))


def test_the_query_runs_in_a_bare_duckdb(mixed: Path) -> None:
    found = duckdb.sql(shown(page_of(mixed), "sql").rstrip(";"))
    assert found is not None
    assert found.columns[:3] == ["source_uri", "start_s", "end_s"]


def test_a_path_with_a_quote_still_gives_a_query_that_runs(tmp_path: Path) -> None:
    catalog = build(tmp_path / "it's <b>here</b>", [clip(1)], [run()])
    page = page_of(catalog)
    assert "<b>here" not in page
    assert duckdb.sql(shown(page, "sql").rstrip(";")) is not None


def test_nothing_from_the_catalog_becomes_markup(tmp_path: Path) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    rows = [
        clip(1, source_uri=f"/videos/{evil}.mp4", subject_id=evil),
        clip(2, source_uri=f"/videos/{evil}.mp4", subject_id=evil),
        clip(3, "rejected", "no_face", source_uri=f"/videos/{evil}", detail=evil),
        clip(
            4, "failed", "error", source_uri=f"s3://bucket/{evil}", detail="</details></main><script>alert(1)</script>"
        ),
    ]
    catalog = build(tmp_path / "c", rows, [run(run_id=evil, command=evil, recipe=evil, weights=evil)], jpeg(1), jpeg(2))
    page = page_of(catalog)
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 8
    assert "&lt;/details&gt;" in page


def test_an_empty_catalog(tmp_path: Path) -> None:
    page = page_of(build(tmp_path / "c", []))
    assert shown(page, "clips-count") == "0"
    assert shown(page, "speed") == "–"
    assert "holds no clips yet" in page
    assert "No run has been recorded" in page


def test_only_failed_clips(tmp_path: Path) -> None:
    rows = [
        clip(n, "failed", "unreadable", start_s=None, end_s=None, speech_share=None, seconds=None) for n in range(3)
    ]
    page = page_of(build(tmp_path / "c", rows, [run(wall_seconds=None, video_seconds=None, status="running")]))
    assert shown(page, "count-failed") == "3"
    assert shown(page, "video") == "0 s"


def test_labels_that_are_null(tmp_path: Path) -> None:
    none = dict.fromkeys(("quality", "distance", "pitch", "yaw", "roll", "speech_share", "subject_id", "emotion"))
    rows = [
        clip(1, gaze_theta=None, gaze_phi=None, gaze_share=None, **none),
        clip(2, gaze_theta=None, gaze_phi=None, gaze_share=0.2, **none),
        clip(3, **none | {"emotion": dict.fromkeys(("anger", "neutral"))}),
    ]
    page = page_of(
        build(tmp_path / "c", rows, [run(weights=None, versions=None, machine=None, command=None)], gaze=False)
    )
    assert "no main direction" in page
    assert "nothing to show" in page


def test_it_says_what_emotions_are_good_for(mixed: Path) -> None:
    assert "comparing\n      clips of one person with each other (question 6" in page_of(mixed)


def test_the_documented_question_compares_a_person_with_himself(tmp_path: Path) -> None:
    """One always looks happy, one never: each one's happiest clip is first in happiness all the same."""
    page = (ROOT / "docs/catalog.md").read_text()
    question = re.search(r"### 6\..*?```sql\n(.*?)```", page, re.DOTALL)
    assert question is not None
    rows = [
        clip(10 * person + n, subject_id=f"p{person}", emotion=dict.fromkeys(EMOTIONS, 0.1) | {"happiness": happy})
        for person, shares in enumerate([(0.8, 0.9, 0.95), (0.05, 0.2, 0.06), (0.5,)])
        for n, happy in enumerate(shares)
    ]
    found = catalogs.query(build(tmp_path / "c", rows), question[1]).to_pylist()
    assert [(row["subject_id"], row["clip"], row["stands_out"], row["strongest"]) for row in found] == [
        ("p0", "clip_00000.mp4", "happiness", "happiness"),
        ("p0", "clip_00001.mp4", "happiness", "happiness"),
        ("p0", "clip_00002.mp4", "happiness", "happiness"),
        ("p1", "clip_00010.mp4", "happiness", found[3]["strongest"]),
        ("p1", "clip_00011.mp4", "happiness", "happiness"),
        ("p1", "clip_00012.mp4", "happiness", found[5]["strongest"]),
    ]
    first = {row["clip"]: "happiness" in row["first_in"].split(", ") for row in found}
    assert [name for name, leads in first.items() if leads] == ["clip_00002.mp4", "clip_00011.mp4"]
    assert [row["z"] > 0 for row in found] == [False, True, True, False, True, False]


@pytest.mark.parametrize("weights", ['[{"name": "mesh"}]', '["mesh"]', '{"mesh": "abcd"}', "mesh", "[]", "7"])
def test_weights_in_any_form(tmp_path: Path, weights: str) -> None:
    page = page_of(build(tmp_path / "c", [clip(1)], [run(weights=weights)]))
    assert ("mesh" in page) == ("mesh" in weights)


def test_files_replaced_while_reading_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = build(tmp_path / "c", [clip(1)], [run()])
    real, calls = contents.runs, []

    def replaced_once(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
        calls.append(1)
        if len(calls) == 1:
            with catalogs.Writer.open(catalog, RECIPE, FINGERPRINT) as writer:
                writer.put_run(run(command="the second command"))
        return real(connection)

    monkeypatch.setattr(contents, "runs", replaced_once)
    page = page_of(catalog)
    assert len(calls) == 2
    assert "the second command" in page


def test_the_newest_run_is_one_that_read_clips(tmp_path: Path) -> None:
    """`jobs/latent_statistics.py` writes a run too, which says nothing about clips or weights."""
    after = datetime.datetime(2025, 1, 3)
    statistics = run(run_id="run-2", started=after, weights=None, command="python jobs/latent_statistics.py")
    page = page_of(build(tmp_path / "c", [clip(1)], [run(), statistics | {"statistics": "{}"}]))
    assert "Last run 2025-01-02 03:04 UTC" in page
    assert "face_mesh" in page
    assert "python jobs/extract.py --input videos" in page
    assert "<code>run-2</code>" in page
    page = page_of(build(tmp_path / "d", [clip(1)], [statistics | {"statistics": "{}"}]))
    assert "Last run" not in page
    assert "<code>run-2</code>" in page


def test_previews_that_are_no_jpeg_are_left_out(tmp_path: Path) -> None:
    page = page_of(build(tmp_path / "c", [clip(1)], sheet=b'"><b>', face=b""))
    assert "data:image/jpeg" not in page


def test_five_thousand_clips_stay_small_and_quick(tmp_path: Path) -> None:
    rows = [clip(n, *VERDICTS[n % len(VERDICTS)], subject_id=f"person {n % 900}") for n in range(5_000)]
    catalog = build(tmp_path / "c", rows, [run(run_id=f"run-{n}") for n in range(30)], jpeg(1, 96, 64), jpeg(2))
    start = time.perf_counter()
    page = page_of(catalog)
    assert time.perf_counter() - start < 10
    assert len(page.encode()) < 5_000_000
    assert "and 10 earlier runs" in page


def test_large_sheets_stop_at_the_budget_and_every_verdict_keeps_one(tmp_path: Path) -> None:
    verdicts = [verdict for verdict in VERDICTS if verdict[0] != "failed"]
    rows = [clip(n, *verdicts[n % len(verdicts)], subject_id=None) for n in range(6 * len(verdicts))]
    catalog = build(tmp_path / "c", rows, sheet=jpeg(1, 460, 300))
    page = page_of(catalog)
    groups = re.findall(r'data-verdict="(\w+)"(.*?)</details>', page, re.DOTALL)
    held = [text.count('src="data:image/jpeg') for _, text in groups]
    assert min(held) >= 1
    assert sum(held) < len(rows)
    assert len(page.encode()) < 5_000_000


def test_without_a_catalog_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(NoCatalog):
        write_report(str(tmp_path / "none"), tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    catalog = build(tmp_path / "c", [clip(1)])
    out = tmp_path / "deep" / "report.html"
    assert write_report(str(catalog), out) == out
    first = out.read_text()
    assert write_report(str(catalog), out) == out
    assert out.read_text().replace("Written", "")[:2000] == first.replace("Written", "")[:2000]
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_numbers_that_a_stage_of_this_catalog_adds_have_a_histogram(tmp_path: Path) -> None:
    said = {"unit": "grey value", "about": "of the face"}
    columns = pa.schema([pa.field("bright", pa.float32(), metadata=said), pa.field("hue", pa.string(), metadata=said)])
    with catalogs.Writer.open(tmp_path, RECIPE, FINGERPRINT, columns={"clips": columns}) as writer:
        key = hexes("bright")
        rows = conform("clips", [clip(1, "rejected", "too_dark", bright=-3.0, source_key=key, span_index=0)], columns)
        stage_span(tmp_path, key, 0, {"clips": rows, "latents": empty("latents"), "previews": empty("previews")})
        writer.commit()
    with catalogs.open(tmp_path) as connection:
        found = contents.labels(connection)
        assert [name for name in found if name not in contents.LABELS] == ["bright"]
        assert found["bright"].others.tolist() == [-3.0]
    figure = label_figures(found)[-1]
    assert (figure.title, figure.about) == ("bright", "A column that a stage of this catalog adds.")
    assert figure.chart is not None
