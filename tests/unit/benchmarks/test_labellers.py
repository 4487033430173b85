"""The benchmark of the networks: what it makes of its timings, and what it hands to the plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from benchmarks.networks import detectors, figures
from benchmarks.networks.case import PREPARE, SEARCH, About, Case, Measured, measure
from benchmarks.networks.cases import OWN, PAPER
from benchmarks.networks.material import swung
from pipeline.extraction.plan import cores_per_gpu
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.throughput import Table
from stages.clip import FPS
from stages.tracking.screen import Screen
from stages.tracking.track import FaceTrack

ABOUT = About(item="face", batch=4, at_once=2, per_minute=120, stage="gaze=made")
CPU = torch.device("cpu")
NOTHING: Table = {
    "cpu": None,
    "gpu": None,
    "cpu_chain": {"name": "", "date": "", "stages": {}, "preparing": {}},
}


class Clock:
    """Time that passes only when work is done."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, *seconds: float) -> Callable[[], None]:
        """Work that takes these seconds in turn, the last ones for ever."""
        left = list(seconds)

        def run() -> None:
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def test_loops_are_timed_in_turn_and_the_median_counts() -> None:
    clock = Clock()
    case = Case(
        ABOUT,
        # the first two are warming up
        ours=clock.work(50, 50, 4.4, 40, 4.4),
        bare=clock.work(50, 50, 4.0, 20, 4.0),
        published=clock.work(5.0),
        prepare=clock.work(6.0),
        search=clock.work(3.0),
    )
    found = measure(case, 3, clock)
    assert found.rounds["ours"] == pytest.approx([1.1, 10, 1.1])
    assert found.rounds["bare"] == pytest.approx([1.0, 5, 1.0])
    assert found.rate == pytest.approx(1 / 1.1)
    assert found.ratio("bare") == pytest.approx(1.1)
    assert found.ratio("published") == pytest.approx(0.88)
    assert (found.seconds(PREPARE), found.seconds(SEARCH), found.seconds("none")) == (6.0, 3.0, None)
    # 0.1 s more than the network and 6 / 120 s of the stage, in 1.15 s
    assert found.share == pytest.approx(0.15 / 1.15)
    assert (found.network_minute, found.stage_minute) == (pytest.approx(132), pytest.approx(9))


def test_quick_work_is_repeated_until_it_can_be_timed() -> None:
    clock = Clock()
    runs = 0
    step = clock.work(0.01)

    def work() -> None:
        nonlocal runs
        runs += 1
        step()

    found = measure(Case(ABOUT, ours=work, bare=clock.work(0.02)), 1, clock)
    assert runs == 2 + 25
    assert found.rounds["ours"] == pytest.approx([0.01 / 4])


def test_figures_are_added_to_those_of_the_same_machine() -> None:
    first = figures.updated(NOTHING, {"made": Measured(ABOUT, {"ours": [0.5], "bare": [0.5], PREPARE: [3.0]})}, CPU)
    assert first["cpu"]["name"] == figures.processor()
    assert first["cpu"]["items"] == {"made": 2.0}
    assert first["cpu"]["networks"] == {"gaze=made": 1.0}
    assert first["cpu_chain"]["preparing"] == {"gaze=made": 20.0}
    look = About("look", 1, 1, per_minute=120, stage="detector=scrfd")
    extract = {
        "video_seconds_per_second_per_core": 8.0,
        "stage_share": {"track": 0.8, "gaze": 0.16, "probe": 0.0},
        "seconds": {"b start-up": 9.0},
    }
    second = figures.updated(
        first, {"scrfd": Measured(look, {"ours": [0.1], "bare": [0.1], PREPARE: [0.5]})}, CPU, extract
    )
    assert second["cpu"]["items"] == {"made": 2.0, "scrfd": 10.0}
    assert second["cpu_chain"]["stages"] == {"track": 10.0, "gaze": 50.0, "probe": None}
    assert second["cpu_chain"]["startup_seconds"] == 9.0
    assert second["cpu"]["networks"] == {"gaze=made": 1.0, "detector=scrfd": 5.0}
    assert second["cpu_chain"]["preparing"] == {"gaze=made": 20.0, "detector=scrfd": 120.0}
    other = figures.updated({**second, "cpu": {**second["cpu"], "name": "another"}}, {}, CPU)
    assert other["cpu"]["items"] == {}
    assert NOTHING["cpu_chain"]["preparing"] == {}


def test_the_detector_is_asked_as_often_as_the_stages_do() -> None:
    """Written down there, so that a machine without LiteRT can measure too."""
    assert FPS * 60 / FaceTrack().every == detectors.TRACKED
    assert 2 * Screen().samples == detectors.SCREENED


def test_every_network_of_profile_paper_is_measured_under_its_stage_s_name() -> None:
    names = {name for stage in make_recipe("paper").stages for name in stage.weights}
    assert names - {"face_mesh", "canonical_face", "silero_vad"} == set(PAPER) | set(OWN)


@pytest.mark.parametrize("profile", ["open", "paper"])
def test_the_committed_figures_cover_both_profiles(profile: str) -> None:
    found = cores_per_gpu(make_recipe(profile))
    assert found is not None
    assert found.unmeasured == ()
    assert found.labelled > 0
    assert found.prepared > 0


def test_a_minute_swings_forward_and_back() -> None:
    assert swung(4, 9).tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert np.abs(np.diff(swung(119, 1500))).max() == 1
