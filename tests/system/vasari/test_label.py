"""Labels without a catalog are those of a catalog."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import catalogs
import vasari
from pipeline.extraction.recipe import make_recipe
from tests.made import inline

NAMES = ("scene_change.mp4", "no_face.mp4", "truncated.mp4", "not_a_video.mp4")


@pytest.mark.slow
def test_labels_are_those_of_an_extraction(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [samples / name for name in NAMES]
    found = vasari.label(files, workers=2)
    assert "4/4" in capsys.readouterr().err
    assert [(Path(clip.labels["source_uri"]).name, clip.status, clip.reason) for clip in found] == [
        ("scene_change.mp4", "accepted", None),
        ("scene_change.mp4", "accepted", None),
        ("no_face.mp4", "rejected", "no_face"),
        ("truncated.mp4", "failed", "unreadable"),
        ("not_a_video.mp4", "failed", "unreadable"),
    ]
    inline.leave_ray_out(monkeypatch)
    inline.do(tmp_path / "catalog", *map(str, files), recipe=make_recipe())
    made = {row["clip_id"]: row for row in rows(tmp_path / "catalog", "clips")}
    latents = {row["clip_id"]: row for row in rows(tmp_path / "catalog", "latents")}
    assert len(made) == len(found)
    for clip in found:
        own = made[clip.labels["clip_id"]]
        assert without_run(clip.labels) == without_run(own)
        if not clip.accepted:
            assert (dict(clip.arrays), clip.crops) == ({}, None)
            continue
        stored = {name: value for name, value in latents[own["clip_id"]].items() if isinstance(value, list)}
        assert set(stored) == set(clip.arrays) == {"pose", "gaze", "face_pose", "dynamics", "audio", "identity"}
        for name, array in clip.arrays.items():
            assert array.dtype == np.float32
            assert array.ravel().tolist() == stored[name]
        frames = own["frames"]
        assert {len(array) for name, array in clip.arrays.items() if name != "identity"} == {frames}
        assert clip.crops is not None
        assert (clip.crops.dtype, clip.crops.shape) == (np.uint8, (frames, 256, 256, 3))
        assert clip.crops.std() > 20
        assert (clip.crops[0] != clip.crops[-1]).mean() > 0.5


def rows(catalog: Path, table: str) -> list[dict[str, Any]]:
    return catalogs.query(catalog, f"select * from {table}").to_pylist(maps_as_pydicts="strict")


def without_run(labels: Any) -> dict[str, Any]:
    """A row of clips without what another run changes: times, names of people."""
    return {k: v for k, v in labels.items() if k not in ("seconds", "run_id", "subject_id", "subject_listed")}


def test_one_clip_after_the_other_without_a_word(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = vasari.label_each(str(samples / "[st]ilent.mp4"), progress=False, crops=False)
    first = next(clips)
    assert (first.status, first.reason, first.crops) == ("rejected", "no_speech", None)
    assert repr(first).startswith("<LabelledClip silent.mp4, 0.00 to ")
    assert next(clips, None) is None
    assert capsys.readouterr().err == ""


def test_settings_are_those_of_the_command(samples: Path) -> None:
    (clip,) = vasari.label(samples / "silent.mp4", settings="probe.min_seconds=60", progress=False)
    assert clip.reason == "too_short"


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"settings": ["quality.worst=1"]}, "RecipeError", "stage quality has no parameter 'worst'"),
        ({"profile": "closed"}, "RecipeError", "no profile 'closed'"),
        ({"files": "nowhere/*.mp4"}, "InputError", "nowhere"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(more: dict[str, Any], error: str, said: str, samples: Path) -> None:
    given = {"files": samples / "silent.mp4", **more}
    with pytest.raises(getattr(vasari.errors, error), match=said):
        vasari.label_each(**given)


def test_the_names_of_the_front_door_are_there() -> None:
    from stages import clip

    assert all(getattr(vasari, name) is not None for name in vasari.__all__)
    assert (vasari.Clip, vasari.Stage) == (clip.Clip, clip.Stage)
    with pytest.raises(AttributeError, match="has no attribute 'lable'"):
        _ = vasari.lable
    assert set(vasari.__all__) == set(dir(sys.modules["vasari"]))


BRIGHTNESS = """
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from vasari import Clip, Outcome, Reject, Runner, Stage, column


@dataclass(frozen=True)
class Brightness(Stage):
    minimum: float = 0.0

    name: ClassVar[str] = "brightness"
    version: ClassVar[int] = 1
    after: ClassVar[tuple[str, ...]] = ("probe",)
    columns: ClassVar[pa.Schema] = pa.schema([column("brightness", pa.float32(), "grey value", "of nothing")])

    def open(self) -> Runner:
        return self.look

    def look(self, clip: Clip) -> Outcome:
        clip = clip.add(brightness=7.0)
        return Reject("too_dark", "it is 7", clip) if self.minimum > 7 else clip
"""


def test_a_stage_of_ones_own(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_brightness.py").write_text(BRIGHTNESS)
    monkeypatch.syspath_prepend(str(tmp_path))
    own = importlib.import_module("own_brightness").Brightness()
    (clip,) = vasari.label(samples / "no_face.mp4", stages=[own], settings=["brightness.minimum=8"], progress=False)
    assert (clip.reason, clip.labels["brightness"]) == ("too_dark", 7.0)
