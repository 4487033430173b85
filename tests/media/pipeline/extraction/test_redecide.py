"""Other thresholds: verdicts from the labels that a catalog holds are those of a run from the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

import catalogs
from catalogs import Writer
from catalogs.errors import RecipeMismatch
from pipeline.extraction.outlook import outlook
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.redecide import Redecider, thresholds_of
from pipeline.extraction.request import Request
from stages.clip import THRESHOLD, Clip, Outcome, Refusal, Reject, Resources, Runner, ThresholdStage, Track, under
from stages.labels.motion import Motion
from stages.labels.probe import Probe
from stages.labels.quality import Quality
from stages.labels.speech import Speech
from stages.tracking.track import FaceTrack
from tests.made import faulty
from tests.made.inline import ask, counts, do, runs


def number(path: str, name: str) -> float:
    """The number behind `name` in the name of a file: 40 in a_quality40.mp4, 90 where there is none."""
    _, found, text = Path(path).stem.partition(name)
    digits = "".join(c for c in text.partition("_")[0] if c.isdigit())
    return float(digits) if found else 90.0


@dataclass(frozen=True)
class Named(ThresholdStage):
    """A stage whose label stands in the name of the file; every visit leaves a mark beside the file."""

    minimum: float = field(default=30.0, metadata=THRESHOLD)
    scale: float = 1.0

    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([("quality", pa.float32())])

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        faulty.mark(clip.path)
        return self.judged(clip.add(quality=self.scale * number(clip.path, "quality")))

    def refuse(self, labels: Mapping[str, Any]) -> Refusal | None:
        if under(labels["quality"], self.minimum):
            return Refusal("low_quality", f"quality {labels['quality']:.0f}, at least {self.minimum:g} wanted")
        return None


@dataclass(frozen=True)
class Tracked:
    """A last stage that gives latents; a file with `other` in its name shows two people, whatever the thresholds."""

    name: ClassVar[str] = "identity"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([])

    def open(self) -> Runner:
        return self._run

    def _run(self, clip: Clip) -> Outcome:
        count = int(clip.columns["frames"])
        blank = np.zeros((count, 2, 3))
        crops = (np.zeros((8, 8, 3), np.uint8),) * count
        track = Track(
            np.arange(count) / 25, np.zeros((count, 468, 3)), np.zeros(count, bool), crops, blank, (48, 64), ()
        )
        clip = replace(clip, track=track).add_arrays(gaze=np.full((count, 2), 7.0))
        return Reject("face_lost", "another person", clip) if "other" in Path(clip.path).stem else clip


PROBE = Probe(min_seconds=0.1, min_pixels=16, audio=False)


def recipe(minimum: float = 30.0, **probe: Any) -> Recipe:
    return Recipe("named", (replace(PROBE, **probe), Named(minimum), Tracked()))


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "named"
    folder.mkdir()
    for seed, name in enumerate(("a_quality20", "b_quality40", "c_quality60", "d_quality50_other")):
        faulty.tiny_video(folder / f"{name}.mp4", seed)
    return folder


def rows(catalog: Path) -> list[tuple]:
    return ask(catalog, "source_uri, clip_id, status, reason, detail, recipe, refusals::varchar, quality")


def latents(catalog: Path) -> dict[str, float]:
    """The first value of the gaze of each clip that has latents."""
    sql = "select clip_id, gaze[1]::float as gaze from latents"
    return {row["clip_id"]: row["gaze"] for row in catalogs.query(catalog, sql).to_pylist()}


def visits(folder: Path) -> list[int]:
    return [faulty.visits(path) for path in sorted(folder.glob("*.mp4"))]


pytestmark = pytest.mark.usefixtures("without_ray")


@pytest.mark.parametrize("label_all", [False, True])
def test_another_threshold_gives_what_a_run_from_the_start_gives(videos: Path, tmp_path: Path, label_all: bool) -> None:
    catalog = tmp_path / "catalog"
    do(catalog, videos, recipe=recipe(), label_all=label_all)
    seen = visits(videos)
    for minimum in (55.0, 30.0, 10.0, 45.0):
        found = do(catalog, videos, recipe=recipe(minimum))
        fresh = tmp_path / f"fresh_{minimum}"
        other = tmp_path / f"copies_{minimum}"
        assert not other.exists()
        do(fresh, videos, recipe=recipe(minimum))
        seen = [count + 1 for count in seen]  # by the catalog made afresh
        if minimum == 10.0 and not label_all:
            seen[0] += 1  # it was left at its quality before
        assert visits(videos) == seen, minimum
        assert strip(rows(catalog)) == strip(rows(fresh)), minimum
        assert latents(catalog) == latents(fresh), minimum
        assert {row[5] for row in rows(catalog)} == {recipe(minimum).fingerprint}
        assert found.again + (not label_all and minimum == 10.0) == 4
        assert found.older == 0


def strip(found: list[tuple]) -> list[tuple]:
    """Rows without the refusals, of which --label-all knows more, and which stay when the verdict changes."""
    return [(*row[:5], row[7]) for row in found]


def test_clips_decided_again_only_change_their_verdict(videos: Path, catalog: Path) -> None:
    first = do(catalog, videos, recipe=recipe())
    assert counts(first) == (4, 2, {"face_lost": 1, "low_quality": 1}, 0, 0)
    found = do(catalog, videos, recipe=recipe(45.0))
    assert counts(found) == (4, 1, {"low_quality": 2, "face_lost": 1}, 0, 4)
    assert (found.again, found.now, found.video_seconds) == (4, {"accepted": 1, "rejected": 3}, 0.0)
    assert ask(catalog, "detail", "source_uri like '%quality40%'") == [("quality 40, at least 45 wanted",)]
    assert [row["status"] for row in runs(catalog)] == ["finished", "finished"]
    assert {run for (run,) in ask(catalog, "run_id")} == {found.run_id}
    kept = catalogs.query(catalog, "select clip_id, gaze[1]::float as gaze from rejected_latents").to_pylist()
    assert [row["gaze"] for row in kept] == [7.0]
    assert counts(do(catalog, videos, recipe=recipe(45.0))) == (4, 1, {"low_quality": 2, "face_lost": 1}, 0, 4)
    back = do(catalog, videos, recipe=recipe())
    assert counts(back) == (4, 2, {"face_lost": 1, "low_quality": 1}, 0, 4)
    assert len(latents(catalog)) == 2
    assert catalogs.query(catalog, "select * from rejected_latents").num_rows == 0
    assert visits(videos) == [1, 1, 1, 1]


def test_what_was_left_short_is_worked_on_again(videos: Path, catalog: Path) -> None:
    do(catalog, videos, recipe=recipe(min_seconds=5.0))
    assert visits(videos) == [0, 0, 0, 0]
    ahead = outlook(Request([f"{videos}/*.mp4"], str(catalog), recipe()))
    assert (ahead.decided_again, ahead.need_work, ahead.todo, ahead.refused) == (0, 4, 4, False)
    found = do(catalog, videos, recipe=recipe())
    assert counts(found) == (4, 2, {"face_lost": 1, "low_quality": 1}, 0, 0)
    assert visits(videos) == [1, 1, 1, 1]


def test_a_plan_says_what_would_be_decided_again(videos: Path, catalog: Path) -> None:
    do(catalog, videos, recipe=recipe())
    ahead = outlook(Request([f"{videos}/*.mp4"], str(catalog), recipe(10.0)))
    assert (ahead.decided_again, ahead.need_work, ahead.decided, ahead.todo) == (3, 1, 3, 1)
    assert rows(catalog)[0][5] == recipe().fingerprint


def test_sources_that_are_not_listed_wait_for_their_work(videos: Path, catalog: Path) -> None:
    do(catalog, videos, recipe=recipe())
    found = do(catalog, videos / "c_quality60.mp4", recipe=recipe(10.0))
    assert (found.again, found.older) == (3, 1)
    older = catalogs.query(catalog, "select source_uri from older_clips").to_pylist()
    assert [Path(row["source_uri"]).stem for row in older] == ["a_quality20"]
    # another threshold before that: what was left behind is decided again too, where its labels tell
    assert do(catalog, videos / "c_quality60.mp4", recipe=recipe(25.0)).older == 0
    assert visits(videos) == [1, 1, 1, 1]


def test_a_run_killed_after_it_decided_again_goes_on_with_the_rest(
    videos: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(catalog, videos, recipe=recipe())

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    for method in ("adopt", "decided"):  # before the one manifest, and right after it
        with monkeypatch.context() as patch:
            patch.setattr(Writer, method, dies)
            with pytest.raises(KeyboardInterrupt):
                do(catalog, videos, recipe=recipe(10.0))
        catalogs.query(catalog, "select * from clips")
    found = do(catalog, videos, recipe=recipe(10.0))
    assert counts(found) == (4, 3, {"face_lost": 1}, 0, 3)
    assert visits(videos) == [2, 1, 1, 1]
    assert [row["status"] for row in runs(catalog)] == ["finished", "stopped", "stopped", "finished"]


def test_what_is_no_threshold_is_refused_and_named(videos: Path, catalog: Path) -> None:
    do(catalog, videos, recipe=recipe())
    other = Recipe("named", (PROBE, Named(20.0, scale=2.0), Tracked()))
    with pytest.raises(RecipeMismatch, match=r"quality\.scale: 1\.0 in the catalog, 2\.0 now"):
        do(catalog, videos, recipe=other)
    assert thresholds_of(other) == {"probe.min_seconds", "probe.min_pixels", "probe.audio", "quality.minimum"}


def test_label_all_labels_once_what_was_left(videos: Path, catalog: Path) -> None:
    do(catalog, videos, recipe=recipe(min_seconds=5.0))
    found = do(catalog, videos, recipe=recipe(min_seconds=5.0), label_all=True)
    assert counts(found) == (4, 0, {"too_short": 4}, 0, 0)
    labels = ask(catalog, "source_uri, quality, refusals['quality'], refusals['identity']")
    assert [row[1] for row in labels] == [20.0, 40.0, 60.0, 50.0]
    assert [row[2] for row in labels] == ["low_quality: quality 20, at least 30 wanted", None, None, None]
    assert [row[3] for row in labels] == [None, None, None, "face_lost: another person"]
    assert latents(catalog) == {}
    assert catalogs.query(catalog, "select * from rejected_latents").num_rows == 4
    assert counts(do(catalog, videos, recipe=recipe(min_seconds=5.0), label_all=True))[-1] == 4
    assert counts(do(catalog, videos, recipe=recipe()))[1:3] == (2, {"face_lost": 1, "low_quality": 1})
    assert visits(videos) == [1, 1, 1, 1]
    assert len(latents(catalog)) == 2


STAGES = (Probe(), Speech(), FaceTrack(), Motion(), Quality())
NAMES = tuple(stage.name for stage in STAGES)
LABELS = {
    "width": 320,
    "height": 240,
    "audio_hz_in": 16_000,
    "speech_share": 0.8,
    "face_px": 100.0,
    "motion": 0.9,
    "quality": 50.0,
}


def row(start: float = 0.0, end: float = 10.0, ran: int = len(NAMES), **more: Any) -> dict[str, Any]:
    """A row as a run of the stages above leaves it that came as far as `ran` of them."""
    verdict = {"status": "accepted", "reason": None, "detail": None, "refusals": None}
    seconds = dict.fromkeys(NAMES[:ran], 0.1)
    return {"clip_id": f"{start}", "start_s": start, "end_s": end, **LABELS, **verdict, "seconds": seconds, **more}


def rejected(reason: str, detail: str = "said", **more: Any) -> dict[str, Any]:
    return {"status": "rejected", "reason": reason, "detail": detail, **more}


def again(rows: list[dict[str, Any]], kept: tuple[str, ...] = (), **changed: float) -> list[tuple] | None:
    """Verdicts under other thresholds than the stages above have, by STAGE_PARAMETER."""
    described = {stage.name: {name: getattr(stage, name) for name in stage.thresholds} for stage in STAGES}
    now = []
    for stage in STAGES:
        mine = {key.partition("_")[2]: value for key, value in changed.items() if key.startswith(f"{stage.name}_")}
        now.append(replace(stage, **mine))
    found = Redecider(Recipe("made", tuple(now)), {"stages": described}).span(rows, kept)
    return found and [(each.status, each.reason) for each in found]


def test_the_first_stage_that_refuses_gives_the_reason() -> None:
    both = row(quality=10.0, speech_share=0.1, ran=2, **rejected("no_speech"))
    assert again([both], speech_minimum=0.05) is None
    assert again([both], speech_minimum=0.15) == [("rejected", "no_speech")]
    assert again([row()], speech_minimum=0.9, quality_minimum=70.0) == [("rejected", "no_speech")]
    assert again([row()], quality_minimum=70.0, probe_min_seconds=11) == [("rejected", "too_short")]


def test_what_no_threshold_refused_stays_refused() -> None:
    faces = row(face_px=40.0, ran=3, **rejected("several_faces"))
    assert again([faces], track_min_face=20) == [("rejected", "several_faces")]
    nobody = row(face_px=None, ran=3, **rejected("no_face"))
    assert again([nobody], track_min_face=20) == [("rejected", "no_face")]
    small = row(face_px=40.0, ran=3, **rejected("face_too_small"))
    assert again([small], track_min_face=20) is None
    assert again([small], track_min_face=50) == [("rejected", "face_too_small")]
    broken = row(ran=4, status="failed", reason="error", detail="stage motion: ...", motion=None, quality=None)
    assert again([broken], motion_minimum=0.1) == [("failed", "error")]
    assert again([broken], speech_minimum=0.9) == [("rejected", "no_speech")]
    assert again([row(ran=0, **rejected("duplicate"))], quality_minimum=99) == [("rejected", "duplicate")]


def test_a_picture_that_stood_still_too_long_is_looked_at_again() -> None:
    """Its longest standstill stands nowhere: it may be still under another `motion.minimum`."""
    labelled = row(motion=0.4, **rejected("still_picture", refusals={"motion": "still_picture: said"}))
    assert again([labelled], kept=("0.0",), motion_minimum=0.3) is None
    assert again([labelled], kept=("0.0",), motion_minimum=0.5) == [("rejected", "still_picture")]
    frozen = row(motion=0.7, **rejected("still_picture", refusals={"motion": "still_picture: said"}))
    assert again([frozen], kept=("0.0",), motion_minimum=0.3) == [("rejected", "still_picture")]


def test_a_clip_labelled_whole_passes_where_its_latents_are_there() -> None:
    low = row(quality=20.0, **rejected("low_quality", refusals={"quality": "low_quality: said"}))
    assert again([low], kept=("0.0",), quality_minimum=10.0) == [("accepted", None)]
    assert again([low], quality_minimum=10.0) is None


def test_parts_of_a_cut_span_are_decided_by_what_judged_each() -> None:
    parts = [row(0.0, 2.0, ran=3, **rejected("too_short")), row(2.0, 10.0)]
    assert again(parts, quality_minimum=60.0) == [("rejected", "too_short"), ("rejected", "low_quality")]
    # the tracker saw the part before its length was asked for once more
    assert again(parts, track_min_face=101) == [("rejected", "face_too_small")] * 2
    # speech was heard over all of it, and its share stands nowhere
    assert again(parts, speech_minimum=0.3) is None
    assert again(parts, probe_min_seconds=1.0) is None
