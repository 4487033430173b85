"""One span through the stages, as a child process does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.extraction import span
from pipeline.extraction.tasks import SpanTask
from stages.video.header import Unreadable
from tests.made import faulty


def job(start_s: float = 0.0, end_s: float = 6.0) -> SpanTask:
    return SpanTask("/listed.mp4", "a" * 32, "c" * 32, 0, 1, start_s, end_s, None, None)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(faulty.tiny_video(tmp_path_factory.mktemp("span") / "clip.mp4", seconds=6))


def test_the_clips_of_a_span(path: str) -> None:
    recipe = faulty.quick_recipe(faulty.Cutter(every=4.0), min_seconds=3.0)
    found = span.extract(recipe, job(), path, "run")
    rows = found["clips"].to_pylist()
    assert [(row["start_s"], row["end_s"], row["status"], row["reason"]) for row in rows] == [
        (0.0, 4.0, "accepted", None),
        (4.0, 6.0, "rejected", "too_short"),
    ]
    assert {row["source_uri"] for row in rows} == {"/listed.mp4"}
    assert {row["recipe"] for row in rows} == {recipe.fingerprint}
    assert dict(rows[0]["seconds"])["survey"] > 0
    assert found["latents"]["frames"].to_pylist() == [100]


def test_the_stages_are_opened_once_a_recipe(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[float] = []

    def counted(stage: faulty.Faulty) -> object:
        opened.append(stage.strength)
        return lambda clip: clip

    monkeypatch.setattr(faulty.Faulty, "open", counted)
    monkeypatch.setattr(span, "_opened", {})
    one, other = (faulty.quick_recipe(faulty.Faulty(strength=value)) for value in (1.0, 2.0))
    assert span.open_stages(one) >= 0
    span.extract(one, job(1.0, 2.0), path, "run")
    assert opened == [1.0]
    span.extract(other, job(), path, "run")
    span.extract(other, job(), path, "run")
    assert opened == [1.0, 2.0]


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(Unreadable, match=r"text\.mp4: not a readable video"):
        span.extract(faulty.quick_recipe(), job(), str(tmp_path / "text.mp4"), "run")
