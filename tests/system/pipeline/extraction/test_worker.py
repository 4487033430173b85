"""Workers without Ray: a clip that crashes, hangs or raises is recorded with its cause and costs only itself."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pytest

import catalogs
from catalogs.place import locate
from catalogs.staging import read_span, span_name
from pipeline.extraction.limits import Limits
from pipeline.extraction.probe import ProbeResult, SourceTask, probes_from_json, tasks_to_json
from pipeline.extraction.probe_worker import ProbeWorker
from pipeline.extraction.span_worker import SpanWorker
from pipeline.extraction.tasks import SpanResult, SpanTask
from pipeline.listing.uris import content_hash
from tests.made import faulty

RECIPE = faulty.quick_recipe()
RUN = "run-1"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workers") / "catalog"
    catalogs.Writer.open(root, RECIPE.describe(), RECIPE.fingerprint).close()
    return root


@pytest.fixture(scope="module")
def worker(catalog: Path) -> SpanWorker:
    return SpanWorker(str(catalog), RECIPE, RUN, Limits())


@pytest.fixture(scope="module")
def prober() -> ProbeWorker:
    return ProbeWorker(Limits())


def job(path: Path, number: int, uri: str | None = None) -> SpanTask:
    key = f"{number:032x}"
    return SpanTask(uri or str(path), key, content_hash(str(path)), 0, 1, 0.0, 1.0, None, "train")


def row(catalog: Path, job: SpanTask) -> dict:
    tables = read_span(locate(catalog), span_name(job.source_key, job.span_index))
    assert tables["clips"].num_rows == 1
    return tables["clips"].to_pylist()[0]


def done(worker: SpanWorker, *jobs: SpanTask) -> list[SpanResult]:
    return [SpanResult.from_json(text) for text in worker({"job": [job.to_json() for job in jobs]})["done"]]


def test_a_crash_is_tried_twice_and_the_rest_of_the_batch_unharmed(
    worker: SpanWorker, catalog: Path, tmp_path: Path
) -> None:
    names = ("fine", "crash", "crash_once", "also_fine")
    paths = [faulty.tiny_video(tmp_path / f"{name}.mp4", i) for i, name in enumerate(names)]
    jobs = [job(path, 10 + i) for i, path in enumerate(paths)]
    answers = done(worker, *jobs)
    assert [answer.source_key for answer in answers] == [item.source_key for item in jobs]
    assert [answer.clips for answer in answers] == [
        [("accepted", None, 1.0)],
        [("failed", "crashed", 1.0)],
        [("accepted", None, 1.0)],
        [("accepted", None, 1.0)],
    ]
    assert [faulty.visits(path) for path in paths] == [1, 2, 2, 1]
    failed = row(catalog, jobs[1])
    assert failed["detail"].startswith(f"{paths[1]}: the worker died of SIGSEGV")
    assert re.search(r"\(tried twice, \d+ s the second time\); transcode the file$", failed["detail"])
    assert (failed["split"], failed["run_id"], failed["recipe"]) == ("train", RUN, RECIPE.fingerprint)
    assert row(catalog, jobs[3])["frames"] == 25
    assert {stage for stage, spent in answers[0].seconds.items() if spent > 0} == {"survey", "probe", "screen"}


@pytest.mark.slow
def test_a_hang_is_tried_twice_then_recorded_as_a_timeout(
    worker: SpanWorker, catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = job(faulty.tiny_video(tmp_path / "hang.mp4", 21), 21)
    with monkeypatch.context() as patch:
        patch.setattr(worker._runner, "_limits", Limits(seconds=1.5))
        assert done(worker, hung)[0].clips == [("failed", "timeout", 1.0)]
    detail = row(catalog, hung)["detail"]
    assert detail.startswith(f"{hung.uri}: the worker took longer than 1.5 s (tried twice,")
    fine = job(faulty.tiny_video(tmp_path / "fine.mp4", 22), 22)
    assert done(worker, fine)[0].clips == [("accepted", None, 1.0)]


def test_a_process_whose_own_gpu_fails_is_replaced(worker: SpanWorker, catalog: Path, tmp_path: Path) -> None:
    names = ("lose_gpu_once", "lose_gpu", "fine")
    paths = [faulty.tiny_video(tmp_path / f"{name}.mp4", i) for i, name in enumerate(names)]
    jobs = [job(path, 71 + i) for i, path in enumerate(paths)]
    answers = done(worker, *jobs)
    assert [answer.clips[0][:2] for answer in answers] == [
        ("accepted", None),
        ("failed", "crashed"),
        ("accepted", None),
    ]
    assert [faulty.visits(path) for path in paths] == [2, 2, 1]
    assert "the GPU failed: CUDA error: device-side assert triggered" in row(catalog, jobs[1])["detail"]


def test_a_short_limit_is_for_clips_and_not_for_loading_networks(catalog: Path) -> None:
    assert SpanWorker(str(catalog), RECIPE, RUN, Limits(seconds=0.01)) is not None


def test_an_exception_names_stage_and_cause_and_is_not_tried_again(
    worker: SpanWorker, catalog: Path, tmp_path: Path
) -> None:
    raised = job(faulty.tiny_video(tmp_path / "raise.mp4", 31), 31)
    broken = job(faulty.tiny_video(tmp_path / "broken.mp4", 32), 32)
    refused = job(faulty.tiny_video(tmp_path / "reject.mp4", 33), 33)
    answers = done(worker, raised, broken, refused)
    assert [answer.clips[0][:2] for answer in answers] == [
        ("failed", "error"),
        ("failed", "unreadable"),
        ("rejected", "no_face"),
    ]
    assert row(catalog, raised)["detail"] == "stage screen: LookupError: asked for by raise"
    assert row(catalog, broken)["detail"] == f"{broken.uri}: damaged on purpose"
    assert row(catalog, refused)["detail"] == "0 faces, 1 wanted"
    assert faulty.visits(raised.uri) == 1


def test_an_array_that_is_no_number_never_reaches_latents(worker: SpanWorker, catalog: Path, tmp_path: Path) -> None:
    spoiled = job(faulty.tiny_video(tmp_path / "nan.mp4", 34), 34)
    fine = job(faulty.tiny_video(tmp_path / "fine.mp4", 35), 35)
    assert [answer.clips[0][:2] for answer in done(worker, spoiled, fine)] == [("failed", "error"), ("accepted", None)]
    detail = row(catalog, spoiled)["detail"]
    assert detail.startswith("stage screen: its array gaze is NaN, first at frame 0 and so in all 25;")
    assert read_span(locate(catalog), span_name(spoiled.source_key, spoiled.span_index))["latents"].num_rows == 0


def test_a_file_that_went_bad_after_the_probe_is_unreadable(worker: SpanWorker, catalog: Path, tmp_path: Path) -> None:
    path = faulty.tiny_video(tmp_path / "later_text.mp4", 41)
    spoiled = job(path, 41)
    path.write_text("no video any more")
    vanished = job(faulty.tiny_video(tmp_path / "vanishes.mp4", 42), 42)
    Path(vanished.uri).unlink()
    answers = done(worker, spoiled, vanished)
    assert [answer.clips[0][:2] for answer in answers] == [("failed", "unreadable")] * 2
    assert spoiled.uri in row(catalog, spoiled)["detail"]
    assert vanished.uri in row(catalog, vanished)["detail"]


def test_a_span_staged_in_this_run_is_not_done_twice(worker: SpanWorker, catalog: Path, tmp_path: Path) -> None:
    once = job(faulty.tiny_video(tmp_path / "fine.mp4", 51), 51)
    first = done(worker, once)[0]
    again = done(worker, once)[0]
    assert faulty.visits(once.uri) == 1
    assert replace(again, began=first.began) == first


def test_a_span_staged_by_another_run_is_done_again(catalog: Path, tmp_path: Path) -> None:
    path = faulty.tiny_video(tmp_path / "fine.mp4", 61)
    done(SpanWorker(str(catalog), RECIPE, "run-0", Limits()), job(path, 61))
    done(SpanWorker(str(catalog), RECIPE, RUN, Limits()), job(path, 61))
    assert faulty.visits(path) == 2
    assert row(catalog, job(path, 61))["run_id"] == RUN


def probe(prober: ProbeWorker, path: Path, **given: float) -> ProbeResult:
    listed = SourceTask(0, str(path), "0" * 32, None, None, given.get("start_s"), given.get("end_s"))
    (found,) = probes_from_json(prober({"job": [tasks_to_json([listed])]})["probes"][0])
    return found


def test_probe_of_a_video(prober: ProbeWorker, tmp_path: Path) -> None:
    path = faulty.tiny_video(tmp_path / "clip.mp4", seconds=2)
    found = probe(prober, path)
    assert (found.content, found.error) == (content_hash(str(path)), None)
    assert (found.start_s, found.end_s) == (0.0, pytest.approx(2.0))
    part = probe(prober, path, start_s=0.5, end_s=9)
    assert (part.start_s, part.end_s) == (0.5, pytest.approx(2.0))
    outside = probe(prober, path, start_s=5, end_s=6)
    assert outside.error == f"{path}: lasts 2.00 s, but 5.00 to 6.00 s is listed"


def test_probe_of_what_is_no_video(prober: ProbeWorker, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is text\n" * 50)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "noise.mkv").write_bytes(np.random.default_rng(0).bytes(10_000))
    sound(tmp_path / "sound.m4a")
    for name, cause in (
        ("text.mp4", "not a readable video"),
        ("empty.mp4", "not a readable video"),
        ("noise.mkv", "not a readable video"),
        ("sound.m4a", "has no video stream; only videos can be extracted"),
    ):
        found = probe(prober, tmp_path / name)
        assert found.error is not None
        assert found.error.startswith(f"{tmp_path / name}: ")
        assert cause in found.error
        assert found.content == content_hash(str(tmp_path / name))


def test_probe_of_what_is_not_there(prober: ProbeWorker, tmp_path: Path) -> None:
    found = probe(prober, tmp_path / "missing.mp4")
    assert found.content is None
    assert found.error is not None
    assert found.error.startswith(f"{tmp_path}/missing.mp4: cannot be read (")
    assert "[Errno 2] No such file" in found.error
    assert found.error.endswith("check the path and its permissions")


def test_probe_of_a_file_whose_bytes_never_come(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    found = probe(ProbeWorker(Limits(seconds=1)), tmp_path / "pipe.mp4")
    assert found.content is None
    cause = "cannot be read (took longer than 1 s); run again with a larger --timeout, or when it can be read"
    assert found.error == f"{tmp_path}/pipe.mp4: {cause}"
    assert found.reason == "unreachable"


@pytest.mark.parametrize(
    ("name", "cause", "reason"),
    [
        ("segfault", "died of SIGSEGV", "crashed"),
        ("hang", "took longer than 1 s", "timeout"),
        ("fail", "LookupError: asked for", "error"),
    ],
)
def test_probe_of_a_header_that_takes_the_reader_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cause: str, reason: str
) -> None:
    prober = ProbeWorker(Limits(seconds=5 if name != "hang" else 1))
    call = prober._child.call

    def astray(function: str, *arguments: object, seconds: float, asked: object = None) -> object:
        if "header" in function:
            return call(f"tests.made.faulty:{name}", seconds=seconds)
        return call(function, *arguments, seconds=60)

    monkeypatch.setattr(prober._child, "call", astray)
    path = faulty.tiny_video(tmp_path / "clip.mp4")
    found = probe(prober, path)
    assert found.error is not None
    assert found.error.startswith(f"{path}: reading its header {cause}")
    assert found.error.endswith("remove or transcode the file")
    assert found.reason == reason
    assert found.content == content_hash(str(path))


def sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_a_staged_span_that_is_committed_meanwhile_costs_neither_clip_nor_worker(
    worker: SpanWorker, catalog: Path, tmp_path: Path
) -> None:
    again = job(faulty.tiny_video(tmp_path / "fine.mp4", 91), 91)
    assert done(worker, again)[0].clips == [("accepted", None, 1.0)]
    path = catalog / span_name(again.source_key, 0)
    path.unlink()
    assert done(worker, again)[0].clips == [("accepted", None, 1.0)]
    assert path.exists()
    path.write_bytes(b"damaged")
    assert done(worker, again)[0].clips == [("accepted", None, 1.0)]
    assert row(catalog, again)["status"] == "accepted"


def test_a_full_disk_is_no_verdict_on_a_clip(
    worker: SpanWorker, catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = job(faulty.tiny_video(tmp_path / "fine.mp4", 92), 92)
    with monkeypatch.context() as patch:
        patch.setattr(pa.ipc, "new_stream", full)
        (answer,) = done(worker, span)
    assert answer.clips == [], row(catalog, span)["detail"]
    assert answer.problem is not None
    assert answer.problem.startswith(f"{catalog}/_work cannot be written to: the file system at ")
    assert not list((catalog / "_work").glob(f"*{92:032x}*"))
    with monkeypatch.context() as patch:
        patch.setattr(worker._runner._files, "local", full)
        (answer,) = done(worker, span)
    assert answer.problem is not None
    assert answer.problem.startswith(f"{tempfile.gettempdir()} cannot be written to")
    assert done(worker, span)[0].clips == [("accepted", None, 1.0)]


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
