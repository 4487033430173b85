"""A training goes on with the clips and the people it began with, whatever its catalog has become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalogs.frames import FrameStore
from catalogs.manifest import Commit
from models.face.checkpoint import save_model
from pipeline.errors import UsageError
from pipeline.faces.card import seen
from pipeline.faces.job import FaceJob
from pipeline.faces.pinned import Pinned
from pipeline.faces.prepare import opened
from pipeline.faces.settings import FaceTraining
from pipeline.faces.training_clips import training_clips
from pipeline.training.split import Split
from tests.made.faces import Made, moving_clip, stage_faces
from tests.made.random_face import random_model

TRAINING = FaceTraining(held_out_subjects=(2, 1))
PEOPLE = 7


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stage(tmp_path / "catalog", range(PEOPLE))
    return tmp_path / "catalog"


def stage(root: Path, people: range, names: Mapping[int, str] | None = None) -> None:
    """A clip of each, added to what is there, by the names given."""
    stage_faces(root, *(clip(who) for who in people), names=names)


def clip(who: int) -> Made:
    return moving_clip(who, frames=12)


def begun(catalog: Path, out: Path) -> tuple[FaceJob, Pinned, FrameStore]:
    """A training that has begun: its job, what is pinned, and what it opened."""
    out.mkdir(exist_ok=True)
    job = FaceJob(str(catalog), str(out), TRAINING)
    store, split = opened(job)
    pinned = Pinned.of(job, store, split, training_clips(store, split, "train", 0))
    pinned.keep(job)
    return job, pinned, store


def parts(store: FrameStore, split: Split) -> dict[str, str]:
    """By clip_id, the part and who it counts as."""
    return {each.clip_id: f"{split.part_of(each)} {each.subject}" for each in store.clips}


def test_what_is_pinned_is_read_as_it_was_written(catalog: Path, tmp_path: Path) -> None:
    job, pinned, store = begun(catalog, tmp_path / "out")
    again = Pinned.at(job)
    assert again is not None
    assert replace(again, space=pinned.space) == pinned
    assert (again.commit, again.size, len(again.clips)) == (store.commit, 96, PEOPLE)
    for name, array in pinned.space.arrays().items():
        assert np.array_equal(again.space.arrays()[name], array), name
    assert np.array_equal(np.stack(again.space.neutral), np.stack(pinned.space.neutral))
    said: list[str] = []
    found, split = opened(job, tell=said.append)
    assert (found.clips, split, said) == (store.clips, pinned.split, [])
    assert Pinned.at(replace(job, out=str(tmp_path / "other"))) is None


def test_who_was_kept_out_stays_out_when_the_catalog_grows(catalog: Path, tmp_path: Path) -> None:
    """With so many more people the hashes choose others."""
    job, pinned, store = begun(catalog, tmp_path / "out")
    before = parts(store, pinned.split)
    stage(catalog, range(PEOPLE, PEOPLE + 20))
    anew, chosen = opened(replace(job, out=str(tmp_path / "anew")))
    assert any(parts(anew, chosen)[own] != part for own, part in before.items())
    said: list[str] = []
    found, split = opened(job, tell=said.append)
    assert parts(found, split) == before
    assert found.commit == store.commit
    (line,) = said
    assert (
        f"{catalog} has changed since this training began (commit {store.commit.sequence}, now {anew.commit.sequence}):"
        in line
    )
    assert "): 20 clips came, 0 of people kept out. It goes on with the clips and the people it began with" in line
    assert "keeps out whom it kept out; give another --out to train on what came" in line
    for place, each in enumerate(found.clips):
        assert np.array_equal(found.landmarks(place), store.landmarks(place)), each


def test_who_was_kept_out_stays_out_under_another_name_and_in_new_clips(catalog: Path, tmp_path: Path) -> None:
    job, pinned, store = begun(catalog, tmp_path / "out")
    before = parts(store, pinned.split)
    # names made anew: everybody bears the next one's, and those kept out have a clip more
    names = {who: f"person {(who + 1) % PEOPLE}" for who in range(PEOPLE)}
    out = [int(name.split()[1]) for name in (*pinned.split.test, *pinned.split.validation)]
    names |= {PEOPLE + place: names[who] for place, who in enumerate(out)}
    stage(catalog, range(PEOPLE + len(out)), names)
    said: list[str] = []
    found, split = opened(job, tell=said.append)
    assert parts(found, split) == before
    (line,) = said
    assert f"3 clips came, 3 of people kept out, {PEOPLE} clips bear other names now" in line


def test_whom_the_model_that_it_begins_with_was_kept_from_stays_out(catalog: Path, tmp_path: Path) -> None:
    """Under another name too, and though as many others would be chosen; those that it knows are trained on."""
    _, pinned, store = begun(catalog, tmp_path / "out")
    model = tmp_path / "model.safetensors"
    save_model(random_model(), seen(pinned), model)
    names = {who: f"person {(who + 1) % PEOPLE}" for who in range(PEOPLE)}
    stage(catalog, range(PEOPLE), names)
    job = FaceJob(str(catalog), str(tmp_path / "anew"), TRAINING, init_from=str(model))
    found, split = opened(job)
    part = {each.clip_id: pinned.split.part_of(each) for each in store.clips}
    assert {each.clip_id: split.part_of(each) for each in found.clips} == part
    without, chosen = opened(replace(job, init_from=None))
    assert {each.clip_id: chosen.part_of(each) for each in without.clips} != part
    with pytest.raises(UsageError, match="7 subjects are too few to keep 3 and 1 out"):
        opened(replace(job, training=replace(TRAINING, held_out_subjects=(3, 1))))


def test_a_file_to_begin_with_that_is_no_model_is_told_before_anything_is_made(catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "page.safetensors").write_text("<html>")
    with pytest.raises(UsageError, match=r"page\.safetensors: not a face model"):
        opened(FaceJob(str(catalog), str(tmp_path / "out"), TRAINING, init_from=str(tmp_path / "page.safetensors")))
    assert not (tmp_path / "out").exists()


def test_clips_it_cannot_go_on_without_end_it_with_what_to_do_and_others_do_not(catalog: Path, tmp_path: Path) -> None:
    job, pinned, store = begun(catalog, tmp_path / "out")
    part = {each.clip_id: pinned.split.part_of(each) for each in store.clips}
    said: list[str] = []
    for gone in store.clips:
        left = store.only([each for each in store.clips if each is not gone])
        if part[gone.clip_id] == "test":
            found, line = pinned.held(job, left)
            assert gone.clip_id not in {each.clip_id for each in found.clips}
            said.append(line or "")
        else:
            with pytest.raises(UsageError, match=f"1 of the clips .* are gone .*clip {gone.clip_id}.*another --out"):
                pinned.held(job, left)
    assert [("1 clip that nothing is learned from went" in line) for line in said] == [True, True]
    for change in ({"frames": 11}, {"content": "another"}):
        others = store.only([replace(each, **change) for each in store.clips])  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="7 of the clips|5 of the clips"):
            pinned.held(job, others)


def test_other_settings_and_another_recipe_are_told_with_what_to_do(catalog: Path, tmp_path: Path) -> None:
    job, pinned, store = begun(catalog, tmp_path / "out")
    fewer = replace(job, training=replace(TRAINING, held_out_subjects=(1, 1)))
    with pytest.raises(
        UsageError, match="began with --kept-out 2 1, not 1 1: give what it began with, or another --out"
    ):
        opened(fewer)
    with pytest.raises(UsageError, match=r"began with --skip \(none\), not a\*"):
        opened(replace(job, training=replace(TRAINING, skip=("a*",))))
    store.commit = Commit(9, "another")
    with pytest.raises(UsageError, match=r"another recipe since .* began \(commit 2, now 9\): .*another --out"):
        pinned.held(job, store)
    store.commit, store.size = pinned.commit, 64
    with pytest.raises(UsageError, match="began with pixels .* 96, not 64"):
        pinned.held(job, store)


@pytest.mark.parametrize("name", ["state.pt", "loss_networks.pt"])
def test_a_training_that_pinned_nothing_is_one_of_an_older_version(catalog: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(UsageError, match=rf"{name} was written by an older version, .*: give another folder"):
        opened(FaceJob(str(catalog), str(tmp_path), TRAINING))
