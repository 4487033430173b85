"""Stage sync on real clips of people whom its network has not seen: sound moved in the file, and other voices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from models.sync.checkpoint import read_sync_recipe
from models.weights.registry import weights
from stages.clip import AUDIO_RATE, FPS, Clip, Runner
from stages.labels.latents import FaceLatents
from stages.labels.sync import Sync
from stages.labels.whisper import WhisperAudio
from tests.made.clips import accepted, clip_of

SHIFTS = (-8, -5, -2, 0, 3, 6, 8)
HELD_OUT = ("av/grid_s2_pwij3p.mpg", "clips/pcavs_00086.mp4", "av/obama_010.mp4")
FRAME = AUDIO_RATE // FPS


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def seen(shared: Path, track: Runner) -> dict[str, Clip]:
    """The clips with their faces followed and their latents, by name; their sound is not listened to yet."""
    latents = FaceLatents().open()
    found = {}
    for name in HELD_OUT:
        clip = accepted(latents(accepted(track(clip_of(shared / name)))))
        found[name] = clip.add(frames=len(clip.tracked().times))
    return found


@pytest.fixture(scope="module")
def heard() -> Runner:
    """Features of the sound, then the stage."""
    whisper, sync = WhisperAudio().open(), Sync().open()
    return lambda clip: sync(accepted(whisper(clip)))


def write_moved(path: Path, source: Clip, late: int) -> None:
    """The clip's picture, as its file has it, with its sound `late` frames later; what moves out of it is lost."""
    assert source.sound is not None
    sound = np.roll(source.sound, late * FRAME)
    sound[: max(0, late) * FRAME] = 0
    sound[len(sound) + min(0, late) * FRAME :] = 0
    with av.open(source.path) as file, av.open(str(path), "w", format="matroska") as output:
        picture = file.streams.video[0]
        video = output.add_stream_from_template(picture)
        audio = output.add_stream("pcm_f32le", rate=AUDIO_RATE, layout="mono")
        start = picture.start_time or 0
        for packet in file.demux(picture):
            if packet.dts is not None:
                packet.dts, packet.pts, packet.stream = packet.dts - start, packet.pts - start, video
                output.mux(packet)
        for at in range(0, len(sound), 1024):
            piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, at : at + 1024]), "flt", "mono")
            piece.sample_rate, piece.pts, piece.time_base = AUDIO_RATE, at, Fraction(1, AUDIO_RATE)
            output.mux(audio.encode(piece))
        output.mux(audio.encode(None))


def test_the_people_were_kept_from_the_network() -> None:
    _, recipe = read_sync_recipe(weights("sync_tiny").path())
    kept = {name for part in recipe["held_out"].values() for name, *_ in part}
    assert {Path(name).name for name in HELD_OUT} <= kept
    assert not kept & {name for name, _ in recipe["clips"]}


@pytest.mark.parametrize("name", HELD_OUT[:2])
def test_sound_that_is_late_in_the_file_is_told_within_a_frame(
    seen: dict[str, Clip], heard: Runner, tmp_path: Path, name: str
) -> None:
    clip, found = seen[name], {}
    for late in SHIFTS:
        path = tmp_path / f"{late}.mkv"
        write_moved(path, clip, late)
        moved = replace(clip, sound=clip_of(path, clip.start_s, clip.end_s).sound)
        found[late] = accepted(heard(moved)).columns
    own = found[0]["sound_offset"]
    assert abs(own) <= 2
    assert all(abs(said["sound_offset"] - own - late) <= 1 for late, said in found.items()), found
    assert min(said["sync"] for said in found.values()) > 0.15


def test_strangers_voices_are_less_sure_and_mostly_elsewhere(seen: dict[str, Clip], heard: Runner) -> None:
    near = []
    for face in seen.values():
        own = accepted(heard(face)).columns
        assert own["sync"] > 0.4
        for voice in (other for other in seen.values() if other is not face):
            strange = accepted(heard(replace(face, sound=voice.sound))).columns
            assert strange["sync"] < 0.5 * own["sync"]
            near.append(abs(strange["sound_offset"] - own["sound_offset"]) <= 1)
    assert sum(near) <= 0.4 * len(near)


def test_silence_says_nothing_sure(seen: dict[str, Clip], heard: Runner) -> None:
    clip = seen[HELD_OUT[0]]
    assert clip.sound is not None
    assert accepted(heard(replace(clip, sound=np.zeros_like(clip.sound)))).columns["sync"] < 0.15
    mute = accepted(heard(replace(clip, sound=None)))
    assert not {"sound_offset", "sync"} & set(mute.columns)
