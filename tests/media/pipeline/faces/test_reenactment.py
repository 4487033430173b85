"""One file from a portrait and a video: what moves over, what is marked, what is refused; a model of random weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch

from models.face.checkpoint import save_model
from models.face.model import FaceModel, Motion, Person
from models.face.presets import TINY
from pipeline.errors import UsageError
from pipeline.faces import reenactment
from pipeline.faces.driving import Drive, driver_of
from pipeline.faces.figures import SPIN, spinning
from pipeline.faces.picture import read_picture
from pipeline.faces.portrait_tracking import Driver, driver_of_video, source_of, source_view, views
from pipeline.faces.reenactment import Reenactment, reenact
from pipeline.faces.scene import Scene, Size, side_of
from pipeline.faces.tiles import mark_place
from stages.video.encode import write_video
from stages.video.pyav import read_header
from stages.video.sound import read_sound
from tests.made.sample_faces import frames_of

FRAMES = 20
WIDTH, HEIGHT = 390, 218
"""Of a picture with a face that is smaller than what is driven of larger ones."""


def quiet(_: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights; those that begin at zero too, so that dynamics show."""
    torch.manual_seed(0)
    model = FaceModel(TINY)
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    save_model(model, {"steps": 0}, path)
    return path


@pytest.fixture(scope="session")
def portrait(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("portrait") / "woman.png")
    image = frames_of(samples / "talking_woman.mp4", 10)[0]
    cv2.imwrite(path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture(scope="session")
def talk(samples: Path) -> Driver:
    """Some frames of the man, tracked once."""
    driver = driver_of_video(str(samples / "talking_man.mp4"), TINY.size, quiet)
    track = driver.track
    part = {name: getattr(track, name)[:FRAMES] for name in ("times", "landmarks", "present", "crops", "crop_matrix")}
    assert driver.sound is not None
    return Driver(replace(track, **part), driver.sound[: FRAMES * driver.sound_hz // 25], driver.sound_hz, 0.0)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, talk: Driver) -> list[np.ndarray]:
    """The frames that the last `reenact` gave to the encoder; the driver is `talk`, whatever its file."""
    frames: list[np.ndarray] = []

    def write(path: Path, given: Iterable[np.ndarray], *rest: Any, **options: Any) -> int:
        frames[:] = given
        return write_video(path, frames, *rest, **options)

    monkeypatch.setattr(reenactment, "write_video", write)
    monkeypatch.setattr(reenactment, "driver_of_video", lambda path, size, on_progress: talk)
    return frames


@pytest.fixture
def asked(portrait: str, samples: Path, checkpoint: Path, tmp_path: Path) -> Reenactment:
    return Reenactment([portrait], str(samples / "talking_man.mp4"), tmp_path / "out.mp4", checkpoint)


@pytest.fixture
def motions(monkeypatch: pytest.MonkeyPatch) -> list[Motion]:
    """Every motion that the model is asked to draw."""
    seen: list[Motion] = []
    driven = FaceModel.driven

    def spy(self: FaceModel, person: Person, motion: Motion) -> torch.Tensor:
        seen.append(motion)
        return driven(self, person, motion)

    monkeypatch.setattr(FaceModel, "driven", spy)
    return seen


def latents(seen: list[Motion]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([one.pose for one in seen]), np.concatenate([one.dynamics for one in seen])


@pytest.fixture(scope="session")
def truth(checkpoint: Path, portrait: str, talk: Driver) -> tuple[Motion, Motion]:
    """The portrait's own motion [1], the driver's [T]."""
    drive: Drive = driver_of(checkpoint)
    return drive.motion([source_view(portrait, TINY.size)]), drive.filmed(views(talk.track, 0, FRAMES))


def scene_of(portrait: str, size: Size | None = None) -> Scene:
    """The whole picture of a portrait, and the square that is driven."""
    source = source_of(portrait, TINY.size)
    return Scene.of(source.picture, source.square, side_of(size, source.square.side))


def within(scene: Scene) -> tuple[slice, slice]:
    """The rows and columns of the driven square, as far as there are any."""
    rows, columns = (slice(max(at, 0), at + scene.side) for at in (scene.y, scene.x))
    return rows, columns


@pytest.mark.parametrize("what", ["both", "pose", "dynamics"])
def test_what_moves_over(
    asked: Reenactment, what: Any, written: list[np.ndarray], motions: list[Motion], truth: tuple[Motion, Motion]
) -> None:
    reenact(replace(asked, what=what, relative=False), quiet)
    own, driver = truth
    pose, dynamics = latents(motions)
    kept = {"both": (driver.pose, driver.dynamics), "pose": (driver.pose, own.dynamics)}
    wanted = kept.get(what, (own.pose, driver.dynamics))
    assert len(pose) == len(written) == FRAMES
    assert np.abs(pose - wanted[0].numpy()).max() < 1e-4
    assert np.abs(dynamics - wanted[1].numpy()).max() < 1e-4
    assert np.ptp(driver.dynamics.numpy(), axis=0).max() > 1e-3
    assert np.ptp(driver.pose.numpy(), axis=0).max() > 0.1


def relative_to_rest(own: Motion, driver: Motion) -> tuple[np.ndarray, np.ndarray]:
    """The pose and dynamics that the portrait has when it does what the driver does beyond its median."""
    pose, dynamics = driver.pose.numpy(), driver.dynamics.numpy()
    rest = np.sort(pose, 0)[(FRAMES - 1) // 2]
    moved = own.pose.numpy() + pose - rest
    zoom = own.pose[0, 5].item() / rest[5]
    moved[:, 3:5] = own.pose[:, 3:5].numpy() + zoom * (pose - rest)[:, 3:5]
    moved[:, 5] = zoom * pose[:, 5]
    return moved, own.dynamics.numpy() + dynamics - np.sort(dynamics, 0)[(FRAMES - 1) // 2]


@pytest.mark.parametrize("what", ["both", "pose", "dynamics"])
def test_without_a_word_motion_is_relative_to_the_driver_s_median(
    asked: Reenactment, what: Any, written: list[np.ndarray], motions: list[Motion], truth: tuple[Motion, Motion]
) -> None:
    found = reenact(replace(asked, what=what), quiet)
    own, driver = truth
    pose, dynamics = latents(motions)
    moved, shown = relative_to_rest(own, driver)
    assert np.abs(dynamics - (own.dynamics.numpy() if what == "pose" else shown)).max() < 1e-4
    assert np.abs(pose - (own.pose.numpy() if what == "dynamics" else moved)).max() < 1e-3
    assert np.ptp(moved, axis=0).max() > 0.1
    assert (found.note["moved"], found.note["relative"]) == (what, True)


def test_the_mark_is_in_one_corner_of_the_result(asked: Reenactment, written: list[np.ndarray]) -> None:
    for crop in (False, True):
        reenact(replace(asked, crop=crop), quiet)
        marked = np.stack(written)
        reenact(replace(asked, crop=crop, mark=False), quiet)
        differ = (marked != np.stack(written)).any((0, 3))
        rows, columns = mark_place(*differ.shape)
        assert differ[rows, columns].mean() > 0.5
        differ[rows, columns] = False
        assert not differ.any()


@pytest.fixture(scope="session")
def smaller(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The woman in a picture of 390 x 218 pixels, of which fewer than 384 are driven."""
    path = str(tmp_path_factory.mktemp("smaller") / "woman.png")
    image = frames_of(samples / "talking_woman.mp4", 10)[0]
    image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    cv2.imwrite(path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return path


def test_the_result_is_the_portrait_s_whole_picture_with_another_face(
    asked: Reenactment, written: list[np.ndarray], smaller: str
) -> None:
    """In its own size; around the square and the mark it is the picture's pixels, to the bit before it is a video."""
    reenact(replace(asked, sources=[smaller]), quiet)
    given, scene = read_picture(smaller), scene_of(smaller)
    frames = np.stack(written)
    assert frames.shape == (FRAMES, *given.shape) == (FRAMES, HEIGHT, WIDTH, 3)
    around = np.ones((HEIGHT, WIDTH), bool)
    around[within(scene)] = around[mark_place(HEIGHT, WIDTH)] = False
    assert around.mean() > 0.2
    assert (frames[:, around] == given[around]).all()
    inner = frames[(slice(None), *within(scene))]
    assert (inner != given[within(scene)]).any(3).mean() > 0.5
    assert np.abs(np.diff(inner.astype(int), axis=0)).mean() > 0.1
    with av.open(str(asked.out)) as file:
        filmed = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    assert np.abs(filmed[:, around].astype(int) - given[around]).mean() < 4


def test_crop_shows_the_square_alone_and_side_by_side_what_it_is_made_from(
    asked: Reenactment, written: list[np.ndarray], portrait: str
) -> None:
    scene = scene_of(portrait)
    assert scene.side == 384  # it has more
    reenact(replace(asked, crop=True, mark=False), quiet)
    drawn = np.stack(written)
    assert drawn.shape == (FRAMES, 384, 384, 3)
    reenact(replace(asked, mark=False), quiet)
    assert all(np.array_equal(scene.with_square(one), whole) for one, whole in zip(drawn, written, strict=True))
    reenact(replace(asked, mark=False, side_by_side=True), quiet)
    beside = np.stack(written)
    assert beside.shape == (FRAMES, 384, 3 * 384, 3)
    assert np.array_equal(beside[:, :, 2 * 384 :], drawn)
    assert (beside[:, :, :384] == scene.detail.crop).all()
    assert np.abs(np.diff(beside[:, :, 384 : 2 * 384].astype(int), axis=0)).mean() > 0.1


@pytest.mark.parametrize("size", ["96", "256", "384", "512", "source"])
def test_every_size(asked: Reenactment, written: list[np.ndarray], portrait: str, size: Size) -> None:
    """Squares of that size; what is around them is as large as makes them that wide."""
    own = source_of(portrait, TINY.size).square.side
    side = 2 * (round(own) // 2) if size == "source" else int(size)
    reenact(replace(asked, size=size, mark=False, crop=True), quiet)
    assert {frame.shape for frame in written} == {(side, side, 3)}
    if size in ("96", "512"):
        reenact(replace(asked, size=size, mark=False), quiet)
        whole = scene_of(portrait, size).picture.shape
        assert {frame.shape for frame in written} == {whole}
        assert np.array(whole[:2]) == pytest.approx(np.array([360, 640]) * side / own, abs=2)


def test_relative_motion_in_a_grid(
    asked: Reenactment, portrait: str, written: list[np.ndarray], motions: list[Motion], truth: tuple[Motion, Motion]
) -> None:
    reenact(replace(asked, sources=[portrait], grid=True), quiet)
    own, driver = truth
    moved, shown = relative_to_rest(own, driver)
    both, pose, dynamics = motions[:3]  # all frames are drawn at once
    assert len(written) == len(both.pose) == FRAMES
    for found in (both, dynamics):
        assert np.abs(found.dynamics.numpy() - shown).max() < 1e-4
    assert np.abs(pose.dynamics.numpy() - own.dynamics.numpy()).max() < 1e-4
    for found in (both, pose):
        assert np.abs(found.pose.numpy() - moved).max() < 1e-3
    assert np.abs(dynamics.pose.numpy() - own.pose.numpy()).max() < 1e-4


@pytest.mark.slow
def test_the_grid_is_a_video_and_a_picture(
    asked: Reenactment, portrait: str, samples: Path, tmp_path: Path, written: list[np.ndarray]
) -> None:
    """Of squares of two sizes: all tiles are as large as the larger one, at least 256."""
    man = str(tmp_path / "man.png")
    cv2.imwrite(man, cv2.cvtColor(frames_of(samples / "talking_man.mp4", 40)[0], cv2.COLOR_RGB2BGR))
    grid = replace(asked, sources=[portrait, man], grid=True)
    found = reenact(grid, quiet)
    assert found.files == [str(tmp_path / "out.mp4"), str(tmp_path / "out.png")]
    assert [source["file"] for source in found.note["sources"]] == ["woman.png", "man.png"]
    sides = [side_of(None, source_of(path, TINY.size).square.side) for path in (portrait, man)]
    assert sides[0] != sides[1]
    side = max(256, *sides)
    down_, across_ = side + 28, side + 4
    assert {frame.shape for frame in written} == {(3 * down_, 5 * across_ - 4, 3)}
    still = cv2.imread(found.files[1])
    assert still.shape == ((1 + 2 + 4) * down_, 7 * across_ - 4, 3)
    assert b'"synthetic": true' in Path(found.files[1]).read_bytes()
    marked = np.stack(written)
    reenact(replace(grid, mark=False), quiet)
    differ = (marked != np.stack(written)).any((0, 3))
    rows, columns = mark_place(side, side)
    tiles = {(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 4)}
    for down in range(3):
        for across in range(5):
            top, left = down * down_ + 24, across * across_
            tile = differ[top : top + side, left : left + side]
            assert (tile[rows, columns].mean() > 0.5) == tile.any() == ((down, across) in tiles)


def test_a_spinning_head_keeps_all_else() -> None:
    own = Motion(torch.tensor([[3.0, 7, -2, 0.1, 0.2, 1.1]]), torch.ones(1, 32))
    whole = spinning(own, 0, 101, 125)
    assert whole.pose[[0, 50, 100], 1].tolist() == pytest.approx([-SPIN, SPIN, -SPIN])
    assert torch.equal(whole.pose[:, [0, 2, 3, 4, 5]], own.pose[:, [0, 2, 3, 4, 5]].expand(101, -1))
    assert torch.equal(whole.dynamics, own.dynamics.expand(101, -1))
    assert torch.allclose(spinning(own, 40, 10, 125).pose, whole.pose[40:50])
    assert spinning(own, 0, 20, 20).pose[-1, 1] == pytest.approx(-SPIN)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "frames"), [("talking_man", 125), ("talking_woman", 119), ("scene_change", 90)])
def test_from_files_to_a_file(asked: Reenactment, samples: Path, name: str, frames: int) -> None:
    told: list[str] = []
    found = reenact(replace(asked, driver=str(samples / f"{name}.mp4")), told.append)
    assert (found.frames, found.files) == (frames, [str(asked.out)])
    assert found.left_out_s == pytest.approx(3.6 if name == "scene_change" else 0, abs=0.05)
    assert told[-1] == f"result: frame {frames} of {frames}"
    assert [path.name for path in asked.out.parent.iterdir()] == ["out.mp4"]
    with av.open(str(asked.out)) as file:
        video, sound = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.codec_context.width, video.codec_context.height, video.average_rate) == (480, 270, 25)
        times = [frame.time for frame in file.decode(video)]
        assert times == pytest.approx([i / 25 for i in range(frames)], abs=1e-4)
        assert sound.codec_context.name == "aac"
        assert sound.codec_context.sample_rate == read_header(str(samples / f"{name}.mp4")).audio_hz
        assert float(sound.duration * sound.time_base) == pytest.approx(frames / 25, abs=0.04)
        assert file.metadata["comment"].startswith("Synthetic: ")
        assert found.note["model"]["sha256"] in file.metadata["description"]
        assert f'"file": "{name}.mp4"' in file.metadata["description"]
    given, heard = (
        read_sound(str(path), read_header(str(path)), 0, frames / 25) for path in (samples / f"{name}.mp4", asked.out)
    )
    assert given is not None
    assert heard is not None
    assert np.corrcoef(given, heard)[0, 1] > 0.95  # a sample late, and it is far less


def test_a_remote_file_is_named_as_given(asked: Reenactment, samples: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/away/still.png", (samples / "not_a_video.mp4").read_bytes())
    with pytest.raises(UsageError, match=r"^memory://away/still\.png: not a picture"):
        reenact(replace(asked, sources=["memory://away/still.png"]), quiet)


def test_wrong_requests(asked: Reenactment, samples: Path, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"sources": []}, "give --source"),
        ({"sources": ["a.png", "b.png"]}, "2 portraits: one video drives one of them; several are for --grid"),
        ({"grid": True, "what": "pose"}, "leave the other options out"),
        ({"grid": True, "side_by_side": True}, "leave the other options out"),
        ({"out": tmp_path / "out.avi"}, r"let its name end with \.mp4"),
        ({"out": samples / "talking_man.mp4"}, "would overwrite what it is made from"),
    ]
    for changes, why in cases:
        with pytest.raises(UsageError, match=why):
            replace(asked, **changes)
    page = tmp_path / "page.safetensors"
    page.write_text("<html>")
    with pytest.raises(UsageError, match="not a face model"):
        reenact(replace(asked, checkpoint=page), quiet)
    assert not asked.out.exists()
