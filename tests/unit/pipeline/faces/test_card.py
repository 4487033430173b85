"""What a checkpoint says of how it was made."""

from __future__ import annotations

import json

import pytest

from pipeline.faces import card
from pipeline.faces.job import FaceJob
from pipeline.faces.settings import FaceTraining
from pipeline.faces.split import Split
from tests.made.faces import moving_clip, store_of


def test_clips_trained_on_are_named_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(*(moving_clip(who) for who in (3, 0, 1, 2, 3)))
    split = Split(("person 0",), ("person 1",), ("4*",))
    job = FaceJob("/catalog", "/out", FaceTraining(steps=7), command="python jobs/train_faces.py")
    found = card.recipe(job, store, split, 5, 12.34, card.continued([], job, 0))
    assert found["clips"] == [("0.mp4", f"{0:032x}"), ("3.mp4", f"{3:032x}")]
    assert found["content"] == ["hash 0", "hash 3"]
    assert found["held_out"] == {
        "test": [("1.mp4", f"{1:032x}", "hash 1")],
        "validation": [("2.mp4", f"{2:032x}", "hash 2")],
    }
    assert found["catalog"] == {"sequence": 0, "fingerprint": ""}
    assert found["test_subjects"] == ("person 0",)
    assert found["validation_subjects"] == ("person 1",)
    assert (found["step"], found["seconds"], found["preset"]) == (5, 12.3, "tiny")
    assert found["training"]["steps"] == 7
    assert found["training"]["weights"]["transfer"] > 0
    assert found["command"] == "python jobs/train_faces.py"
    assert json.loads(json.dumps(found))["substitutes"].keys() == card.SUBSTITUTES.keys()
    monkeypatch.setattr(card, "_ROOT", card._ROOT / "no checkout" / "here")
    assert card.recipe(job, store, split, 5, 12.34, [])["commit"] == ""


def test_a_training_that_began_with_a_model_counts_its_clips_too() -> None:
    """Who was learned from before must not be scored on either."""
    store = store_of(*(moving_clip(who) for who in (3, 0)))
    job = FaceJob("/catalog", "/out", FaceTraining(), start="/a.safetensors")
    begun = card.recipe(job, store, Split(("person 3",), ()), 5, 1.0, card.continued([], job, 0))
    begun = json.loads(json.dumps(begun))  # as a file has it
    found = card.recipe(job, store, Split(("person 0",), ()), 2, 3.0, [], begun)
    assert found["content"] == ["hash 0", "hash 1"]
    assert found["clips"] == [("0.mp4", f"{0:032x}"), ("1.mp4", f"{1:032x}")]
    assert (found["step"], found["seconds"]) == (2, 3.0)
    before = found["started_from"]
    assert (before["step"], before["seconds"], before["started_from"]) == (5, 1.0, None)
    assert before["history"][0]["step"] == 0
    assert "content" not in before
    assert card.recipe(job, store, Split((), ()), 0, 0.0, [])["started_from"] is None


def test_every_change_of_code_or_settings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "_commit", lambda: "one")
    job = FaceJob("/catalog", "/out", FaceTraining(steps=7))
    first = card.continued([], job, 0)
    assert [(entry["step"], entry["commit"], entry["training"]["steps"]) for entry in first] == [(0, "one", 7)]
    assert card.continued(first, job, 3) == first
    longer = card.continued(first, FaceJob("/catalog", "/out", FaceTraining(steps=9)), 3)
    monkeypatch.setattr(card, "_commit", lambda: "two")
    found = card.continued(longer, FaceJob("/catalog", "/out", FaceTraining(steps=9)), 4)
    assert [(entry["step"], entry["commit"], entry["training"]["steps"]) for entry in found] == [
        (0, "one", 7),
        (3, "one", 9),
        (4, "two", 9),
    ]
