"""What is listed is what is decided: manifests, times, long files, files that come and go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import InputError
from tests.made import faulty
from tests.made.inline import ask, counts, do

pytestmark = pytest.mark.usefixtures("without_ray")


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
