"""Timestamps that begin again, are mere order, or are not there."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from stages.video.encode import write_video
from stages.video.header import Unreadable
from stages.video.pyav import keyframes, read_header
from stages.video.reader import read
from stages.video.sound import RATE, read_sound
from tests.made.clips import QUICK, number, numbered, remux
from tests.made.flash_click import offsets, write_flashes
from tests.made.spoiled import joined, later, repacked


def shown(path: Path, start_s: float = 0.0, end_s: float | None = None) -> list[int]:
    header = read_header(str(path))
    found = read(str(path), header, start_s, header.duration if end_s is None else end_s)
    return [number(frame.image) for frame in found]


def parts(folder: Path, second_at: float = 0.0) -> tuple[Path, Path]:
    """Two recordings of 4 s as transport streams, the second with its times `second_at` seconds later."""
    first, draft, second = folder / "first.ts", folder / "draft.ts", folder / "second.ts"
    write_flashes(first, "libx264", "aac", seconds=4, moments=[1.0, 3.0])
    write_flashes(draft, "libx264", "aac", seconds=4, moments=[2.0])
    return first, repacked(draft, second, later(second_at))


@pytest.mark.parametrize("second_at", [0.0, 2.0, 7200.0, 90_000.0], ids=["again", "2 s later", "2 h later", "wrapped"])
def test_the_clock_goes_on_where_a_recording_begins_again(tmp_path: Path, second_at: float) -> None:
    path = joined(tmp_path / "both.ts", *parts(tmp_path, second_at))
    header = read_header(str(path))
    assert header.duration == pytest.approx(8.0, abs=0.15)
    assert [each.picture for each in header.clock.discontinuities] == [100]
    assert max(map(abs, offsets(path))) < 0.02
    assert max(map(abs, offsets(path, 4.5, 8.0))) < 0.02
    assert len(offsets(path)) == 3


def test_both_parts_of_a_joined_recording_are_there_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "a.ts", tmp_path / "b.ts"
    for path, images in ((first, list(numbered(75))), (second, list(numbered(200))[75:175])):
        write_video(path, images, fps=25, options={**QUICK, "g": "25"})
    both = joined(tmp_path / "both.ts", first, second, first)
    assert shown(both) == [*range(175), *range(75)]
    assert shown(both, 4.0, 8.0) == [*range(100, 175), *range(25)]
    header = read_header(str(both))
    times = [time for time, _ in keyframes(str(both), header, 2.5, 6.0)]
    assert times == pytest.approx([3.0, 4.0, 5.0], abs=0.01)


def test_three_recordings_in_one_keep_their_own_sound(tmp_path: Path) -> None:
    first, second = parts(tmp_path)
    path = joined(tmp_path / "three.ts", first, second, first)
    assert len(read_header(str(path)).clock.discontinuities) == 2
    found = offsets(path)
    assert len(found) == 5
    assert max(map(abs, found)) < 0.02


def test_tracks_that_begin_again_apart_are_refused_with_the_place(tmp_path: Path) -> None:
    first, _ = parts(tmp_path)
    silent = tmp_path / "silent.ts"
    write_video(silent, numbered(75), fps=25, options=QUICK)
    path = joined(tmp_path / "both.ts", first, silent)
    with pytest.raises(
        Unreadable,
        match=r"both\.ts: its clock goes back from \d\.\d\d to \d\.\d\d s, 1 times in the picture and 0 times in the "
        r"sound; cut it there, or transcode it so that its clock goes on",
    ):
        read_header(str(path))


def test_a_pause_of_the_picture_is_no_new_beginning(tmp_path: Path) -> None:
    """Seconds without a picture in which sound goes on: it stands still."""
    path, draft = tmp_path / "pause.ts", tmp_path / "draft.ts"
    write_flashes(draft, "libx264", "aac", seconds=20, moments=[1.0, 19.0])
    base = read_header(str(draft)).origin
    repacked(
        draft,
        path,
        lambda p: None if p.stream.type == "video" and 2 < float(p.pts * p.time_base) - base < 18 else p,
    )
    header = read_header(str(path))
    assert header.clock.discontinuities == ()
    assert header.duration == pytest.approx(20.0, abs=0.1)


def test_small_steps_back_are_no_new_beginning(tmp_path: Path) -> None:
    draft, second = tmp_path / "draft.ts", tmp_path / "second.ts"
    write_video(draft, numbered(50), fps=25, options={**QUICK, "bf": "0", "g": "10"})
    path = joined(tmp_path / "a.ts", draft, repacked(draft, second, later(2.0 - 0.2)))
    header = read_header(str(path))
    assert header.clock.discontinuities == ()
    assert header.duration == pytest.approx(3.8, abs=0.05)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_avi_has_the_order_of_frames_alone(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.avi"
    options = {**QUICK, "bf": "2", "g": "25"} if codec == "libx264" else {"bf": "2", "g": "25"}
    write_video(path, numbered(120), fps=25, codec=codec, options=options)
    header = read_header(str(path))
    assert header.clock.ordered
    found = shown(path)
    assert sorted(set(found)) == found
    assert len(found) >= 119
    assert shown(path, 2.0, 4.0) == list(range(50, 100))


def test_an_mp4_without_times_of_display(tmp_path: Path) -> None:
    """Frames with B-frames whose muxer wrote times of decoding alone."""
    draft, path = tmp_path / "draft.mp4", tmp_path / "a.mp4"
    write_video(draft, numbered(100), fps=25, options={"preset": "fast", "crf": "10", "bf": "3", "b-adapt": "0"})

    def order(packet: av.Packet) -> av.Packet:
        packet.pts = packet.dts = packet.dts + round(0.08 / float(packet.time_base))
        return packet

    repacked(draft, path, order)
    assert read_header(str(draft)).clock.ordered is False
    assert read_header(str(path)).clock.ordered is True
    assert shown(path) == shown(draft) == list(range(100))
    assert shown(path, 1.0, 3.0) == list(range(25, 75))


RAW = {
    "h264": ("libx264", {**QUICK, "g": "25", "bf": "2"}),
    "hevc": ("libx265", {"x265-params": "log-level=none:keyint=25:open-gop=1"}),
    "m4v": ("mpeg4", {"g": "25", "bf": "2"}),
    "mpeg2video": ("mpeg2video", {"g": "25", "bf": "2"}),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_raw_stream_has_no_times(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    codec, options = RAW[kind]
    write_video(path, numbered(125), fps=25, codec=codec, options=options, container=kind)
    header = read_header(str(path))
    assert (header.duration, header.fps, header.origin) == (pytest.approx(5.0, abs=0.05), 25, 0)
    assert shown(path, 0.0, 4.9)[:120] == list(range(120))
    assert shown(path, 2.0, 4.0) == list(range(50, 100))


@pytest.mark.parametrize("kind", ["nut", "avi"])
def test_empty_packets_repeat_the_frame_before(tmp_path: Path, kind: str) -> None:
    """Two frames of ten are stored as nothing; AVI's demuxer does not even give those."""
    draft, path = tmp_path / "draft.mkv", tmp_path / f"a.{kind}"
    write_video(draft, numbered(100), fps=25, codec="mjpeg", options={"strict": "-1"})

    def emptied(packet: av.Packet) -> av.Packet:
        if round(float(packet.pts * packet.time_base) * 25) % 10 not in (3, 4):
            return packet
        empty = av.Packet(b"")
        empty.pts, empty.dts, empty.time_base, empty.duration = (
            packet.pts,
            packet.dts,
            packet.time_base,
            packet.duration,
        )
        return empty

    repacked(draft, path, emptied)
    wanted = [i - (i % 10 - 2 if i % 10 in (3, 4) else 0) for i in range(100)]
    assert shown(path) == wanted
    assert shown(path, 1.32, 3.0) == wanted[33:75]


def test_the_last_frame_lasts_as_long_as_it_says(tmp_path: Path) -> None:
    draft, path = tmp_path / "draft.mp4", tmp_path / "a.mp4"
    write_video(draft, numbered(75), fps=25, options={**QUICK, "bf": "0"})
    count = iter(range(1000))

    def held(packet: av.Packet) -> av.Packet:
        if next(count) == 74:
            packet.duration = round(2.0 / float(packet.time_base))
        return packet

    repacked(draft, path, held)
    header = read_header(str(path))
    assert header.duration == pytest.approx(74 / 25 + 2.0)
    found = list(read(str(path), header, 0.0, header.duration))
    assert [number(frame.image) for frame in found] == [*range(74), *[74] * 50]
    assert [frame.repeated for frame in found] == [*[False] * 75, *[True] * 49]


def test_a_title_that_is_no_utf8_is_no_fault_of_the_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    draft = tmp_path / "draft.mkv"
    write_video(draft, numbered(10), fps=25, options=QUICK)
    with av.open(str(draft)) as read_from, av.open(str(path), "w") as output:
        output.metadata["title"] = "cafXX"
        stream = output.add_stream_from_template(read_from.streams.video[0])
        for packet in read_from.demux():
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    path.write_bytes(path.read_bytes().replace(b"cafXX", b"caf\xe9 "))
    assert read_header(str(path)).duration == pytest.approx(0.4, abs=0.05)


def test_sound_of_a_joined_recording_without_a_picture_s_help(tmp_path: Path) -> None:
    """Every second of the joined file sounds as the same second of its part."""
    first, second = parts(tmp_path)
    path = joined(tmp_path / "both.ts", first, second)
    head = read_header(str(second))
    alone = read_sound(str(second), head, 0.0, 3.5)
    header = read_header(str(path))
    start = header.duration - head.duration
    together = read_sound(str(path), header, start, start + 3.5)
    assert alone is not None
    assert together is not None
    assert len(alone) == len(together) == 3.5 * RATE
    loudest = int(np.abs(alone).argmax())
    assert abs(int(np.abs(together).argmax()) - loudest) < 0.002 * RATE


def test_a_plain_file_is_read_as_before(tmp_path: Path) -> None:
    path, again = tmp_path / "a.mp4", tmp_path / "a.mkv"
    write_video(path, numbered(50), fps=25, options=QUICK)
    remux(path, again)
    for each in (path, again):
        header = read_header(str(each))
        assert header.plain
        assert header.clock.seekable
        assert header.clock.discontinuities == ()


def test_a_frame_lasts_until_the_next_one_whatever_it_says(tmp_path: Path) -> None:
    plain, path = tmp_path / "plain.mp4", tmp_path / "long.mkv"
    write_video(plain, numbered(75), fps=25, options={**QUICK, "bf": "3"})
    at = 2.88  # decoded after the last frame is, or shown before it: in either case not what is shown last

    def long(packet: av.Packet) -> av.Packet:
        if abs(float(packet.pts * packet.time_base) - at) < 0.005:
            packet.duration = round(2.0 / float(packet.time_base))
        return packet

    repacked(plain, path, long)
    assert read_header(str(path)).duration == pytest.approx(3.0, abs=0.01)
    assert shown(path) == list(range(75))
