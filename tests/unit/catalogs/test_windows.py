"""Windows of motion: what is in one, which clips they are of, and that errors say what to do."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from catalogs.errors import NoCatalog, NoWindows
from catalogs.schema import EMOTIONS
from catalogs.windows import WindowBatch, WindowReader, open_windows
from tests.made.motion_catalog import AUDIO, DYNAMICS, MadeClip, audio, dynamics, motion_catalog
from tests.made.sample_spans import FINGERPRINT, hexes
from tests.root import ROOT

W, K = 8, 3
CLIPS = (
    MadeClip(40, more={"quality": 60.0, "split": "train", "subject_id": "Ann", "gaze_theta": 3.0, "gaze_phi": -4.0}),
    MadeClip(23, more={"quality": 40.0, "split": "train", "distance": 0.75}),
    MadeClip(5, more={"quality": 70.0, "split": "train", "subject_id": "Bea", "emotion": None}),
    MadeClip(16, audio=None, more={"quality": 80.0, "split": "test"}),
    MadeClip(12, more={"status": "rejected"}),
)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def catalog(root: Path) -> Path:
    """Four accepted clips: a long one, one of 23 frames, one that is shorter than a window, one without sound."""
    motion_catalog(root, CLIPS)
    return root


@pytest.fixture
def reader(catalog: Path, cache: Path) -> WindowReader:
    return open_windows(catalog, window=W, previous=K, cache=cache)


def source_of(clip_id: str) -> int:
    return next(source for source in range(len(CLIPS)) if hexes("clip", source, 0, 0) == clip_id)


def epoch(reader: WindowReader) -> WindowBatch:
    return reader[range(len(reader))]


def same(one: WindowBatch, other: WindowBatch) -> bool:
    """Whether all of two batches is equal."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in WindowBatch.__dataclass_fields__]
    return all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)


def test_a_window_is_the_frames_before_and_from_its_start(reader: WindowReader) -> None:
    batch = epoch(reader)
    assert batch.pose.shape == (len(reader), K + W, 6)
    assert batch.dynamics.shape == (len(reader), K + W, DYNAMICS)
    assert batch.audio.shape == (len(reader), K + W, AUDIO)
    assert {batch.pose.dtype, batch.dynamics.dtype, batch.audio.dtype, batch.rest.dtype} == {torch.float32}
    for place, clip_id in enumerate(batch.clip_id):
        source = source_of(clip_id)
        length = CLIPS[source].frames
        frames = int(batch.start[place]) + np.arange(-K, W)
        there = (frames >= 0) & (frames < length)
        assert batch.valid[place].tolist() == there.tolist()
        assert batch.pose[place, there, 0].tolist() == [source] * there.sum()
        assert batch.pose[place, there, 1].tolist() == frames[there].tolist()
        assert batch.rest[place].tolist() == [100 + (length - 1) / 2 + number for number in range(DYNAMICS)]
        moved = batch.dynamics[place, there] + batch.rest[place]
        assert np.array_equal(moved, dynamics(source, length)[frames[there]])
        heard = audio(source, length).astype(np.float16).astype(np.float32)[frames[there]] * (source != 3)
        assert np.array_equal(batch.audio[place, there], heard)
        for values in (batch.pose, batch.dynamics, batch.audio):
            assert not values[place, ~there].any()


def test_a_whole_clip_is_all_of_its_frames_and_none_before(reader: WindowReader) -> None:
    for place, clip_id in enumerate(reader.clips.clip_id.tolist()):
        source = source_of(clip_id.decode())
        length = CLIPS[source].frames
        clip = reader.whole(place)
        assert (clip.clip_id, clip.start.tolist()) == ((clip_id.decode(),), [0])
        assert clip.valid.shape == (1, length)
        assert clip.valid.all()
        assert np.array_equal(clip.dynamics[0] + clip.rest, dynamics(source, length))
        assert clip.pose[0, :, 1].tolist() == list(range(length))
        heard = audio(source, length).astype(np.float16).astype(np.float32) * (source != 3)
        assert np.array_equal(clip.audio[0], heard)


def test_starts_leave_room_for_a_window_and_padding_is_before_the_clip_or_after_a_short_one(
    reader: WindowReader,
) -> None:
    batch = reader[range(60 * len(reader))]
    starts: dict[int, set[int]] = {source: set() for source in range(4)}
    for clip_id, start in zip(batch.clip_id, batch.start.tolist(), strict=True):
        starts[source_of(clip_id)].add(start)
    assert starts[2] == {0}
    assert starts[3] == set(range(16 - W + 1))
    assert starts[0] <= set(range(40 - W + 1))
    assert len(starts[0]) > 20
    short = batch.valid[[clip_id == hexes("clip", 2, 0, 0) for clip_id in batch.clip_id]]
    assert short[0].tolist() == [False] * K + [True] * 5 + [False] * (W - 5)


def test_dynamics_may_be_as_they_are_stored(catalog: Path, reader: WindowReader, cache: Path) -> None:
    relative, stored = epoch(reader), epoch(open_windows(catalog, "", W, K, relative=False, cache=cache))
    assert torch.equal(stored.rest, relative.rest)
    assert torch.equal(stored.dynamics, (relative.dynamics + relative.rest[:, None]) * relative.valid[:, :, None])
    assert torch.equal(stored.pose, relative.pose)


def test_labels_are_those_of_the_clip_and_what_is_not_known_is_zero(reader: WindowReader) -> None:
    batch = epoch(reader)
    seen = {source_of(clip_id): place for place, clip_id in enumerate(batch.clip_id)}
    assert batch.gaze[seen[0]].tolist() == [3, -4]
    assert batch.distance[seen[1]].tolist() == [0.75]
    assert batch.emotion.shape == (len(reader), len(EMOTIONS))
    assert batch.emotion[seen[0]].tolist() == [{"anger": 0.25, "happiness": 0.5}.get(name, 0) for name in EMOTIONS]
    known = {
        name: [bool(getattr(batch, f"has_{name}")[seen[source]]) for source in range(4)]
        for name in ("gaze", "distance", "emotion", "audio")
    }
    assert known == {
        "gaze": [True, False, False, False],
        "distance": [False, True, False, False],
        "emotion": [True, True, False, True],
        "audio": [True, True, True, False],
    }
    assert not batch.emotion[seen[2]].any()
    assert not batch.audio[seen[3]].any()
    subjects = [batch.subject[seen[source]] for source in range(4)]
    assert subjects == ["Ann", hexes("clip", 1, 0, 0), "Bea", hexes("clip", 3, 0, 0)]


def test_where_chooses_clips_by_any_column(catalog: Path, cache: Path) -> None:
    def sources(where: str) -> set[int]:
        return {source_of(clip_id) for clip_id in epoch(open_windows(catalog, where, cache=cache)).clip_id}

    assert sources("quality > 50 and split = 'train'") == {0, 2}
    assert sources("subject_id is null or emotion.happiness > 1") == {1, 3}
    assert sources("quality > 50 or true -- of all that are accepted") == {0, 1, 2, 3}


def test_what_does_not_fit_says_what_to_do(root: Path, catalog: Path, cache: Path, tmp_path: Path) -> None:
    def refused(match: str, where: str = "", place: Path = catalog, **more: int) -> None:
        with pytest.raises(NoWindows, match=match):
            open_windows(place, where, cache=cache, **more)

    refused(
        r"where 'sharpness > 1' cannot be asked: [^\n]*sharpness(.|\n)*table clips, which has: clip_id, ",
        "sharpness > 1",
    )
    refused("where 'quality >' cannot be asked: Parser Error", "quality >")
    refused("where 'split::int > 3' cannot be asked: Conversion Error", "split::int > 3")
    refused(f"none of the 4 accepted clips of {catalog} is left by where 'quality > 99': ask less", "quality > 99")
    refused("window 0, previous 10, seed 0: give 1, 0 and 0 or more", window=0)
    refused("previous -1", previous=-1)
    motion_catalog(tmp_path / "plain", [MadeClip(9, dynamics=None)])
    refused(
        r"holds no latents of a face model: make them with python jobs/extract.py .* --latents", "", tmp_path / "plain"
    )
    motion_catalog(tmp_path / "none", [MadeClip(9, more={"status": "rejected"})])
    refused("has no accepted clip: its report says why", "", tmp_path / "none")
    with pytest.raises(NoCatalog, match="there is no catalog at"):
        open_windows(tmp_path / "nowhere", cache=cache)


def test_latents_of_several_models_are_refused_until_one_is_chosen(root: Path, cache: Path) -> None:
    motion_catalog(
        root, [MadeClip(9, more={"run_id": "old"}), MadeClip(9, dynamics=6, audio=5, more={"run_id": "new"})]
    )
    with pytest.raises(NoWindows, match=r"mixes .* dynamics has 4 \(clip .*\), 6 \(clip .*where, for example run_id"):
        open_windows(root, cache=cache)
    batch = epoch(open_windows(root, "run_id = 'new'", W, K, cache=cache))
    assert (batch.dynamics.shape[2], batch.audio.shape[2]) == (6, 5)
    assert np.array_equal(
        batch.dynamics[0][batch.valid[0]] + batch.rest[0], dynamics(1, 9, 6)[batch.pose[0, batch.valid[0], 1].long()]
    )


def test_clips_without_motion_are_left_out_and_no_sound_at_all_is_no_audio(root: Path, cache: Path) -> None:
    motion_catalog(root, [MadeClip(9, dynamics=None), MadeClip(9, audio=None)])
    batch = epoch(open_windows(root, "", W, K, cache=cache))
    assert batch.clip_id == (hexes("clip", 1, 0, 0),)
    assert batch.audio.shape == (1, K + W, 0)
    assert batch.has_audio.tolist() == [False]


def test_sound_that_is_off_is_shifted_and_frames_without_it_are_left_out(root: Path, cache: Path) -> None:
    clips = [MadeClip(20, more={"sound_offset": offset}) for offset in (2, -3, None)]
    motion_catalog(root, [*clips, MadeClip(20, audio=None, more={"sound_offset": 2})])
    batch = epoch(open_windows(root, "", W, K, cache=cache))
    ranges = {0: range(18), 1: range(3, 20), 2: range(20), 3: range(20)}
    for source, shift in enumerate((2, -3, 0, 0)):
        mine = [clip_id == hexes("clip", source, 0, 0) for clip_id in batch.clip_id]
        frames = batch.pose[mine][batch.valid[mine]][:, 1]
        assert set(frames.int().tolist()) <= set(ranges[source])
        heard = batch.audio[mine][batch.valid[mine]][:, 1]
        assert torch.equal(heard, (frames + shift + 1) * (source != 3))


def test_the_loader_gives_the_same_windows_whatever_its_processes(reader: WindowReader) -> None:
    alone = [reader[numbers] for numbers in reader.part(batch=4)]
    loader = DataLoader(
        reader, batch_size=None, sampler=reader.part(batch=4), num_workers=2, multiprocessing_context="fork"
    )
    loaded = list(loader)
    assert len(loaded) == len(loader) == len(alone)
    assert all(same(one, other) for one, other in zip(loaded, alone, strict=True))
    assert alone[0].to(torch.device("meta")).pose.is_meta


def test_a_step_of_two_workers_is_a_step_of_one_with_twice_the_windows(reader: WindowReader) -> None:
    for step in range(5):
        whole = reader.draw(step, 0, 1, 6)
        halves = [reader.draw(step, rank, 2, 3) for rank in range(2)]
        assert whole.clip_id == halves[0].clip_id + halves[1].clip_id
        assert torch.equal(whole.dynamics, torch.cat([half.dynamics for half in halves]))
    first = [reader.draw(step, 0, 1, 1) for step in range(len(reader))]
    assert tuple(batch.clip_id[0] for batch in first) == epoch(reader).clip_id


def test_another_process_maps_the_data_itself(reader: WindowReader, tmp_path: Path) -> None:
    (tmp_path / "reader").write_bytes(pickle.dumps(reader))
    assert b"dynamics" not in pickle.dumps(reader.latents)
    code = (
        "import pickle, sys, torch; reader = pickle.load(open(sys.argv[1], 'rb')); "
        "print(hash(tuple(reader[range(7)].dynamics.flatten().tolist())), 'latents-' in open('/proc/self/maps').read())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "reader")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [str(hash(tuple(reader[range(7)].dynamics.flatten().tolist()))), "True"]


def test_a_reader_keeps_its_commit_and_a_newer_one_takes_the_copies_away(catalog: Path, cache: Path) -> None:
    before = open_windows(catalog, "", W, K, cache=cache)
    names = {path.name for path in cache.iterdir()}
    again = open_windows(catalog, "", W, K, cache=cache)
    assert {path.name for path in cache.iterdir()} == names
    assert (before.mark, before.commit) == (again.mark, again.commit)
    assert before.commit.fingerprint == FINGERPRINT
    sent, drawn = pickle.dumps(before), epoch(before)
    motion_catalog(catalog, [MadeClip(30)])
    newer = open_windows(catalog, "", W, K, cache=cache)
    assert newer.commit.sequence > before.commit.sequence
    assert newer.mark != before.mark
    assert not names & {path.name for path in cache.iterdir()}
    assert same(epoch(before), drawn)
    with pytest.raises(NoWindows, match="removed copies: open it again"):
        pickle.loads(sent)
