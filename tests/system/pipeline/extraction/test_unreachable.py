"""Sources on a server that fails: what passes is waited for, then recorded as undecided and tried by the next run."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from pipeline.errors import InputError
from pipeline.extraction import fetching
from pipeline.extraction.limits import Limits
from pipeline.extraction.probe import SourceTask
from pipeline.extraction.probe_worker import ProbeWorker
from pipeline.extraction.result import Result
from pipeline.listing.reach import Patience
from tests.made import faulty
from tests.made.faulty_server import Answer, Site, faulty_site
from tests.made.inline import ask, counts, do, runs

BUSY = Answer(b"busy", 503)
QUICK = Limits(seconds=20, patience=Patience(wait_s=0.01))


@pytest.fixture
def site() -> Iterator[Site]:
    with faulty_site() as found:
        yield found


@pytest.fixture
def video(tmp_path: Path) -> bytes:
    return faulty.tiny_video(tmp_path / "made.mp4", 3).read_bytes()


@pytest.fixture
def extract(catalog: Path, tmp_path: Path) -> Callable[..., Result]:
    """Extract these URLs, named by a manifest."""

    def run(*urls: str, **more: Any) -> Result:
        (tmp_path / "list.csv").write_text("uri\n" + "".join(f"{url}\n" for url in urls))
        return do(catalog, tmp_path / "list.csv", limits=QUICK, **more)

    return run


@pytest.mark.usefixtures("without_ray")
def test_a_server_that_is_busy_twice_costs_two_waits(extract: Callable[..., Result], site: Site, video: bytes) -> None:
    url = site.serve("/a.mp4", BUSY, BUSY, Answer(video))
    assert counts(extract(url)) == (1, 1, {}, 0, 0)
    assert extract(url).decided_before == 1


@pytest.mark.usefixtures("without_ray")
def test_what_stays_out_of_reach_is_undecided_until_it_can_be_reached(
    extract: Callable[..., Result], site: Site, video: bytes, catalog: Path
) -> None:
    good, bad = site.serve("/good.mp4", Answer(video)), site.serve("/bad.mp4", BUSY)
    first = extract(good, bad)
    assert (counts(first), first.unreachable) == ((2, 1, {}, 1, 0), 1)
    assert first.summary()["unreachable"] == 1
    ((status, reason, detail),) = ask(catalog, "status, reason, detail", "source_uri like '%bad%'")
    assert (status, reason) == ("failed", "unreachable")
    assert detail.startswith(f"{bad}: cannot be read (HTTP 503: ")
    assert detail.endswith("run the same command again when it can be reached")
    again = extract(good, bad)
    assert (counts(again), again.unreachable) == ((2, 1, {}, 1, 1), 1)
    site.serve("/bad.mp4", Answer(video + b"\0" * 8))
    last = extract(good, bad)
    assert (counts(last), last.unreachable) == ((2, 2, {}, 0, 1), 0)
    assert ask(catalog, "status") == [("accepted",)] * 2
    assert [row["status"] for row in runs(catalog)] == ["unfinished", "unfinished", "finished"]


@pytest.mark.usefixtures("without_ray")
def test_a_download_that_fails_after_the_server_knew_the_file_leaves_no_second_row(
    extract: Callable[..., Result], site: Site, video: bytes, catalog: Path
) -> None:
    url = site.serve("/a.mp4", Answer(video), BUSY)  # asked for its size first
    assert extract(url).unreachable == 1
    assert extract(url).unreachable == 1
    assert len(ask(catalog)) == 1
    site.serve("/a.mp4", Answer(video))
    assert counts(extract(url)) == (1, 1, {}, 0, 0)
    assert ask(catalog, "status, reason") == [("accepted", None)]


@pytest.mark.usefixtures("without_ray")
@pytest.mark.parametrize("status", [404, 403, 410])
def test_what_the_server_refuses_for_good_is_a_verdict(
    extract: Callable[..., Result], site: Site, catalog: Path, status: int
) -> None:
    url = site.serve("/a.mp4", Answer(b"no", status))
    found = extract(url)
    assert (counts(found), found.unreachable) == ((1, 0, {}, 1, 0), 0)
    assert ask(catalog, "reason") == [("unreadable",)]
    assert extract(url).decided_before == 1


@pytest.mark.usefixtures("without_ray")
def test_inputs_on_a_server_that_does_not_answer(catalog: Path, site: Site, video: bytes) -> None:
    assert do(catalog, f"{site.serve('/a.mp4', BUSY)}", limits=QUICK).unreachable == 1
    nowhere = "http://nowhere.invalid/a.mp4"
    assert do(catalog, nowhere, limits=QUICK).unreachable == 1
    with pytest.raises(InputError, match=r"gone\.mp4: is not there"):
        do(catalog, f"{site.url}/gone.mp4", limits=QUICK)
    with pytest.raises(OSError, match=r"list\.csv: cannot be read \(HTTP 503.*tried 5 times"):
        do(catalog, site.serve("/list.csv", BUSY), limits=QUICK)


@pytest.mark.usefixtures("without_ray")
def test_a_protocol_without_its_package_costs_only_its_source(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(uri: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    (folder / "list.csv").write_text("uri\na.mp4\ns3://bucket/b.mp4\n")
    found = do(catalog, folder / "list.csv", limits=QUICK)
    assert (counts(found), found.unreachable) == ((2, 1, {}, 1, 0), 1)
    ((detail,),) = ask(catalog, "detail", "reason = 'unreachable'")
    assert "Install s3fs to access S3" in detail
    assert "install the package named" in detail


@pytest.mark.usefixtures("without_ray")
@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ENOSPC])
def test_a_disk_that_fails_is_no_verdict(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def broken(path: str, heard: object) -> str:
        raise OSError(code, "the disk")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_hash", broken)
        assert do(catalog, folder / "a.mp4", limits=QUICK).unreachable == 1
    assert counts(do(catalog, folder / "a.mp4")) == (1, 1, {}, 0, 0)


@pytest.mark.usefixtures("without_ray")
def test_a_source_that_can_no_longer_be_reached_in_the_extraction(
    catalog: Path, site: Site, video: bytes, tmp_path: Path
) -> None:
    url = site.serve("/a.mp4", Answer(video), Answer(video), BUSY)  # asked, probed, then not extracted
    (tmp_path / "list.csv").write_text(f"uri\n{url}\n")
    found = do(catalog, tmp_path / "list.csv", limits=QUICK)
    assert (counts(found), found.unreachable) == ((1, 0, {}, 1, 0), 1)
    copy = faulty.tiny_video(tmp_path / "copy.mp4", 3)
    assert copy.read_bytes() == video
    assert counts(do(catalog, copy)) == (1, 1, {}, 0, 0)  # no duplicate of what is not decided
    site.serve("/a.mp4", Answer(video))
    assert counts(do(catalog, tmp_path / "list.csv", limits=QUICK)) == (1, 0, {"duplicate": 1}, 0, 0)


@pytest.mark.usefixtures("without_ray")
@pytest.mark.parametrize("again", ["recompute", "retry_failed"])
def test_what_is_out_of_reach_when_it_is_decided_again_stays_as_it_was(
    extract: Callable[..., Result], site: Site, video: bytes, catalog: Path, again: str
) -> None:
    content = video if again == "recompute" else b"no video"
    url = site.serve("/a.mp4", Answer(content))
    extract(url)
    before = ask(catalog, "clip_id, status, reason, run_id")
    site.serve("/a.mp4", Answer(content), BUSY)  # asked for its size first
    found = extract(url, **{again: True})
    assert found.unreachable == 1
    assert ask(catalog, "clip_id, status, reason, run_id") == before
    assert runs(catalog)[-1]["status"] == "unfinished"
    site.serve("/a.mp4", Answer(content))
    assert extract(url, **{again: True}).unreachable == 0
    ((clip, status, _, run),) = ask(catalog, "clip_id, status, reason, run_id")
    assert (clip, status) == before[0][:2]
    assert run != before[0][3]


def job(uri: str) -> SourceTask:
    return SourceTask(0, uri, "0" * 32, None, None, None, None)


def test_a_server_that_hangs_costs_the_time_limit(site: Site) -> None:
    url = site.serve("/a.mp4", Answer(b"x" * 1000, cut=10, stall=60))
    worker = ProbeWorker(Limits(seconds=1.5))
    began = time.monotonic()
    (found,) = worker.probe([job(url)])
    worker.close()
    assert (found.content, found.reason) == (None, "unreachable")
    assert f"{url}: cannot be read (took longer than 1.5 s); run again with a larger --timeout" in str(found.error)
    assert time.monotonic() - began < 10


def test_a_connection_that_breaks_off_is_tried_again(site: Site, video: bytes) -> None:
    url = site.serve("/a.mp4", Answer(video, cut=100), Answer(video, cut=200), Answer(video))
    worker = ProbeWorker(QUICK)
    (found,) = worker.probe([job(url)])
    worker.close()
    assert (found.error, found.end_s) == (None, pytest.approx(1.0))
    assert len(site.requests) == 3


def test_one_download_a_file_for_all_its_spans(site: Site, video: bytes) -> None:
    url = site.serve("/a.mp4", Answer(video))
    heard: list[int] = []
    worker = ProbeWorker(QUICK)
    found = worker.probe([job(url)] * 3, heard.append)
    worker.close()
    assert [probe.error for probe in found] == [None] * 3
    assert len(site.requests) == 1
    assert sum(heard) == len(video) == found[0].bytes
    assert [probe.bytes for probe in found[1:]] == [0, 0]


def test_the_copy_goes_when_the_download_fails(
    site: Site, video: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = ProbeWorker(Limits(seconds=1))
    worker.probe([job(site.serve("/a.mp4", Answer(video, cut=100, stall=30)))])
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    worker.close()
