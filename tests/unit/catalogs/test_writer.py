from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalogs import writer as writing
from catalogs.errors import CatalogBusy, CatalogError, RecipeMismatch, VersionMismatch
from catalogs.schema import VERSION, conform, empty
from catalogs.staging import stage_span
from catalogs.writer import DECIDED, Writer
from tests.made.sample_spans import (
    FINGERPRINT,
    RECIPE,
    assert_glob_is_view,
    assert_whole,
    clip_row,
    column,
    file_names,
    hexes,
    rows_of,
    run_row,
    source_key,
    span_tables,
    stage,
)

OTHER = {
    "stages": [
        {"name": "probe", "parameters": {"minimum": 3}},
        {"name": "quality", "parameters": {"minimum": 0}},
    ]
}


def _open(root: Path, **more: bool) -> Writer:
    return Writer.open(root, RECIPE, FINGERPRINT, **more)


def test_a_new_catalog_can_be_read_at_once(root: Path) -> None:
    with _open(root) as writer:
        assert writer.decided().column_names == list(DECIDED)
        assert writer.decided().num_rows == 0
        assert writer.commit() == 0
    assert_glob_is_view(root)
    assert all(len(file_names(root, table)) == 1 for table in ("clips", "latents", "previews", "runs"))


def test_a_commit_publishes_whole_spans(root: Path) -> None:
    with _open(root) as writer:
        stage(root, 1, cuts=3)
        stage(root, 1, span=1, status="rejected")
        stage(root, 2, status="failed")
        assert assert_whole(root) == 0
        assert writer.commit() == 5
        assert writer.commit() == 0
        decided = writer.decided().sort_by([("source_uri", "ascending"), ("start_s", "ascending")]).to_pylist()
    assert assert_whole(root) == 5
    assert os.listdir(root / "_work") == []
    assert [row["status"] for row in decided] == ["accepted"] * 3 + ["rejected", "failed"]
    assert decided[-1]["reason"] == "timeout"
    assert decided[-1]["source_key"] == source_key(2)
    ids = column(root, "SELECT clip_id FROM clips")
    assert ids == sorted(ids)
    assert {name.removeprefix("part-")[:8] for name in file_names(root, "clips")} == {"00000002"}
    assert file_names(root, "clips") == file_names(root, "latents")  # one name a commit


def test_frames_are_a_table_where_there_are_any(root: Path) -> None:
    with _open(root) as writer:
        stage_span(root, source_key(1), 0, span_tables([clip_row(1)], crops=True))
        writer.commit()
        assert [row["crops"] for row in rows_of(root, "frames")] == [[b"a", b"b"]]
        writer.maintain(lambda clips: clips.slice(0, 0))
    assert rows_of(root, "frames") == []


def test_staging_a_committed_span_again_does_not_double_it(root: Path) -> None:
    with _open(root) as writer:
        for source in range(4):
            stage(root, source, cuts=2)
        writer.commit()
        before = {table: rows_of(root, table) for table in ("clips", "latents", "previews")}
        stage(root, 2, cuts=2)
        assert writer.commit() == 2
        assert {table: rows_of(root, table) for table in before} == before
        stage(root, 2, status="failed")
        writer.commit()
    assert assert_whole(root) == 7
    assert_glob_is_view(root)


@pytest.mark.slow
def test_a_thousand_spans_are_a_few_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(root) as writer:
        clips = conform("clips", [clip_row(source, status="failed") for source in range(1000)])
        none = {"latents": empty("latents"), "previews": empty("previews")}
        monkeypatch.setattr(os, "fsync", lambda handle: None)
        for source in range(1000):
            first = stage_span(root, source_key(source), 0, {"clips": clips.slice(source, 1), **none})
        monkeypatch.setattr(writing, "BATCH_BYTES", 300 * (root / first).stat().st_size)
        assert writer.commit() == 1000
        assert 2 <= len(file_names(root, "clips")) <= 10
        assert writer.maintain(lambda clips: clips)
    assert len(file_names(root, "clips")) == 1
    assert len([path for path in root.rglob("*") if path.is_file()]) < 15
    assert assert_whole(root) == 1000


def test_many_commits_are_folded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FOLD_AT", 5)
    with _open(root) as writer:
        for source in range(14):
            stage(root, source)
            writer.commit()
            assert len(file_names(root, "clips")) <= 5
            assert assert_whole(root) == source + 1
    assert len(file_names(root, "latents")) <= 5
    assert_glob_is_view(root)


def test_an_unreadable_span_is_set_aside_and_the_rest_committed(root: Path) -> None:
    with _open(root) as writer:
        bad = stage(root, 1)
        stage(root, 2)
        bad.write_bytes(bad.read_bytes()[:200])
        assert writer.commit() == 1
        (problem,) = writer.problems
        assert root / problem.file == bad.with_suffix(".bad")
        assert (root / problem.file).exists()
        assert (problem.source_key, problem.span_index) == (source_key(1), 0)
        assert bad.name in problem.error
        assert writer.decided()["source_key"].to_pylist() == [source_key(2)]
        stage(root, 1)
        assert writer.commit() == 1
    assert os.listdir(root / "_work") == []


def test_a_clip_id_of_another_span_is_refused(root: Path) -> None:
    with _open(root) as writer:
        stage(root, 1)
        writer.commit()
        same = clip_row(1)["clip_id"]
        stage(root, 2, clip_id=same)
        stage(root, 3, clip_id=hexes("shared"))
        stage(root, 4, clip_id=hexes("shared"))
        assert writer.commit() == 1
        assert len(writer.problems) == 2
        assert all("a duplicate needs its own" in problem.error for problem in writer.problems)
        assert any(same in problem.error for problem in writer.problems)
    assert assert_whole(root) == 2


def test_spans_left_by_a_killed_run_are_committed_by_the_next(root: Path) -> None:
    with _open(root):
        stage(root, 1)
    with _open(root) as writer:
        assert writer.decided().num_rows == 0
        assert writer.commit() == 1
        assert writer.decided().num_rows == 1


def test_another_recipe_is_named(root: Path) -> None:
    _open(root).close()
    with pytest.raises(RecipeMismatch) as caught:
        Writer.open(root, OTHER, "recipe-two")
    assert "quality.minimum: 20 in the catalog, 0 now" in str(caught.value)
    assert "another catalog folder" in str(caught.value)
    assert "--recompute" in str(caught.value)
    _open(root).close()  # the refusal released the lock and changed nothing
    with pytest.raises(RecipeMismatch, match="the code or its versions"):
        Writer.open(root, RECIPE, "recipe-two")


def test_another_variant_of_a_stage_is_named_with_the_setting_that_goes_on(root: Path) -> None:
    old = {"stages": {"audio": {"variant": "logmel", "mels": 80}, "gaze": {"variant": "iris"}}}
    new = {"stages": {"audio": {"variant": "whisper"}, "gaze": {"variant": "iris"}, "latents": {"variant": "face"}}}
    Writer.open(root, old, "recipe-one").close()
    with pytest.raises(RecipeMismatch) as caught:
        Writer.open(root, new, "recipe-two")
    assert 'audio.variant: "logmel" in the catalog, "whisper" now' in str(caught.value)
    assert str(caught.value).endswith("--set audio=logmel takes the catalog's own stages.")
    new["stages"]["sync"] = {"variant": "tiny"}
    with pytest.raises(RecipeMismatch) as caught:
        Writer.open(root, new, "recipe-two")
    assert str(caught.value).endswith("--set audio=logmel sync=none takes the catalog's own stages.")


def test_recompute_replaces_source_by_source(root: Path) -> None:
    with _open(root) as writer:
        for source in range(3):
            stage(root, source, span=0)
            stage(root, source, span=1)
        writer.commit()
        stage(root, 9)
    with Writer.open(root, OTHER, "recipe-two", recompute=True) as writer:
        assert writer.decided().num_rows == 0
        assert writer.commit() == 0  # staged under the old recipe: never committed
        assert "staged under recipe recipe-one" in writer.problems[0].error
        assert assert_whole(root) == 0
        assert column(root, "SELECT count(*) FROM older_clips") == [6]
        stage(root, 1, recipe="recipe-two")  # under the new recipe source 1 is one span
        stage(root, 7, recipe="recipe-two", clip_id=clip_row(2, 1)["clip_id"])  # the clip is now found at another place
        assert writer.commit() == 2
        assert writer.decided().num_rows == 2
    assert assert_whole(root) == 2
    assert column(root, "SELECT count(*) FROM older_clips") == [3]
    assert column(root, "SELECT count(*) FROM clips WHERE source_uri = '/videos/1.mp4'") == [1]
    Writer.open(root, OTHER, "recipe-two").close()
    with pytest.raises(RecipeMismatch):
        _open(root)


def test_another_schema_version_is_refused(root: Path) -> None:
    _open(root).close()
    path = root / "_manifest" / "00000001.json"
    for version, says in ((str(int(VERSION) + 1), "update the code"), ("1", "extract again into another")):
        path.write_text(json.dumps({**json.loads(path.read_text()), "version": version}))
        with pytest.raises(VersionMismatch, match=says):
            _open(root)


def test_one_writer_at_a_time(root: Path) -> None:
    with _open(root), pytest.raises(CatalogBusy, match=f"process {os.getpid()}"):
        _open(root)
    writer = _open(root)
    writer.close()
    with pytest.raises(CatalogError, match="is closed"):
        writer.commit()


def test_a_run_has_one_row(root: Path) -> None:
    with _open(root) as writer:
        writer.put_run(run_row("run-1"))
        writer.put_run(run_row("run-2"))
        writer.put_run(run_row("run-1", status="finished", clips=3))
        assert [(row["run_id"], row["status"]) for row in rows_of(root, "runs")] == [
            ("run-1", "finished"),
            ("run-2", "running"),
        ]
        assert writer.maintain(lambda clips: clips)
        writer.put_run(run_row("run-2", status="finished"))
        assert [row["status"] for row in rows_of(root, "runs")] == ["finished", "finished"]
    assert_glob_is_view(root)


def test_a_reader_sees_only_whole_commits(root: Path) -> None:
    stop = threading.Event()

    def counts() -> list[int]:
        found = []
        while not stop.is_set():
            found.append(assert_whole(root))
        return found

    with _open(root) as writer, ThreadPoolExecutor(1) as pool:
        reader = pool.submit(counts)
        for source in range(18):
            stage(root, source, cuts=2)
            if source > 3:
                stage(root, source - 3, cuts=2)  # decided again
            writer.commit()
            if source % 4 == 0:
                writer.maintain(lambda clips: clips)
        stop.set()
        seen = reader.result()
    assert seen == sorted(seen)
    assert all(count % 2 == 0 for count in seen)
    assert len(set(seen)) > 3


def test_repairs_leave_alone_what_workers_are_writing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed operation the writer repairs, while workers stage; only a new writer has no workers."""
    with _open(root) as writer:
        stage(root, 1)
        with monkeypatch.context() as patch:
            patch.setattr(writing.Change, "commit", _failing)
            with pytest.raises(OSError, match="asked for"):
                writer.commit()
        half = root / "_work" / f".{source_key(2)}-00000.span.1.ab.tmp"
        half.write_bytes(b"half")
        assert writer.commit() == 1
        assert half.exists()
    _open(root).close()
    assert not half.exists()


def _failing(*_: object) -> None:
    raise OSError("asked for")


def test_a_run_that_was_killed_is_noted_by_the_next_writer(root: Path) -> None:
    with _open(root) as writer:
        writer.put_run(run_row("run-1", status="running", command="what it was"))
        writer.put_run(run_row("run-2", status="finished"))
        writer.put_run(run_row("run-3", status="stopped"))
    sequence = manifest_sequence(root)
    with _open(root) as writer:
        found = {row["run_id"]: (row["status"], row["ended"]) for row in rows_of(root, "runs")}
        assert {name: status for name, (status, _) in found.items()} == {
            "run-1": "killed",
            "run-2": "finished",
            "run-3": "stopped",
        }
        assert found["run-1"][1] is None
        assert [row["command"] for row in rows_of(root, "runs") if row["run_id"] == "run-1"] == ["what it was"]
        assert manifest_sequence(root) == sequence + 1
        writer.put_run(run_row("run-4", status="running"))
        with pytest.raises(CatalogBusy):
            _open(root)
        assert [row["status"] for row in rows_of(root, "runs") if row["run_id"] == "run-4"] == ["running"]


def test_a_writer_that_finds_no_killed_run_publishes_nothing(root: Path) -> None:
    with _open(root) as writer:
        writer.put_run(run_row("run-1", status="finished"))
    sequence = manifest_sequence(root)
    _open(root).close()
    assert manifest_sequence(root) == sequence


def manifest_sequence(root: Path) -> int:
    return max(int(path.stem) for path in (root / "_manifest").glob("*.json"))
