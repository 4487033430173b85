"""What a checkpoint says of how it was made."""

from __future__ import annotations

import json

from catalogs.frames import FrameStore
from pipeline.faces import card
from pipeline.faces.expression import space_of
from pipeline.faces.job import FaceJob
from pipeline.faces.pinned import Pinned
from pipeline.faces.settings import FaceTraining
from pipeline.training.split import Split
from tests.made.faces import moving_clip, store_of


def pinned_of(store: FrameStore, split: Split) -> Pinned:
    return Pinned(store.commit, store.size, (1, 1), split, store.clips, space_of(store, [0], ["a"]))


def test_clips_trained_on_are_named_and_others_are_not() -> None:
    store = store_of(*(moving_clip(who) for who in (3, 0, 1, 2, 3)))
    split = Split(("person 0",), ("person 1",), ("4*",))
    job = FaceJob("/catalog", "/out", FaceTraining(steps=7), command="python jobs/train_faces.py")
    found = {**card.about(job), **card.seen(pinned_of(store, split))}
    assert found["clips"] == [("0.mp4", f"{0:032x}"), ("3.mp4", f"{3:032x}")]
    assert found["content"] == ["hash 0", "hash 3"]
    assert found["held_out"] == {
        "test": [("1.mp4", f"{1:032x}", "hash 1")],
        "validation": [("2.mp4", f"{2:032x}", "hash 2")],
    }
    assert found["catalog"] == {"sequence": 0, "fingerprint": ""}
    assert found["test_subjects"] == ("person 0",)
    assert found["validation_subjects"] == ("person 1",)
    assert found["preset"] == "tiny"
    assert found["training"]["steps"] == 7
    assert found["training"]["weights"]["transfer"] > 0
    assert found["command"] == "python jobs/train_faces.py"
    assert json.loads(json.dumps(found))["substitutes"].keys() == card.SUBSTITUTES.keys()


def test_a_training_that_began_with_a_model_counts_its_clips_too() -> None:
    """Who was learned from before must not be scored on either."""
    store = store_of(*(moving_clip(who) for who in (3, 0)))
    job = FaceJob("/catalog", "/out", FaceTraining(), init_from="/a.safetensors")
    first = {**card.about(job), **card.seen(pinned_of(store, Split(("person 3",), ()))), "step": 5, "seconds": 1.0}
    first = json.loads(json.dumps(first))  # as a file has it
    found = {**card.about(job, first), **card.seen(pinned_of(store, Split(("person 0",), ())), first)}
    assert found["content"] == ["hash 0", "hash 1"]
    assert found["clips"] == [("0.mp4", f"{0:032x}"), ("1.mp4", f"{1:032x}")]
    before = found["started_from"]
    assert (before["step"], before["seconds"], before["started_from"]) == (5, 1.0, None)
    assert "content" not in before
    assert card.about(job)["started_from"] is None
