"""Every source is decided once, whatever happens to it."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import catalogs
from catalogs import parts
from catalogs.errors import BadPlace, NoSpace, RecipeMismatch
from pipeline import cluster
from pipeline.errors import RunError
from pipeline.extraction import span_worker as workers
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.request import Request
from pipeline.extraction.run import extract
from pipeline.extraction.summary import summary_text
from tests.made import faulty
from tests.made.inline import RECIPE, ask, counts, do, run, runs

pytestmark = pytest.mark.usefixtures("without_ray")


def test_every_source_is_decided_exactly_once(folder: Path, catalog: Path) -> None:
    first = do(catalog, folder)
    assert counts(first) == (3, 1, {"no_face": 1}, 1, 0)
    assert ask(catalog) == [
        ("a.mp4", "accepted", None),
        ("raise_c.mp4", "failed", "error"),
        ("reject_b.mp4", "rejected", "no_face"),
    ]
    again = do(catalog, folder)
    assert counts(again) == (3, 1, {"no_face": 1}, 1, 3)
    assert again.video_seconds == 0
    assert [faulty.visits(path) for path in sorted(folder.glob("*.mp4"))] == [1, 1, 1]
    (only,) = runs(catalog)
    assert only["run_id"] == first.run_id
    assert (only["status"], only["listed"], only["clips"], only["accepted"]) == ("finished", 3, 3, 1)
    assert only["fingerprint"] == RECIPE.fingerprint
    assert only["video_seconds"] == pytest.approx(3.0)


def test_new_files_are_added_and_removed_ones_keep_their_rows(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    faulty.tiny_video(folder / "d.mp4", 9)
    (folder / "reject_b.mp4").unlink()
    found = do(catalog, folder)
    assert counts(found) == (3, 2, {}, 1, 2)
    assert len(ask(catalog)) == 4


def test_a_touched_file_keeps_its_rows(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    before = ask(catalog, "source_uri, clip_id, run_id")
    for path in folder.glob("*.mp4"):
        os.utime(path, ns=(1, 1))
    found = do(catalog, folder)
    assert counts(found) == (3, 1, {"no_face": 1}, 1, 0)
    assert ask(catalog, "source_uri, clip_id, run_id") == before
    assert faulty.visits(folder / "a.mp4") == 1
    assert do(catalog, folder).decided_before == 3


def test_a_changed_file_replaces_its_rows(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    faulty.tiny_video(folder / "a.mp4", 7, seconds=2)
    found = do(catalog, folder)
    assert counts(found) == (3, 1, {"no_face": 1}, 1, 2)
    assert ask(catalog, "source_uri, end_s", "status = 'accepted'") == [("a.mp4", 2.0)]
    assert catalogs.query(catalog, "select * from latents").num_rows == 1


def test_a_renamed_copy_is_a_duplicate_and_names_the_first(folder: Path, catalog: Path) -> None:
    shutil.copy(folder / "a.mp4", folder / "z_copy.mp4")
    assert counts(do(catalog, folder)) == (4, 1, {"duplicate": 1, "no_face": 1}, 1, 0)
    where = "reason = 'duplicate'"
    assert ask(catalog, "source_uri, detail", where) == [("z_copy.mp4", f"same bytes as {folder}/a.mp4")]
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(folder / "a.mp4", elsewhere / "0.mp4")
    assert counts(do(catalog, elsewhere)) == (1, 0, {"duplicate": 1}, 0, 0)
    assert ask(catalog, "detail", where) == [(f"same bytes as {folder}/a.mp4",)] * 2
    os.utime(elsewhere / "0.mp4", ns=(1, 1))
    assert counts(do(catalog, elsewhere)) == (1, 0, {"duplicate": 1}, 0, 0)
    assert len(ask(catalog, where=where)) == 2
    assert faulty.visits(folder / "a.mp4") == 1


def test_a_run_killed_between_spans_goes_on_with_the_rest(
    tmp_path: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = faulty.tiny_video(tmp_path / "long.mp4", seconds=3)
    recipe = faulty.quick_recipe(max_seconds=1.0)

    def dies(jobs: Sequence[str], worker: type, *rest: Any) -> Iterator[str]:
        answers = run(jobs, worker, *rest)
        yield next(answers)
        if worker is workers.SpanWorker:
            next(answers)  # staged, but nobody hears of it
            raise RunError("the cluster is gone; run the same command again")

    with monkeypatch.context() as patch:
        patch.setattr(cluster, "run", dies)
        patch.setattr(catalogs.Writer, "commit", lambda writer: 0)  # nor does it come to a commit
        with pytest.raises(RunError):
            extract(Request([str(path)], str(catalog), recipe, quiet=True))
    assert faulty.visits(path) == 2
    assert counts(do(catalog, path, recipe=recipe)) == (1, 3, {}, 0, 0)
    assert faulty.visits(path) == 3
    assert [row["status"] for row in runs(catalog)] == ["unfinished", "finished"]


def test_another_recipe_needs_recompute(folder: Path, catalog: Path) -> None:
    before = do(catalog, folder)
    other = faulty.quick_recipe(faulty.Faulty(strength=2.0))
    with pytest.raises(RecipeMismatch) as caught:
        do(catalog, folder, recipe=other)
    message = str(caught.value)
    assert f"was made with recipe {RECIPE.fingerprint}, this run has {other.fingerprint}" in message
    assert "screen.strength: 1.0 in the catalog, 2.0 now" in message
    assert "--recompute" in message
    found = do(catalog, folder, recipe=other, recompute=True)
    assert counts(found) == counts(before)
    assert {mark for (mark,) in ask(catalog, "recipe")} == {other.fingerprint}
    assert faulty.visits(folder / "a.mp4") == 2


def test_recompute_under_the_same_recipe_decides_everything_again(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    found = do(catalog, folder, recompute=True)
    assert counts(found) == (3, 1, {"no_face": 1}, 1, 0)
    assert {run_id for (run_id,) in ask(catalog, "run_id")} == {found.run_id}
    assert faulty.visits(folder / "a.mp4") == 2


def test_retry_failed_decides_failed_clips_again_only(folder: Path, catalog: Path) -> None:
    do(catalog, folder)
    found = do(catalog, folder, retry_failed=True)
    assert counts(found) == (3, 1, {"no_face": 1}, 1, 2)
    assert (found.now, found.before) == ({"failed": 1}, {"accepted": 1, "rejected": 1, "failed": 0})
    assert [faulty.visits(path) for path in sorted(folder.glob("*.mp4"))] == [1, 2, 1]


def test_a_run_is_finished_only_when_every_source_has_its_verdict(
    folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(jobs: Sequence[str], worker: type, *rest: Any) -> Iterator[str]:
        yield from run(jobs[:-1] if worker is workers.SpanWorker else jobs, worker, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(cluster, "run", forgets)
        with pytest.raises(RunError, match="1 sources have no verdict"):
            do(catalog, folder)
    (only,) = runs(catalog)
    assert (only["status"], only["listed"], only["clips"]) == ("unfinished", 3, 2)
    assert only["ended"] is not None
    do(catalog, folder)
    assert [(row["status"], row["clips"]) for row in runs(catalog)] == [("unfinished", 2), ("finished", 1)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(15), ZeroDivisionError()])
def test_a_run_that_is_stopped_or_breaks_says_so(
    folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def ends(jobs: Sequence[str], worker: type, *rest: Any) -> Iterator[str]:
        yield next(run(jobs, worker, *rest))
        if worker is workers.SpanWorker:
            raise error

    monkeypatch.setattr(cluster, "run", ends)
    with pytest.raises(type(error)):
        do(catalog, folder)
    (only,) = runs(catalog)
    wanted = "unfinished" if isinstance(error, ZeroDivisionError) else "stopped"
    assert (only["status"], only["clips"]) == (wanted, 1)
    assert len(ask(catalog)) == 1


def test_a_killed_run_is_told_from_a_running_one(folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "run", _killed)
        patch.setattr(catalogs.Writer, "put_run", _only_the_first(catalogs.Writer.put_run))
        with pytest.raises(SystemError):
            do(catalog, folder)
    assert [row["status"] for row in runs(catalog)] == ["running"]
    do(catalog, folder)
    assert [(row["status"], row["ended"] is None) for row in runs(catalog)] == [("killed", True), ("finished", False)]


def _killed(*_: Any) -> Iterator[str]:
    raise SystemError("as kill -9 does, without another word")


def _only_the_first(put: Any) -> Any:
    """put_run of a process that is killed after its first row."""
    rows: list[Any] = []

    def once(writer: Any, row: Any) -> None:
        if not rows:
            put(writer, row)
        rows.append(row)

    return once


@pytest.mark.parametrize(("module", "name"), [(pa.ipc, "new_stream"), (parts, "draft")])
def test_a_full_disk_ends_the_run_in_words_and_keeps_what_is_done(
    folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    """While a worker stages, and while the driver commits what is staged."""
    with monkeypatch.context() as patch:

        def fills(jobs: Sequence[str], worker: type, *rest: Any) -> Iterator[str]:
            answers = run(jobs, worker, *rest)
            yield next(answers)
            patch.setattr(module, name, full)
            yield from answers

        patch.setattr(cluster, "run", fills)
        with pytest.raises((RunError, NoSpace)) as caught:
            do(catalog, folder)
    assert re.match(rf"{catalog}(/_work)? cannot be written to: the file system at /\S* is full, ", str(caught.value))
    assert "are free. What is committed is kept: free some space and run the same command again" in str(caught.value)
    kept = 1 if module is pa.ipc else 0
    assert (len(ask(catalog)), [row["status"] for row in runs(catalog)]) == (
        kept,
        ["unfinished" if kept else "running"],
    )
    assert counts(do(catalog, folder)) == (3, 1, {"no_face": 1}, 1, 1 if kept else 3)
    assert [faulty.visits(path) for path in sorted(folder.glob("*.mp4"))][:1] == [1]


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_command_stands_in_runs_as_a_shell_takes_it(
    folder: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["jobs/extract.py", "--input", "my 'videos'", "--set", "a=b", "caf\udce9.mp4"]
    monkeypatch.setattr(sys, "argv", words)
    do(catalog, folder)
    (run,) = runs(catalog)
    assert shlex.split(run["command"]) == ["python", *words[:-1], "caf\\udce9.mp4"]


def test_a_folder_of_videos_is_no_place_for_a_catalog(folder: Path) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(BadPlace, match="holds other things"):
        extract(Request([str(folder)], str(folder), RECIPE, quiet=True))
    assert sorted(folder.iterdir()) == before


def test_sounds_alone_fail_and_are_said_to_be_decided_now(tmp_path: Path, catalog: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"RIFF" + name.encode())
    sounds = [tmp_path / "a.wav", tmp_path / "b.wav"]
    found = do(catalog, *sounds)
    assert (found.now, found.before["failed"], found.video_seconds) == ({"failed": 2}, 0, 0)
    assert "  2 clips decided in " in summary_text(found)
    again = do(catalog, *sounds)
    assert (again.now, again.before["failed"]) == ({}, 2)
    assert "nothing was left to do" in summary_text(again)
    assert do(catalog, *sounds, retry_failed=True).now == {"failed": 2}


@pytest.mark.slow
def test_the_open_profile_on_sample_clips(samples: Path, catalog: Path) -> None:
    names = ("scene_change.mp4", "talking_man.mp4", "talking_man_copy.mp4", "truncated.mp4")
    found = do(catalog, *(samples / name for name in names), recipe=make_recipe())
    assert counts(found) == (4, 3, {"duplicate": 1}, 1, 0)
    rows = catalogs.query(catalog, "select * from clips where status = 'accepted' order by source_uri, start_s")
    woman, man, again = rows.to_pylist()
    assert man["subject_id"] == again["subject_id"] != woman["subject_id"]
    assert woman["end_s"] == man["start_s"] == pytest.approx(3.6, abs=0.05)
    for row in (woman, man, again):
        assert row["quality"] > 20
        assert row["faces_max"] == 1
        assert row["gaze_theta"] is not None
        assert row["emotion"]["happiness"] is not None
        assert all(dict(row["seconds"])[name] > 0 for name in ("track", "gaze", "identity"))
    lengths = (
        "clips.frames, latents.frames f, len(pose) / 6 p, len(gaze) / 2 g, len(audio) / 384 a, len(dynamics) / 32 d"
    )
    for row in catalogs.query(catalog, f"select {lengths} from clips join latents using (clip_id)").to_pylist():
        assert len(set(row.values())) == 1
    assert do(catalog, samples / "talking_man.mp4", recipe=make_recipe()).decided_before == 1
