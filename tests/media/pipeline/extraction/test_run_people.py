"""Extractions and people: names stay when clips join, and nothing is clustered where nothing is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.extraction.request import Request
from pipeline.extraction.run import extract
from pipeline.people import naming
from tests.made import faulty
from tests.made.inline import ask, do

pytestmark = pytest.mark.usefixtures("without_ray")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for place, name in enumerate(("vector_ann_5", "vector_ann_6", "vector_bob_7", "reject_8")):
        faulty.tiny_video(tmp_path / f"{name}.mp4", place)
    return tmp_path


def named(catalog: Path) -> dict[str, str | None]:
    return dict(ask(catalog, "source_uri, subject_id"))


def listed(folder: Path, *rows: str) -> Path:
    path = folder / "listed.csv"
    path.write_text("\n".join(["uri,subject_id", *rows]) + "\n")
    return path


def test_names_stay_when_clips_join(videos: Path, catalog: Path, capfd: pytest.CaptureFixture[str]) -> None:
    do(catalog, videos)
    before = named(catalog)
    assert before["vector_ann_5.mp4"] == before["vector_ann_6.mp4"] != before["vector_bob_7.mp4"]
    assert before["reject_8.mp4"] is None
    more = videos / "more"
    more.mkdir()
    for place in range(3):  # one of them most likely has the first clip_id now
        faulty.tiny_video(more / f"vector_ann_{place}.mp4", 10 + place)
    faulty.tiny_video(more / "vector_carl_4.mp4", 20)
    do(catalog, more)
    after = named(catalog)
    assert {name: after[name] for name in before} == before
    assert {after[f"vector_ann_{place}.mp4"] for place in (0, 1, 2)} == {before["vector_ann_5.mp4"]}
    assert after["vector_carl_4.mp4"] not in before.values()


def test_nothing_new_nothing_clustered(videos: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    clusters = naming.clusters
    monkeypatch.setattr(naming, "clusters", lambda *given: done.append(len(given[0])) or clusters(*given))
    do(catalog, videos)
    assert done == [3]
    do(catalog, videos)
    faulty.tiny_video(videos / "reject_9.mp4", 9)
    do(catalog, videos)  # decides one clip, which shows nobody
    assert done == [3]
    do(catalog, listed(videos, "vector_ann_5.mp4,Ann"))
    assert done == [3, 3]
    do(catalog, listed(videos, "vector_ann_5.mp4,Ann"))
    assert done == [3, 3]


def test_listed_names_win_and_go_with_their_list(videos: Path, catalog: Path) -> None:
    do(catalog, videos)
    before = named(catalog)
    do(catalog, listed(videos, "vector_ann_5.mp4,Ann", "vector_bob_7.mp4,Bob"))
    ann = {"vector_ann_5.mp4": "Ann", "vector_ann_6.mp4": "Ann", "vector_bob_7.mp4": "Bob", "reject_8.mp4": None}
    assert named(catalog) == ann
    naming.name_people(str(catalog))
    assert named(catalog) == ann
    do(catalog, listed(videos, "vector_ann_5.mp4,", "vector_bob_7.mp4,Bob"))
    after = named(catalog)
    assert after["vector_ann_5.mp4"] == after["vector_ann_6.mp4"]
    assert after["vector_ann_5.mp4"] not in ("Ann", "Bob", None)
    assert after["vector_bob_7.mp4"] == "Bob"
    assert before["vector_bob_7.mp4"] not in after.values()


def test_what_changed_is_told(videos: Path, catalog: Path, capfd: pytest.CaptureFixture[str]) -> None:
    do(catalog, videos)
    rows = listed(videos, "vector_ann_5.mp4,Ann")
    extract(Request([str(rows)], str(catalog), faulty.quick_recipe()))
    assert "people: 2 people in 3 clips, 1 new; 2 clips of 1 person renamed" in capfd.readouterr().err


def test_decided_again_names_stay(videos: Path, catalog: Path) -> None:
    do(catalog, videos / "vector_ann_6.mp4")
    do(catalog, videos)
    before = named(catalog)
    do(catalog, videos, recompute=True)
    assert named(catalog) == before
    do(catalog, videos, recipe=faulty.quick_recipe(faulty.Faulty(strength=2.0)), recompute=True)
    assert named(catalog) == before
