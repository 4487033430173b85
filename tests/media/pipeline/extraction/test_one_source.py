"""Whatever goes wrong with one source, wherever it does, is that source's row; the others are decided."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogs import staging
from catalogs.errors import BadSpan, SchemaError
from pipeline.errors import RunError
from pipeline.extraction import fetching, run, span_stager
from pipeline.extraction import span_worker as workers
from pipeline.extraction.probe import ProbeResult, SourceTask
from pipeline.extraction.source_cache import SourceCache
from pipeline.extraction.span_worker import SpanRunner, SpanWorker
from pipeline.listing import stamps
from tests.made import faulty
from tests.made.inline import ask, counts, do

pytestmark = pytest.mark.usefixtures("without_ray")

HIT = "reject_b.mp4"


def hit(job: Any) -> bool:
    """Whether the job is of the source that something happens to."""
    return str(job.uri).endswith(HIT)


def raising(call: Callable[..., Any], error: Exception, at: Callable[..., bool]) -> Callable[..., Any]:
    """`call`, but it raises where `at` says so of its arguments."""

    def astray(*arguments: Any, **more: Any) -> Any:
        if at(*arguments):
            raise error
        return call(*arguments, **more)

    return astray


def assert_only_one_failed(catalog: Path, folder: Path, words: str, reason: str = "error") -> None:
    """One failed row with these words for the source; the others as ever, and all are decided."""
    assert counts(do(catalog, folder)) == (3, 1, {}, 2, 0)
    ((status, found, detail),) = ask(catalog, "status, reason, detail", f"source_uri like '%{HIT}'")
    assert (status, found) == ("failed", reason)
    assert f"{folder}/{HIT}: " in detail
    assert words in detail
    assert ask(catalog, "status", "source_uri like '%/a.mp4'") == [("accepted",)]
    assert do(catalog, folder).decided_before == 3


@pytest.mark.parametrize(("owner", "method"), [(SpanWorker, "_finished"), (SpanRunner, "_attempt")])
def test_the_worker_s_own_code(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    astray = raising(getattr(owner, method), KeyError("lost"), lambda worker, job, *_: hit(job))
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, astray)
        assert_only_one_failed(catalog, folder, "the worker stopped on it (KeyError: 'lost')")
    assert counts(do(catalog, folder, retry_failed=True)) == (3, 1, {"no_face": 1}, 1, 1)


def of_hit(source: Path) -> Callable[..., bool]:
    """Whether rows to be staged are those of the source."""
    return lambda root, key, index, tables: tables["clips"]["source_uri"][0].as_py() == str(source)


def test_staging_that_fails_once(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [SchemaError("clips.pitch holds NaN or infinity")]
    of = of_hit(folder / HIT)
    staged = workers.stage_span

    def once(*arguments: Any) -> Any:
        if of(*arguments) and left:
            raise left.pop()
        return staged(*arguments)

    monkeypatch.setattr(workers, "stage_span", once)
    assert_only_one_failed(catalog, folder, "clips.pitch holds NaN or infinity")


def test_staging_that_always_fails_in_the_worker(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "stage_span", raising(workers.stage_span, ValueError("no"), of_hit(folder / HIT)))
    assert_only_one_failed(catalog, folder, "the worker stopped on it (ValueError: no)")


def test_a_staged_span_that_cannot_be_committed(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = of_hit(folder / HIT)
    staged = workers.stage_span

    def spoilt(*arguments: Any) -> str:
        name = staged(*arguments)
        if of(*arguments):
            path = catalog / name
            path.write_bytes(path.read_bytes()[:100])
        return name

    monkeypatch.setattr(workers, "stage_span", spoilt)
    assert_only_one_failed(catalog, folder, "its rows do not fit the catalog")


@pytest.mark.parametrize("error", [SchemaError("clips.detail: no"), BadSpan("no clips")])
def test_a_lone_row_that_does_not_fit(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    (folder / HIT).write_text("no video")
    left = [error]
    staged = span_stager.stage_span

    def once(*arguments: Any) -> Path:
        if left and of_hit(folder / HIT)(*arguments):
            raise left.pop()
        return staged(*arguments)

    monkeypatch.setattr(span_stager, "stage_span", once)
    assert_only_one_failed(catalog, folder, str(error))


@pytest.mark.parametrize("error", [RuntimeError("what now"), OSError("the disk")])
def test_the_probe(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    found = ProbeResult.of.__func__  # type: ignore[attr-defined]
    astray = raising(found, error, lambda _, job, *rest: hit(job))
    monkeypatch.setattr(ProbeResult, "of", classmethod(astray))
    assert_only_one_failed(catalog, folder, f"its probe stopped ({type(error).__name__}: {error})")


def test_the_probe_s_copy(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    astray = raising(SourceCache.read, MemoryError(), lambda files, uri, *_: uri.endswith(HIT))
    monkeypatch.setattr(SourceCache, "read", astray)
    assert_only_one_failed(catalog, folder, "its probe stopped (MemoryError: )")


@pytest.mark.parametrize("duration", [float("nan"), float("inf"), 1e12])
def test_a_header_that_promises_the_impossible(tmp_path: Path, duration: float) -> None:
    found = ProbeResult.of(SourceTask(0, "/a.mp4", "0" * 32, None, None, None, None), "bytes", duration)
    assert found.reason == "unreadable"
    assert "which no video does; transcode the file" in str(found.error)


def test_a_stamp_that_raises_anything(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    astray = raising(stamps.stamp, ValueError("embedded null byte"), lambda uri: uri.endswith(HIT))
    monkeypatch.setattr(stamps, "stamp", astray)
    assert counts(do(catalog, folder)) == (3, 1, {"no_face": 1}, 1, 0)  # its bytes can be read all the same


def test_a_folder_that_cannot_be_entered_fails_under_its_name(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clips" / "closed").mkdir(parents=True)
    faulty.tiny_video(tmp_path / "clips" / "a.mp4")
    scan = run.list_sources.__globals__["os"].scandir
    error = PermissionError(13, "Permission denied")
    monkeypatch.setattr("os.scandir", raising(scan, error, lambda path: str(path).endswith("closed")))
    assert counts(do(catalog, f"{tmp_path}/clips/**")) == (2, 1, {}, 1, 0)
    ((uri, reason),) = ask(catalog, "source_uri, reason", "status = 'failed'")
    assert (uri, reason) == ("closed", "unreadable")


def test_a_disk_of_the_catalog_that_is_full_ends_the_run(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = raising(staging.stage_span, OSError(28, "No space left on device"), lambda *_: True)
    monkeypatch.setattr(workers, "stage_span", full)
    monkeypatch.setattr(span_stager, "stage_span", full)
    with pytest.raises(RunError, match="No space left on device"):
        do(catalog, folder)


def test_a_disk_that_fails_while_a_file_is_decoded_decides_nothing(
    catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = faulty.tiny_video(folder / "broken_d.mp4", 9)
    whole, read = fetching._hash, []

    def failing(path: str, heard: Any) -> str:
        read.append(path)
        if read.count(str(broken)) > 1:  # the first time is before it is decoded
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return whole(path, heard)

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_hash", failing)
        assert do(catalog, folder).unreachable == 1
    ((reason, detail),) = ask(catalog, "reason, detail", "source_uri like '%/broken_d.mp4'")
    assert reason == "unreachable"
    assert os.strerror(errno.EIO) in detail
    assert do(catalog, folder).unreachable == 0
    assert ask(catalog, "reason", "source_uri like '%/broken_d.mp4'") == [("unreadable",)]
