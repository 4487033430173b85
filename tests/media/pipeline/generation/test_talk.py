"""A portrait speaks: videos as long as their sound, the same from a seed, and what is said of files that do not do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import wavfile

from models.face.landmarks import pose_and_expression
from models.motion.generation import Sampling
from models.weights.registry import weights
from pipeline.demo.voice import voice
from pipeline.errors import UsageError
from pipeline.faces.portrait_tracking import driver_of_video, source_of
from pipeline.generation.talk import Talk, Talked, talk
from stages.video.sound_track import SoundTrack
from tests.made import motion_file, random_face
from tests.made.sample_faces import frames_of


def quiet(text: str) -> None:
    pass


def wav(path: Path, sound: np.ndarray, hz: int = 16_000) -> str:
    wavfile.write(path, hz, sound)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("talk")


@pytest.fixture(scope="module")
def portrait(samples: Path, folder: Path) -> str:
    """A man before a white door, 640x360."""
    cv2.imwrite(str(folder / "man.png"), cv2.cvtColor(frames_of(samples / "talking_man.mp4", 10)[0], cv2.COLOR_RGB2BGR))
    return str(folder / "man.png")


@pytest.fixture(scope="module")
def usual(portrait: str, folder: Path) -> Talk:
    """1.5 s, drawn small by the project's face model and a motion generator of random weights."""
    return Talk(
        portrait,
        wav(folder / "voice.wav", voice(1.5, seed=1)),
        folder / "usual.mp4",
        motion_file.write(folder / "motion.safetensors"),
        weights("face_tiny").path(),
        sampling=Sampling(steps=2),
        size="96",
        crop=True,
    )


@pytest.fixture(scope="module")
def made(usual: Talk) -> Talked:
    return talk(usual, quiet)


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def motion(asked: Talk, out: Path, **changed: Any) -> np.ndarray:
    """Poses and dynamics [T, D] of what is asked."""
    talk(replace(asked, out=out, motion_only=True, portrait=None, **changed), quiet)
    table = pq.read_table(out)
    return np.column_stack([np.stack(table[name].to_numpy()) for name in ("face_pose", "dynamics")])


def test_a_video_with_the_sound_and_a_note(usual: Talk, made: Talked) -> None:
    assert made.text() == f"38 frames, 1.52 s\nlook at: {usual.out}"
    with av.open(str(usual.out)) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio"]
        assert (file.streams.video[0].frames, file.streams.video[0].average_rate) == (38, 25)
        note = json.loads(file.metadata["description"])
        assert file.metadata["comment"].startswith("Synthetic: a portrait animated by speech with vasari")
    assert pictures(usual.out).shape == (38, 96, 96, 3)
    track = SoundTrack.of(str(usual.out))
    assert track.seconds == pytest.approx(1.5, abs=0.07)
    found = np.concatenate(list(track.mono()))[:24_000]
    assert np.corrcoef(found, voice(1.5, seed=1)[: len(found)])[0, 1] > 0.99
    assert note == made.note
    assert note["synthetic"] is True
    assert note["model"]["sha256"] == weights("face_tiny").sha256
    assert (note["motion_model"]["file"], note["motion_model"]["preset"]) == ("motion.safetensors", "small")
    assert (note["portrait"]["file"], note["speech"]["file"], note["seed"]) == ("man.png", "voice.wav", 0)
    assert note["controls"] == {"seconds": [0.0], "gaze_theta": [0.0], "gaze_phi": [0.0], "distance": [1.0]}
    assert note["sampling"]["guidance"]["audio"] == 0.5


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_motion(
    usual: Talk, made: Talked, tmp_path: Path
) -> None:
    again = replace(usual, out=tmp_path / "again.mp4")
    talk(again, quiet)
    assert again.out.read_bytes() == usual.out.read_bytes()
    one, other = (motion(usual, tmp_path / f"{seed}.parquet", seed=seed) for seed in (0, 1))
    assert one.shape == other.shape == (38, 38)
    assert np.abs(one - other).mean() > 0.01


def test_the_head_goes_back_into_its_picture(usual: Talk, portrait: str, tmp_path: Path) -> None:
    whole = replace(usual, out=tmp_path / "whole.mp4", speech=wav(tmp_path / "s.wav", voice(0.3, 2)[:1900]), crop=False)
    talk(replace(whole, mark=False), quiet)
    found = pictures(whole.out)
    assert len(found) == 3
    height, width = found.shape[1:3]
    assert width / height == pytest.approx(640 / 360, rel=0.05)
    corner = cv2.resize(cv2.cvtColor(cv2.imread(portrait), cv2.COLOR_BGR2RGB), (width, height))[:8, :8]
    assert np.abs(found[:, :8, :8].astype(int) - corner).mean() < 8


@pytest.mark.parametrize(
    ("seconds", "hz", "sides", "frames"), [(0.4, 16_000, 1, 10), (0.01, 16_000, 1, 1), (1.21, 44_100, 2, 31)]
)
def test_it_is_as_long_as_its_sound(
    usual: Talk, tmp_path: Path, seconds: float, hz: int, sides: int, frames: int
) -> None:
    sound = 0.1 * np.random.default_rng(0).standard_normal((round(seconds * hz), sides)).astype(np.float32)
    assert len(motion(usual, tmp_path / "m.parquet", speech=wav(tmp_path / "s.wav", sound, hz))) == frames


def test_a_video_gives_its_sound_and_silence_a_motion_of_its_own(usual: Talk, samples: Path, tmp_path: Path) -> None:
    assert len(motion(usual, tmp_path / "m.parquet", speech=str(samples / "short.mp4"))) == pytest.approx(60, abs=2)
    silent = replace(usual, out=tmp_path / "s.parquet", motion_only=True, portrait=None)
    made = talk(replace(silent, speech=wav(tmp_path / "silence.wav", np.zeros(16_000, np.float32))), quiet)
    assert made.silent
    assert made.text().startswith("25 frames, 1.00 s; the sound is silent\n")


def test_controls_of_a_file_reach_motion_and_camera(usual: Talk, tmp_path: Path) -> None:
    path = tmp_path / "controls.csv"
    path.write_text("seconds,gaze_theta,happiness,distance\n0,30,1,1\n9,30,1,1\n")
    plain, asked = (motion(usual, tmp_path / "m.parquet", controls=controls) for controls in (None, path))
    assert np.abs(asked - plain).mean() > 0.01
    same = motion(usual, tmp_path / "m.parquet", constant={"gaze_theta": 30.0, "happiness": 1.0})
    np.testing.assert_array_equal(asked, same)


def size_of(path: Path) -> float:
    """The head's size in a video of crops, in crop units, median."""
    track = driver_of_video(str(path), 96, quiet).track
    matrix = track.crop_matrix
    poses, _ = pose_and_expression(track.unit_landmarks())
    return float(np.median(poses[:, 5] / matrix[:, 0, 0]))


def test_a_head_that_is_farther_is_as_much_smaller(usual: Talk, folder: Path, tmp_path: Path) -> None:
    still = replace(
        usual,
        checkpoint=motion_file.write(folder / "still.safetensors", still=True),
        size="384",
        out=tmp_path / "o.mp4",
    )
    still = replace(still, speech=wav(tmp_path / "s.wav", 0.1 * np.ones(3_200, np.float32)), mark=False)
    sizes = {}
    for distance in (0.8, 1.0, 1.25):
        talk(replace(still, constant={"distance": distance}), quiet)
        sizes[distance] = size_of(still.out)
    assert sizes[1.0] / sizes[1.25] == pytest.approx(1.25, rel=0.05)
    assert sizes[0.8] / sizes[1.0] == pytest.approx(1.25, rel=0.05)


def test_a_portrait_whose_motion_is_the_mean_stays_as_it_is(usual: Talk, folder: Path, tmp_path: Path) -> None:
    """Looking where it looks, as large as it is: what the training's people do when they look into the camera."""
    theta, phi = motion_file.MEAN_GAZE
    still = motion_file.write(folder / "still.safetensors", still=True)
    asked = replace(usual, checkpoint=still, out=tmp_path / "o.mp4", size="384", crop=False, mark=False)
    talk(replace(asked, speech=wav(tmp_path / "s.wav", 0.1 * np.ones(3_200, np.float32))), quiet)
    assert usual.portrait is not None
    track = driver_of_video(str(asked.out), 96, quiet).track
    found = pose_and_expression(track.unit_landmarks())[0][-1, :2]
    own = pose_and_expression(source_of(usual.portrait, 96).view.landmarks[None])[0][0, :2]
    # the training's mean pose is that of its mean gaze, which is `MEAN_GAZE` beside the camera
    np.testing.assert_allclose(found - own, [phi, theta], atol=2.0)


def refused(asked: Talk, tmp_path: Path, **changed: Any) -> str:
    with pytest.raises(UsageError) as caught:
        talk(replace(asked, out=tmp_path / "refused.mp4", **changed), quiet)
    assert not (tmp_path / "refused.mp4").exists()
    return str(caught.value)


def test_sounds_that_do_not_do(usual: Talk, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("no sound\n" * 100)
    cases: Sequence[tuple[str | Path, str]] = [
        (tmp_path / "none.wav", "none.wav"),
        (tmp_path / "empty.wav", "empty.wav: not a readable recording"),
        (tmp_path / "text.wav", "text.wav: "),
        (samples / "no_audio.mp4", "no_audio.mp4: has no sound that can be decoded; give a recording"),
        (wav(tmp_path / "nothing.wav", np.zeros(0, np.float32)), "nothing.wav: no sound in it lasts a moment; give"),
    ]
    for path, message in cases:
        assert message in refused(usual, tmp_path, speech=str(path))


def test_portraits_that_do_not_do(usual: Talk, samples: Path, shared: Path, tmp_path: Path) -> None:
    two = tmp_path / "two.png"
    cv2.imwrite(str(two), frames_of(samples / "two_people.mp4", 10)[0])
    assert "two.png: several faces in it; cut the picture to one" in refused(usual, tmp_path, portrait=str(two))
    dog = shared / "portraits" / "dog.png"
    assert "dog.png: no human face in it; give a picture of one person" in refused(usual, tmp_path, portrait=str(dog))
    assert "none.png: cannot be read" in refused(usual, tmp_path, portrait=str(tmp_path / "none.png"))


def test_models_that_do_not_fit(usual: Talk, tmp_path: Path) -> None:
    face = random_face.write(tmp_path / "face.safetensors")
    assert "moves latents of the face model with sha256" in refused(usual, tmp_path, face=face)
    mute = motion_file.write(tmp_path / "mute.safetensors", audio=None)
    assert "does not say which features of sound" in refused(usual, tmp_path, checkpoint=mute)


def test_wrong_arguments(usual: Talk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="out.avi: the video is an MP4 file; let its name end with .mp4"):
        replace(usual, out=tmp_path / "out.avi")
    with pytest.raises(UsageError, match=r"motion is a Parquet file; let its name end with .parquet"):
        replace(usual, motion_only=True)
    with pytest.raises(UsageError, match="no portrait: give --portrait IMAGE, or --motion-only"):
        replace(usual, portrait=None)
    with pytest.raises(UsageError, match="would overwrite what it is made from"):
        replace(usual, speech=str(usual.out))
