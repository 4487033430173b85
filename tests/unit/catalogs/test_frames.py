"""The frame store: any frame of any clip, in a fixed order, from a local copy that follows the catalog."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import catalogs
from catalogs import parts, storage
from catalogs.errors import CatalogDamaged, NoCatalog, NoFrames
from catalogs.frames import FrameStore, open_frames
from catalogs.schema import conform
from catalogs.staging import stage_span
from catalogs.writer import Writer
from tests.made.sample_spans import FINGERPRINT, RECIPE, clip_row, frames_row, hexes, source_key, span_tables

COUNT = 5


def shade(source: int, frame: int) -> int:
    return (40 * source + 20 * frame) % 256


def webp(value: int, size: int) -> bytes:
    """A picture whose red is `value`, without loss."""
    image = np.zeros((size, size, 3), np.uint8)
    image[:, :, 2] = value
    return cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()


def stage(root: Path, source: int, size: int = 32, status: str = "accepted", **more: Any) -> str:
    """Stage a span of one clip with frames; its clip_id."""
    row = clip_row(source, status=status, **more)
    tables = span_tables([row])
    if status == "accepted":
        crops = [webp(shade(source, frame), size) for frame in range(COUNT)]
        tables["frames"] = conform("frames", [frames_row(row["clip_id"], crops, size, seed=source)])
    stage_span(root, source_key(source), 0, tables)
    return row["clip_id"]


def committed(writer: Writer, root: Path, *sources: int, **more: Any) -> list[str]:
    """The clip_ids of `sources`, staged and committed."""
    ids = [stage(root, source, **more) for source in sources]
    writer.commit()
    return ids


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def store(root: Path, cache: Path) -> FrameStore:
    """Four accepted clips in two parts, and a rejected one."""
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1, 2, subject_id="Ann", split="test")
        committed(writer, root, 3, 4)
        committed(writer, root, 5, status="rejected")
    return open_frames(root, cache=cache)


def test_every_accepted_clip_is_there_in_the_order_of_its_id(store: FrameStore) -> None:
    assert len(store) == 4
    ids = [clip.clip_id for clip in store.clips]
    assert ids == sorted(hexes("clip", source, 0, 0) for source in (1, 2, 3, 4))
    first = next(clip for clip in store.clips if clip.source_uri == "/videos/1.mp4")
    assert (first.subject_id, first.split, first.frames, first.size) == ("Ann", "test", COUNT, 32)
    assert first.content == hexes("content", 1)
    other = next(clip for clip in store.clips if clip.source_uri == "/videos/4.mp4")
    assert (other.subject_id, other.split) == (None, None)


def test_any_frames_of_any_clip(store: FrameStore) -> None:
    for index, clip in enumerate(store.clips):
        source = int(Path(clip.source_uri).stem)
        found = store.crops(index, [3, 0, 3])
        assert found.shape == (3, 32, 32, 3)
        assert found.dtype == np.uint8
        assert [tuple(image[5, 7]) for image in found] == [(shade(source, frame), 0, 0) for frame in (3, 0, 3)]
        landmarks = np.random.default_rng(source).uniform(-1, 1, (COUNT, 1404))
        assert store.landmarks(index).dtype == np.float32
        assert store.landmarks(index) == pytest.approx(landmarks.reshape(COUNT, 468, 3), abs=1e-3)
        assert np.array_equal(store.landmarks(index, np.array([4, 1])), store.landmarks(index)[[4, 1]])
        eyes = np.random.default_rng(source).uniform(-1, 1, (COUNT, 6))
        assert store.eyes(index) == pytest.approx(eyes.reshape(COUNT, 2, 3), abs=1e-3)
        assert np.array_equal(store.eyes(index, [4, 1]), store.eyes(index)[[4, 1]])
        assert list(store.seen(index)) == [True] * 4 + [False]
    assert store.crops(0, []).shape == (0, 32, 32, 3)
    with pytest.raises(IndexError):
        store.crops(0, [COUNT])


def test_the_copy_is_made_once_and_only_frames_that_are_added_are_copied(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, int]] = []
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1)
        before = open_frames(root, cache=cache)
        (first,) = cache.iterdir()
        with monkeypatch.context() as patch:
            patch.setattr(storage, "put", None)
            committed(writer, root, 2, status="rejected")  # no frames are added
            assert len(open_frames(root, cache=cache)) == 1
        committed(writer, root, 3)
        store = open_frames(root, cache=cache, on_progress=lambda *how_far: heard.append(how_far))
    assert len(store) == 2
    assert heard == [(1, 1)]  # the part that is new
    assert len({*cache.iterdir()} - {first}) == 1
    assert (store.commit.sequence, before.commit.sequence) == (before.commit.sequence + 2, store.commit.sequence - 2)
    assert store.commit.fingerprint == FINGERPRINT
    assert before.crops(0, [1])[0, 0, 0, 0] == shade(1, 1)  # a store that is open keeps what it has


def test_files_of_parts_that_are_no_more_are_removed(root: Path, cache: Path) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1)
        open_frames(root, cache=cache)
        (first,) = cache.iterdir()
        committed(writer, root, 1)  # decided again
        open_frames(root, cache=cache)
    assert first not in cache.iterdir()
    assert len(list(cache.iterdir())) == 1


def test_copying_that_was_stopped_goes_on_where_it_was(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row group by row group; of one that was not whole nothing is left."""

    def stop(copied: int, known: int) -> None:
        heard.append((copied, known))
        raise InterruptedError

    monkeypatch.setattr(parts, "_GROUP_BYTES", 1)  # a clip a group
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1, 2, 3)
    for count in range(1, 4):
        heard: list[tuple[int, int]] = []
        with pytest.raises(InterruptedError):
            open_frames(root, cache=cache, on_progress=stop)
        assert heard == [(count, 3)]
        assert [path.suffix for path in cache.iterdir()] == [".arrow"] * count
    store = open_frames(root, cache=cache, on_progress=stop)
    assert [clip.frames for clip in store.clips] == [COUNT] * 3
    for place, clip in enumerate(store.clips):
        assert store.crops(place, [2])[0, 0, 0, 0] == shade(int(Path(clip.source_uri).stem), 2)


def test_some_clips_alone_with_what_is_said_of_them(store: FrameStore) -> None:
    chosen = [replace(store.clips[place], subject_id="somebody") for place in (3, 1)]
    found = store.only(chosen)
    assert (len(found), found.size, found.commit) == (2, store.size, store.commit)
    assert [clip.subject for clip in found.clips] == ["somebody"] * 2
    assert np.array_equal(found.landmarks(0), store.landmarks(3))
    assert np.array_equal(found.crops(1, [2]), store.crops(1, [2]))
    with pytest.raises(KeyError):
        store.only([replace(store.clips[0], clip_id="another")])


def test_a_copy_that_fails_leaves_nothing(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1)

    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="disk full"):
            open_frames(root, cache=cache)
    assert list(cache.iterdir()) == []
    assert len(open_frames(root, cache=cache)) == 1


def test_the_copy_lies_in_the_user_s_cache_folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    open_frames(root)
    assert len(list((tmp_path / "home/vasari/frames").glob("*.arrow"))) == 1


def test_a_clip_that_was_superseded_is_gone(root: Path, cache: Path) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1, 2)
        committed(writer, root, 1, status="rejected")
        (clip,) = open_frames(root, cache=cache).clips
    assert clip.source_uri == "/videos/2.mp4"


def test_crops_come_out_at_the_size_asked_for(root: Path, cache: Path) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1, size=64)
        committed(writer, root, 2, size=32)  # as while a recipe takes over
    for size, expected in ((None, 32), (16, 16)):
        store = open_frames(root, size, cache)
        assert store.size == expected
        assert all(store.crops(index, [0, 1]).shape == (2, expected, expected, 3) for index in range(2))
        assert {clip.size for clip in store.clips} == {32, 64}
    with pytest.raises(NoFrames, match="holds frames of 32 pixels, 48 are asked for.*--preset"):
        open_frames(root, 48, cache)


def test_crops_may_be_as_large_as_all_are_stored_up_to_a_size(root: Path, cache: Path) -> None:
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        committed(writer, root, 1, size=64)
        committed(writer, root, 2, size=48)
    for least, most, expected in ((16, 96, 48), (16, 48, 48), (16, 40, 40), (48, 96, 48), (None, 40, 40), (16, 16, 16)):
        store = open_frames(root, least, cache, up_to=most)
        assert store.size == expected
        assert all(store.crops(index, [0]).shape == (1, expected, expected, 3) for index in range(2))
    with pytest.raises(NoFrames, match="holds frames of 48 pixels, 64 are asked for"):
        open_frames(root, 64, cache, up_to=96)


def test_a_catalog_without_frames_says_how_to_make_them(root: Path, cache: Path) -> None:
    with pytest.raises(NoCatalog, match=r"jobs/extract\.py"):
        open_frames(root, cache=cache)
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT):
        pass
    with pytest.raises(NoFrames, match=rf"jobs/extract\.py --input FOLDER --catalog {root} --frames --recompute"):
        open_frames(root, cache=cache)
    with catalogs.Writer.open(root, {"stages": {"frames": {"size": 96}}}, "with-frames", recompute=True):
        pass
    with pytest.raises(NoFrames, match="none is accepted"):
        open_frames(root, cache=cache)


def test_a_picture_that_is_none_is_named(root: Path, cache: Path) -> None:
    row = clip_row(1)
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        stage_span(root, source_key(1), 0, span_tables([row], crops=True))
        writer.commit()
    with pytest.raises(CatalogDamaged, match=f"frame 1 of clip {row['clip_id']}"):
        open_frames(root, cache=cache).crops(0, [1])


def test_a_missing_part_is_named(store: FrameStore, root: Path, tmp_path: Path) -> None:
    part = next((root / "frames").glob("*.parquet"))
    part.unlink()
    with pytest.raises(CatalogDamaged, match="is missing"):
        open_frames(root, cache=tmp_path / "other")


def test_a_crop_costs_little_more_than_its_decoding(root: Path, cache: Path) -> None:
    random = np.random.default_rng(0)
    noise = cv2.resize(random.integers(0, 256, (12, 12, 3), np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
    data = cv2.imencode(".webp", noise, [cv2.IMWRITE_WEBP_QUALITY, 95])[1].tobytes()
    with catalogs.Writer.open(root, RECIPE, FINGERPRINT) as writer:
        for source in range(20):
            row = clip_row(source)
            images = conform("frames", [frames_row(row["clip_id"], [data] * 50, 96)])
            stage_span(root, source_key(source), 0, {**span_tables([row]), "frames": images})
        writer.commit()
    store = open_frames(root, cache=cache)
    clips = [int(clip) for clip in random.integers(0, 20, 100)]

    def seconds(work: Any) -> float:
        spent = []
        for _ in range(5):
            start = time.perf_counter()
            for clip in clips:
                work(clip)
            spent.append(time.perf_counter() - start)
        return min(spent)

    bare = seconds(lambda _: [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) for _ in range(2)])
    ours = seconds(lambda clip: (store.crops(clip, [3, 40]), store.landmarks(clip, [3, 40])))
    assert ours < 1.6 * bare + 100 * 50e-6
