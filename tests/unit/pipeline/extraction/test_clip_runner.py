"""The judge: every part of a stretch gets one verdict, and no stage can take the others down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest
import torch

from pipeline.child import AskOverdue
from pipeline.extraction.clip_runner import ClipRunner, Verdict
from stages.clip import Clip, Outcome, Reject, Resources, Runner
from stages.labels.probe import Probe
from stages.video.header import Unreadable, VideoHeader
from stages.video.reader import Frames
from tests.made.faulty import Cutter

HEADER = VideoHeader("mp4", "h264", 640, 360, 30.0, 10.0, 0, 1.0, None, 0, 0, 0.0)


@dataclass(frozen=True)
class Ask:
    """A stage that asks a function."""

    answer: Callable[[Clip], Outcome]

    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources()
    weights: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[pa.Schema] = pa.schema([])

    def open(self) -> Runner:
        return self.answer


def clip(seconds: float = 10.0) -> Clip:
    return Clip("/a.mp4", HEADER, 0.0, seconds, Frames(iter(())))


def judge(*stages: object, seconds: float = 10.0, label_all: bool = False) -> list[Verdict]:
    return list(ClipRunner(stages, label_all=label_all)(clip(seconds)))  # type: ignore[arg-type]


def times(verdicts: list[Verdict]) -> list[tuple[float, float]]:
    return [(verdict.clip.start_s, verdict.clip.end_s) for verdict in verdicts]


def test_what_passes_all_stages_is_accepted() -> None:
    (verdict,) = judge(Probe(audio=False), Ask(lambda clip: clip.add(quality=50.0)))
    assert (verdict.status, verdict.reason, verdict.detail) == ("accepted", None, None)
    assert verdict.clip.columns == {
        "fps_in": 30.0,
        "width": 640,
        "height": 360,
        "frames": 250,
        "audio_hz_in": None,
        "quality": 50.0,
    }
    assert set(verdict.seconds) == {"probe", "quality"}
    assert all(spent >= 0 for spent in verdict.seconds.values())


def test_a_reject_stops_at_the_first_reason_and_keeps_what_is_known() -> None:
    def never(_: Clip) -> Outcome:
        raise AssertionError("came after a reject")

    (verdict,) = judge(
        Probe(min_seconds=20), Ask(lambda clip: Reject("low_quality", "12, 20 wanted", clip)), Ask(never)
    )
    assert (verdict.status, verdict.reason) == ("rejected", "too_short")
    assert verdict.detail == "10.00 s, at least 20 s wanted"
    assert verdict.clip.columns["width"] == 640
    assert list(verdict.seconds) == ["probe"]


def test_a_scene_change_gives_a_verdict_a_part_and_the_gates_run_on_each() -> None:
    verdicts = judge(Probe(min_seconds=3, audio=False), Cutter(every=4.0))
    assert times(verdicts) == [(0.0, 4.0), (4.0, 8.0), (8.0, 10.0)]
    assert [(item.status, item.reason) for item in verdicts] == [
        ("accepted", None),
        ("accepted", None),
        ("rejected", "too_short"),
    ]
    assert [item.clip.columns["frames"] for item in verdicts] == [100, 100, 50]
    assert verdicts[0].clip.columns["faces_max"] == 1
    assert verdicts[2].detail == "2.00 s, at least 3 s wanted"


def test_a_part_cut_off_too_short_keeps_the_columns_of_the_stage_that_cut() -> None:
    verdicts = judge(Probe(min_seconds=3, audio=False), Cutter(every=2.0), seconds=3.5)
    assert times(verdicts) == [(0.0, 2.0), (2.0, 3.5)]
    assert [item.reason for item in verdicts] == ["too_short", "too_short"]
    assert verdicts[0].clip.columns["frames"] == 50
    assert verdicts[0].clip.columns["faces_max"] == 1
    assert set(verdicts[0].seconds) == {"probe", "track"}
    assert set(verdicts[1].seconds) == {"probe"}


def test_a_reject_after_a_cut_still_judges_the_rest() -> None:
    def picky(clip: Clip) -> Outcome:
        return Reject("low_quality", "blurred", clip) if clip.start_s == 0 else clip

    verdicts = judge(Probe(audio=False), Cutter(every=5.0), Ask(picky))
    assert times(verdicts) == [(0.0, 5.0), (5.0, 10.0)]
    assert [(item.status, item.reason) for item in verdicts] == [("rejected", "low_quality"), ("accepted", None)]


def test_an_exception_fails_its_part_and_the_rest_is_still_judged(caplog: pytest.LogCaptureFixture) -> None:
    def shaky(clip: Clip) -> Outcome:
        if clip.start_s == 0:
            raise ZeroDivisionError("no frames left")
        return clip

    verdicts = judge(Probe(audio=False), Cutter(every=5.0), Ask(shaky))
    assert times(verdicts) == [(0.0, 5.0), (5.0, 10.0)]
    assert [(item.status, item.reason) for item in verdicts] == [("failed", "error"), ("accepted", None)]
    assert verdicts[0].detail == "stage quality: ZeroDivisionError: no frames left"
    assert "/a.mp4: stage quality" in caplog.text
    assert "Traceback" in caplog.text


def test_what_cannot_be_decoded_is_unreadable_in_its_own_words() -> None:
    def damaged(clip: Clip) -> Outcome:
        raise Unreadable(f"{clip.path}: damaged after 2.00 s; copy it again")

    (verdict,) = judge(Probe(audio=False), Ask(damaged))
    assert (verdict.status, verdict.reason) == ("failed", "unreadable")
    assert verdict.detail == "/a.mp4: damaged after 2.00 s; copy it again"
    assert set(verdict.seconds) == {"probe", "quality"}


def test_stages_are_opened_once_and_verdicts_come_one_by_one() -> None:
    opened = []

    class Counted(Ask):
        def open(self) -> Runner:
            opened.append(self.name)
            return self.answer

    judge = ClipRunner([Counted(lambda clip: clip)])
    assert next(judge(clip())).status == "accepted"
    assert next(judge(replace(clip(), path="/b.mp4"))).clip.path == "/b.mp4"
    assert opened == ["quality"]


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"dynamics": (7, np.nan)}, "its array dynamics is NaN, first at frame 7 of 20;"),
        ({"face_pose": (0, np.inf)}, "its array face_pose is infinite, first at frame 0 of 20;"),
        (
            {"audio": (19, -70_000.0)},
            "its array audio is 70000, beyond what a float16 holds (65504), first at frame 19 of 20;",
        ),
    ],
)
def test_what_is_no_number_stops_at_the_stage_that_made_it(spoiled: dict[str, tuple], said: str) -> None:
    ((name, (frame, value)),) = spoiled.items()
    array = np.zeros((20, 6), np.float32)
    array[frame, 3] = value
    (verdict,) = judge(Ask(lambda clip: clip.add_arrays(pose=np.zeros((20, 6)), **{name: array})))
    assert (verdict.status, verdict.reason) == ("failed", "error")
    assert verdict.detail is not None
    assert verdict.detail.startswith(f"stage quality: {said}")
    assert verdict.detail.endswith("--retry-failed decides it again")
    assert not verdict.clip.arrays


def test_a_code_that_is_no_number_is_named_by_its_place() -> None:
    identity = np.zeros(64, np.float32)
    identity[5] = np.nan
    (verdict,) = judge(Ask(lambda clip: clip.add_arrays(identity=identity)))
    assert verdict.detail is not None
    assert verdict.detail.startswith("stage quality: its array identity is NaN, first at value 5;")


def test_what_is_no_number_costs_its_own_part_alone() -> None:
    def spoil(clip: Clip) -> Outcome:
        return clip.add(quality=float("nan") if clip.start_s == 4 else 50.0, emotion={"anger": 0.1, "fear": None})

    verdicts = judge(Probe(audio=False), Cutter(every=4.0), Ask(spoil), seconds=12.0)
    assert times(verdicts) == [(0.0, 4.0), (4.0, 8.0), (8.0, 12.0)]
    assert [verdict.status for verdict in verdicts] == ["accepted", "failed", "accepted"]
    assert verdicts[1].detail is not None
    assert verdicts[1].detail.startswith("stage quality: its quality is NaN;")
    assert "quality" not in verdicts[1].clip.columns


def test_a_cut_that_is_no_number_keeps_what_follows() -> None:
    def cut(clip: Clip) -> Outcome:
        if clip.start_s:
            return clip
        part = clip.add_arrays(pose=np.full((4, 6), np.nan))
        return replace(part, end_s=4.0, rest=replace(clip, start_s=4.0, columns={}))

    verdicts = judge(Ask(cut))
    assert times(verdicts) == [(0.0, 4.0), (4.0, 10.0)]
    assert [verdict.status for verdict in verdicts] == ["failed", "accepted"]


def test_what_a_stage_waited_for_too_long_is_a_timeout() -> None:
    def late(_: Clip) -> Outcome:
        raise AskOverdue("network gaze: took longer than 5 s")

    (verdict,) = judge(Ask(late))
    assert (verdict.status, verdict.reason) == ("failed", "timeout")
    assert verdict.detail == "stage quality: network gaze: took longer than 5 s"


def test_a_gpu_of_this_process_that_fails_is_no_clip_s_verdict() -> None:
    def lose(_: Clip) -> Outcome:
        raise torch.AcceleratorError("CUDA error: device-side assert triggered")

    with pytest.raises(torch.AcceleratorError):
        judge(Ask(lose))


def reasons(verdict: Verdict) -> dict[str, str]:
    return {stage: refusal.reason for stage, refusal in verdict.refusals.items()}


@dataclass(frozen=True)
class Late(Ask):
    """A second stage that asks a function."""

    name: ClassVar[str] = "gaze"


def test_a_refused_clip_is_labelled_on_where_all_labels_are_wanted() -> None:
    asked = Ask(lambda clip: Reject("low_quality", "12, 20 wanted", clip.add(quality=12.0)))
    later = Late(lambda clip: clip.add(gaze_share=0.5))
    (verdict,) = judge(Probe(min_seconds=20), asked, later, label_all=True)
    assert (verdict.status, verdict.reason) == ("rejected", "too_short")
    assert verdict.detail == "10.00 s, at least 20 s wanted"
    assert reasons(verdict) == {"probe": "too_short", "quality": "low_quality"}
    assert (verdict.clip.columns["quality"], verdict.clip.columns["gaze_share"]) == (12.0, 0.5)
    (short,) = judge(Probe(min_seconds=20), asked, later)
    assert (short.status, short.reason, short.detail) == (verdict.status, verdict.reason, verdict.detail)
    assert reasons(short) == {"probe": "too_short"}


def test_what_cannot_run_on_a_refused_clip_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def trackless(clip: Clip) -> Outcome:
        raise AssertionError(clip.tracked())

    (verdict,) = judge(Probe(min_seconds=20), Ask(trackless), Late(lambda clip: clip.add(yaw=1.0)), label_all=True)
    assert (verdict.status, verdict.reason) == ("rejected", "too_short")
    assert (verdict.seconds["quality"], verdict.clip.columns["yaw"]) == (0.0, 1.0)
    assert not caplog.text
    (failed,) = judge(Probe(audio=False), Ask(trackless), label_all=True)
    assert (failed.status, failed.reason) == ("failed", "error")


def test_a_stage_that_fails_on_a_refused_clip_does_not_change_its_verdict() -> None:
    def spoil(clip: Clip) -> Outcome:
        return clip.add(quality=float("nan"))

    (verdict,) = judge(Probe(min_seconds=20), Ask(spoil), label_all=True)
    assert (verdict.status, verdict.reason, verdict.seconds["quality"]) == ("rejected", "too_short", 0.0)
    assert "quality" not in verdict.clip.columns


def test_parts_of_a_refused_stretch_are_refused_with_it_and_labelled_each() -> None:
    def sound(clip: Clip) -> Outcome:
        share = 0.1 if clip.start_s == 0 and clip.end_s == 10 else 0.9
        clip = clip.add(speech_share=share)
        return Reject("no_speech", "10%", clip) if share < 0.2 else clip

    verdicts = judge(Late(sound), Cutter(every=5.0), label_all=True)
    assert times(verdicts) == [(0.0, 5.0), (5.0, 10.0)]
    assert [(item.status, item.reason) for item in verdicts] == [("rejected", "no_speech")] * 2
    assert [item.clip.columns["speech_share"] for item in verdicts] == pytest.approx([0.9, 0.9])
    (whole,) = judge(Late(sound), Cutter(every=5.0))
    assert (whole.reason, times([whole])) == ("no_speech", [(0.0, 10.0)])


def test_a_part_refused_where_it_was_cut_off_has_its_own_length_and_what_follows_is_free() -> None:
    @dataclass(frozen=True)
    class Refusing(Cutter):
        """Refuses what it cuts off."""

        def _cut(self, clip: Clip) -> Outcome:
            found = super()._cut(clip)
            return Reject("several_faces", "2 faces", found) if isinstance(found, Clip) and found.rest else found

    stages = Probe(min_seconds=3, audio=False), Refusing(every=4.0)
    everything, short = judge(*stages, seconds=8.0, label_all=True), judge(*stages, seconds=8.0)
    assert times(everything) == times(short) == [(0.0, 4.0), (4.0, 8.0)]
    for found in (everything, short):
        assert [(item.status, item.reason) for item in found] == [("rejected", "several_faces"), ("accepted", None)]
    assert everything[0].clip.columns["frames"] == 100
