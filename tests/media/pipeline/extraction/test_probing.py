"""The probe of a list: each file once, in threads of this process or through Ray, with its progress."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import catalogs
from pipeline.extraction import fetching, probing
from pipeline.extraction.limits import Limits
from pipeline.extraction.probe import SourceTask, grouped
from pipeline.extraction.progress import ProbeProgress
from tests.made import faulty
from tests.made.inline import ask, counts, do

pytestmark = pytest.mark.usefixtures("without_ray")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were read for a hash, in their order."""
    paths: list[str] = []
    hashed = fetching._hash

    def noted(path: str, heard: object) -> str:
        paths.append(path)
        return hashed(path, heard)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching, "_hash", noted)
    return paths


def job(position: int, uri: Path, start_s: float | None = None) -> SourceTask:
    return SourceTask(position, str(uri), f"{position:032x}", None, None, start_s, None)


@pytest.mark.parametrize("short", [200, 0])
def test_a_file_of_many_spans_is_read_once(
    folder: Path, read: list[str], monkeypatch: pytest.MonkeyPatch, short: int
) -> None:
    monkeypatch.setattr(probing, "SHORT", short)
    jobs = [job(i, folder / "a.mp4", i / 10) for i in range(5)] + [job(5, folder / "reject_b.mp4")]
    out = io.StringIO()
    found = probing.probe(jobs, Limits(), 2, ProbeProgress(6, out=out, every=0.0))
    assert sorted(read) == [f"{folder}/a.mp4", f"{folder}/reject_b.mp4"]
    assert sorted((probe.job.position, probe.start_s) for probe in found) == [
        *((i, pytest.approx(i / 10)) for i in range(5)),
        (5, 0.0),
    ]
    assert out.getvalue().splitlines()[-1].startswith("probed 6/6 sources  0 MB")


def test_one_source_that_raises_leaves_no_thread_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(self: object, jobs: object, heard: object) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(probing.ProbeWorker, "probe", ended)
    with pytest.raises(SystemExit):
        probing.probe([job(0, folder / "a.mp4")], Limits(), 1)


def test_groups_keep_the_order_of_the_list() -> None:
    a, b = Path("/a.mp4"), Path("/b.mp4")
    jobs = [job(0, b), job(1, a), job(2, b, 1.0)]
    assert grouped(jobs) == [[jobs[0], jobs[2]], [jobs[1]]]


def test_the_segments_of_a_manifest(folder: Path, catalog: Path, read: list[str]) -> None:
    rows = "".join(f"a.mp4,{i / 10},{(i + 1) / 10 + 0.05}\n" for i in range(4))
    (folder / "list.csv").write_text("uri,start_s,end_s\n" + rows)
    assert counts(do(catalog, folder / "list.csv", recipe=faulty.quick_recipe(min_seconds=0.05))) == (4, 4, {}, 0, 0)
    assert read == [f"{folder}/a.mp4"]


def test_progress_of_a_probe() -> None:
    out = io.StringIO()
    progress = ProbeProgress(4, out=out, every=0.0)
    progress.add_bytes(5_000_000)
    progress.add(3, 1_000_000)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("probed 0/4 sources  5 MB")
    assert lines[1].startswith("probed 3/4 sources  6 MB")
    assert progress.line(2.0) == "probed 3/4 sources  6 MB  3 MB/s"
    quick = io.StringIO()
    ProbeProgress(1, out=quick).add(1, 10)
    ProbeProgress(1, quiet=True, out=quick, every=0.0).add(1, 10)
    assert quick.getvalue() == ""


def test_what_a_manifest_says_more_is_in_the_catalog_and_follows_it(folder: Path, catalog: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("uri,speaker,age,source\na.mp4,Ann,31,tv\nreject_b.mp4,Bob,,\nraise_c.mp4,,,\n")
    do(catalog, manifest)
    columns = "source_uri, user"
    expected = [
        ("a.mp4", [("speaker", "Ann"), ("age", "31"), ("source", "tv")]),
        ("raise_c.mp4", None),
        ("reject_b.mp4", [("speaker", "Bob")]),
    ]
    assert ask(catalog, columns) == expected
    manifest.write_text(manifest.read_text().replace("Ann,31", "Anna,32"))
    assert do(catalog, manifest).decided_before == 3
    assert ask(catalog, "user['speaker'] s, user['age'] a", "source_uri like '%/a.mp4'") == [("Anna", "32")]
    do(catalog, folder / "a.mp4")
    assert ask(catalog, columns, "source_uri like '%/a.mp4'") == [("a.mp4", None)]
    assert ask(catalog, columns, "source_uri like '%b.mp4'") == [expected[2]]
    kinds = catalogs.query(catalog, "select typeof(user) t from clips limit 1").to_pylist()
    assert kinds == [{"t": "MAP(VARCHAR, VARCHAR)"}]
