"""From video to what face training reads: `jobs/extract.py --frames`, then the store, without video."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

import catalogs
from catalogs.frames import FrameStore, open_frames
from models.detection.face_finder import FaceFinder
from stages.tracking.follower import Follower
from tests.made.here import extract

pytestmark = pytest.mark.slow

NAMES = ("talking_man", "talking_woman", "phone_rotated", "scene_change", "silent", "dark")


@pytest.fixture(scope="module")
def clips(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the sample clips; two of them are rejected."""
    folder = tmp_path_factory.mktemp("clips")
    for path in samples.glob("*.mp4"):
        if path.stem in NAMES:
            shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module", params=[("tiny", 96), ("paper", 512)], ids=["tiny", "paper"])
def stored(request: pytest.FixtureRequest, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """The catalog, the store of its frames, and their size."""
    preset, size = request.param
    catalog = tmp_path_factory.mktemp("frames") / "catalog"
    extract(catalog, "--input", clips, "--frames", "--preset", preset)
    return catalog, open_frames(catalog, cache=catalog.parent / "cache"), size


def test_every_accepted_clip_has_all_its_frames(stored: tuple[Path, FrameStore, int]) -> None:
    catalog, store, size = stored
    accepted = "select clip_id, source_uri, subject_id, split, content, frames from clips where status = 'accepted'"
    rows = catalogs.query(catalog, f"{accepted} order by clip_id").to_pylist()
    assert len(rows) >= 5
    assert [{**row, "size": size} for row in rows] == [vars(clip) for clip in store.clips]
    for index, clip in enumerate(store.clips):
        assert store.crops(index, [0, clip.frames - 1]).shape == (2, size, size, 3)
        assert store.landmarks(index).shape == (clip.frames, 468, 3)
        assert store.seen(index).shape == (clip.frames,)
    spent = catalogs.query(catalog, "select sum(seconds['frames']) s from clips")["s"][0].as_py()
    assert spent > 0


def test_landmarks_lie_where_the_mesh_finds_them_in_the_crop(stored: tuple[Path, FrameStore, int]) -> None:
    _, store, size = stored
    finder = FaceFinder()
    for index, clip in enumerate(store.clips):
        frames = np.flatnonzero(store.seen(index))[:: max(1, clip.frames // 6)]
        for crop, points in zip(store.crops(index, frames), store.landmarks(index, frames), strict=True):
            # the mesh is made for larger faces than those of 96 pixels
            image = cv2.resize(crop, (512, 512), interpolation=cv2.INTER_CUBIC) if size < 512 else crop
            found = Follower(finder, 0.75, 0.5, 0.0, 0.0).step(image, check=True).landmarks
            assert found is not None, clip.source_uri
            # 1.5 % of the crop's side, which spans 2
            apart = np.linalg.norm((2 * found[:, :2] + 1) / 512 - 1 - points[:, :2], axis=1).mean() / 2
            assert apart < 0.015, clip.source_uri


def test_the_catalog_without_frames_names_the_difference(
    stored: tuple[Path, FrameStore, int], clips: Path, tmp_path: Path
) -> None:
    catalog, _, size = stored
    said = extract(catalog, "--input", clips, expect=2)["stderr"]
    assert f"frames.size: {size} in the catalog, absent now" in said
    assert "--recompute" in said
