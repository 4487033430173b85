"""Whole extractions without Ray and without child processes: every source decided once, whatever happens to it."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import faulty
import pytest

import catalogs
from catalogs.errors import RecipeMismatch
from pipeline import cluster, extraction, workers
from pipeline.child import ChildError, _function
from pipeline.extraction import Request, Result, extract
from pipeline.recipe import Recipe, make_recipe
from pipeline.sources import InputError

RECIPE = faulty.quick_recipe()


class Inline:
    """Stands for a child process: calls the function here."""

    def __init__(self, memory: int = 0) -> None:
        pass

    def call(self, name: str, *arguments: Any, seconds: float, asked: Any = None) -> Any:
        try:
            return _function(name)(*arguments)
        except Exception as error:
            raise ChildError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from error

    def close(self) -> None:
        pass


def run(jobs: Sequence[str], worker: type, arguments: tuple[Any, ...], workers: int, column: str) -> Iterator[str]:
    """Stands for `cluster.run`: one worker, here, last job first, since Ray promises no order."""
    actor = worker(*arguments)
    for job in reversed(jobs):
        yield from actor({"job": [job]})[column]


@pytest.fixture(autouse=True)
def _without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "connect", lambda workers: workers or 2)
    monkeypatch.setattr(cluster, "run", run)
    monkeypatch.setattr(workers, "Child", Inline)
    monkeypatch.setattr(extraction, "labellers", lambda recipe: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three videos: one passes, one is rejected, one fails."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for seed, name in enumerate(("a", "reject_b", "raise_c")):
        faulty.tiny_video(folder / f"{name}.mp4", seed)
    return folder


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return tmp_path / "catalog"


def do(catalog: Path, *inputs: Path, recipe: Recipe = RECIPE, **more: Any) -> Result:
    """Extract the videos among the inputs' files; what Faulty marks beside them is not listed."""
    named = [f"{path}/*.mp4" if path.is_dir() else str(path) for path in inputs]
    result = extract(Request(named, str(catalog), recipe, quiet=True, **more))
    assert result.clips == result.accepted + sum(result.rejected.values()) + result.failed
    whole = catalogs.query(catalog, "select count(*) n, count(distinct clip_id) different from clips").to_pylist()[0]
    assert whole["n"] == whole["different"]
    orphans = catalogs.query(catalog, "select * from latents anti join clips using (clip_id)")
    assert orphans.num_rows == 0
    assert not list((catalog / "_work").iterdir())
    return result


def ask(catalog: Path, columns: str = "source_uri, status, reason", where: str = "true") -> list[tuple]:
    found = catalogs.query(catalog, f"select {columns} from clips where {where} order by source_uri, start_s, end_s")
    return [tuple(Path(v).name if k == "source_uri" else v for k, v in row.items()) for row in found.to_pylist()]


def runs(catalog: Path) -> list[dict[str, Any]]:
    return catalogs.query(catalog, "select * from runs order by started").to_pylist()


def counts(result: Result) -> tuple[int, int, dict[str, int], int, int]:
    return result.listed, result.accepted, result.rejected, result.failed, result.decided_before


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


def test_a_manifest_says_who_which_set_and_when(folder: Path, catalog: Path) -> None:
    faulty.tiny_video(folder / "long.mp4", 5, seconds=3)
    manifest = folder / "list.csv"
    manifest.write_text(
        "uri,subject_id,split,start_s,end_s\n"
        "a.mp4,Ann,train,,\n"
        "long.mp4,Lou,train,0,1.2\n"
        "long.mp4,Lou,test,1.2,9\n"
        "long.mp4,Lou,test,7,8\n"
    )
    assert counts(do(catalog, manifest)) == (4, 3, {}, 1, 0)
    columns = "source_uri, subject_id, split, start_s, end_s, reason"
    expected = [
        ("a.mp4", "Ann", "train", 0.0, 1.0, None),
        ("long.mp4", "Lou", "train", 0.0, 1.2, None),
        ("long.mp4", "Lou", "test", 1.2, 3.0, None),
        ("long.mp4", "Lou", "test", 7.0, 8.0, "unreadable"),
    ]
    assert ask(catalog, columns) == expected
    detail = f"{folder}/long.mp4: lasts 3.00 s, but 7.00 to 8.00 s is listed"
    assert ask(catalog, "detail", "status = 'failed'") == [(detail,)]

    manifest.write_text(manifest.read_text().replace("Ann", "Anna"))
    assert do(catalog, manifest).decided_before == 4
    assert ask(catalog, "subject_id", "source_uri like '%/a.mp4'") == [("Anna",)]

    os.utime(folder / "long.mp4", ns=(1, 1))
    assert counts(do(catalog, manifest)) == (4, 3, {}, 1, 1)
    assert ask(catalog, columns, "source_uri like '%long%'") == expected[1:]
    assert faulty.visits(folder / "long.mp4") == 2


def test_a_file_listed_in_part_and_then_whole_is_worked_on_whole(folder: Path, catalog: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("uri,end_s\na.mp4,0.4\n")
    do(catalog, manifest)
    assert counts(do(catalog, folder / "a.mp4")) == (1, 1, {}, 0, 0)
    assert ask(catalog, "start_s, end_s") == [(0.0, 0.4), (0.0, 1.0)]


def test_listed_times_may_overlap_in_any_way(tmp_path: Path, catalog: Path) -> None:
    faulty.tiny_video(tmp_path / "a.mp4", seconds=4)
    manifest = tmp_path / "list.csv"
    manifest.write_text("uri,start_s,end_s\na.mp4,0,1.5\na.mp4,0,2\na.mp4,,\n")
    recipe = faulty.quick_recipe(faulty.Cutter(every=1.5), max_seconds=2.0)
    assert counts(do(catalog, manifest, recipe=recipe)) == (3, 5, {"duplicate": 1}, 0, 0)
    assert ask(catalog, "start_s, end_s, span_index, span_count, reason") == [
        (0.0, 1.5, 0, 1, None),
        (0.0, 1.5, 0, 1, None),
        (0.0, 2.0, 0, 2, "duplicate"),
        (1.5, 2.0, 0, 1, None),
        (2.0, 3.0, 1, 2, None),
        (3.0, 4.0, 1, 2, None),
    ]
    assert do(catalog, manifest, recipe=recipe).decided_before == 3
    os.utime(tmp_path / "a.mp4", ns=(1, 1))
    touched = do(catalog, manifest, recipe=recipe)
    assert (touched.clips, touched.video_seconds) == (6, 0)


def test_a_long_source_is_cut(tmp_path: Path, catalog: Path) -> None:
    path = faulty.tiny_video(tmp_path / "long.mp4", seconds=5)
    recipe = faulty.quick_recipe(faulty.Cutter(every=1.5), max_seconds=2.0)
    assert counts(do(catalog, path, recipe=recipe)) == (1, 6, {}, 0, 0)
    assert ask(catalog, "span_index, span_count, start_s, end_s") == [
        (0, 3, 0.0, 1.5),
        (0, 3, 1.5, 1.68),
        (1, 3, 1.68, 3.0),
        (1, 3, 3.0, 3.36),
        (2, 3, 3.36, 4.5),
        (2, 3, 4.5, 5.0),
    ]
    os.utime(path, ns=(1, 1))
    touched = do(catalog, path, recipe=recipe)
    assert (touched.clips, touched.video_seconds) == (6, 0)


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
            raise cluster.RunError("the cluster is gone; run the same command again")

    with monkeypatch.context() as patch:
        patch.setattr(cluster, "run", dies)
        patch.setattr(catalogs.Writer, "commit", lambda writer: 0)  # nor does it come to a commit
        with pytest.raises(cluster.RunError):
            extract(Request([str(path)], str(catalog), recipe, quiet=True))
    assert faulty.visits(path) == 2
    assert counts(do(catalog, path, recipe=recipe)) == (1, 3, {}, 0, 0)
    assert faulty.visits(path) == 3
    assert [row["status"] for row in runs(catalog)] == ["running", "finished"]


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
    assert [faulty.visits(path) for path in sorted(folder.glob("*.mp4"))] == [1, 2, 1]


def test_limit_takes_the_first(folder: Path, catalog: Path) -> None:
    assert counts(do(catalog, folder, limit=1)) == (1, 1, {}, 0, 0)
    assert counts(do(catalog, folder, limit=2)) == (2, 1, {}, 1, 1)
    assert counts(do(catalog, folder)) == (3, 1, {"no_face": 1}, 1, 2)


def test_a_file_that_cannot_be_reached_is_recorded_and_decided_when_it_can(folder: Path, catalog: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("uri\na.mp4\nlate.mp4\n")
    assert counts(do(catalog, manifest)) == (2, 1, {}, 1, 0)
    ((name, reason, detail, content),) = ask(catalog, "source_uri, reason, detail, content", "status = 'failed'")
    assert (name, reason, content) == ("late.mp4", "unreadable", None)
    assert detail.startswith(f"{folder}/late.mp4: cannot be read (")
    assert "[Errno 2] No such file" in detail
    assert counts(do(catalog, manifest)) == (2, 1, {}, 1, 2)
    faulty.tiny_video(folder / "late.mp4", 8)
    assert counts(do(catalog, manifest)) == (2, 2, {}, 0, 1)
    assert ask(catalog) == [("a.mp4", "accepted", None), ("late.mp4", "accepted", None)]


def test_a_file_that_is_gone_keeps_the_rows_it_has(folder: Path, catalog: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("uri,subject_id,end_s\na.mp4,Ann,0.4\na.mp4,Ann,\n")
    do(catalog, manifest)
    (folder / "a.mp4").rename(folder / "hidden")
    assert counts(do(catalog, manifest)) == (2, 2, {}, 0, 2)
    assert ask(catalog, "source_uri, subject_id, end_s") == [("a.mp4", "Ann", 0.4), ("a.mp4", "Ann", 1.0)]


def test_people_without_names_are_told_apart(tmp_path: Path, catalog: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for seed, name in enumerate(("vector_ann_1", "vector_ann_2", "vector_bob_1")):
        faulty.tiny_video(folder / f"{name}.mp4", seed)
    do(catalog, folder)
    names = [name for (name,) in ask(catalog, "subject_id")]
    assert names[0] == names[1] != names[2]
    assert all(name.startswith("person_") for name in names)
    faulty.tiny_video(folder / "vector_bob_2.mp4", 5)
    manifest = folder / "list.csv"
    manifest.write_text("uri,subject_id\nvector_bob_2.mp4,Bob\n")
    do(catalog, manifest)
    assert [name for (name,) in ask(catalog, "subject_id")] == [*names[:2], "Bob", "Bob"]


def test_nothing_to_list_makes_no_catalog(catalog: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        do(catalog, tmp_path / "nothing.mp4")
    assert not catalog.exists()


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
        assert all(row["seconds"][name] > 0 for name in ("track", "gaze", "identity"))
    lengths = (
        "clips.frames, latents.frames f, len(pose) / 6 p, len(gaze) / 2 g, len(audio) / 320 a, len(dynamics) / 32 d"
    )
    for row in catalogs.query(catalog, f"select {lengths} from clips join latents using (clip_id)").to_pylist():
        assert len(set(row.values())) == 1
    assert do(catalog, samples / "talking_man.mp4", recipe=make_recipe()).decided_before == 1
