"""Videos as other programs leave them: put one after the other, without times, with several tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.packet import Packet
from av.stream import Disposition

from stages.video.encode import write_video
from tests.made.clips import QUICK


def joined(target: Path, *sources: Path) -> Path:
    """One file after the other, byte by byte, as recorders of streams do."""
    target.write_bytes(b"".join(source.read_bytes() for source in sources))
    return target


def repacked(source: Path, target: Path, change: Callable[[Packet], Packet | None]) -> Path:
    """The same streams with every packet changed on the way, or left out."""
    with av.open(str(source)) as read_from, av.open(str(target), "w") as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in read_from.streams}
        for packet in read_from.demux():
            if packet.dts is None:
                continue
            changed = change(packet)
            if changed is not None:
                changed.stream = streams[packet.stream.index]
                output.mux(changed)
    return target


def later(seconds: float) -> Callable[[Packet], Packet]:
    """The change that adds seconds to every time."""

    def change(packet: Packet) -> Packet:
        ticks = round(seconds / float(packet.time_base))
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
        return packet

    return change


def write_tracks(
    path: Path,
    pictures: Sequence[Iterable[np.ndarray]],
    sounds: Sequence[np.ndarray],
    default: Sequence[tuple[str, int]],
    rate: int = 16_000,
) -> None:
    """A Matroska file of several pictures at 25 fps and sounds (PCM, float32 [S]); default: those so marked."""
    with av.open(str(path), "w", format="matroska") as output:
        made = []
        for number, images in enumerate(pictures):
            shown = [*images]
            stream = output.add_stream("libx264", rate=25, options=QUICK)
            stream.height, stream.width = shown[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.disposition = Disposition.default if ("picture", number) in default else Disposition(0)
            made.append((stream, shown))
        heard = []
        for number, sound in enumerate(sounds):
            stream = output.add_stream("pcm_f32le", rate=rate, layout="mono")
            stream.disposition = Disposition.default if ("sound", number) in default else Disposition(0)
            heard.append((stream, sound))
        for stream, shown in made:
            for index, image in enumerate(shown):
                picture = av.VideoFrame.from_ndarray(image, format="rgb24")
                picture.pts, picture.time_base = index, Fraction(1, 25)
                output.mux(stream.encode(picture))
            output.mux(stream.encode(None))
        for stream, sound in heard:
            for at in range(0, len(sound), 1024):
                block = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], format="flt", layout="mono")
                block.sample_rate, block.pts, block.time_base = rate, at, Fraction(1, rate)
                output.mux(stream.encode(block))
            output.mux(stream.encode(None))


def with_unknown_sound_first(path: Path, images: Iterable[np.ndarray], sound: np.ndarray) -> None:
    """A MOV file whose first sound track has a codec that nobody knows, and the second one AAC."""
    plain = path.with_name("plain.mov")
    write_video(plain, images, fps=25, audio=sound, options=QUICK)
    double = path.with_name("double.mov")
    with av.open(str(plain)) as read_from, av.open(str(double), "w") as output:
        video = output.add_stream_from_template(read_from.streams.video[0])
        first = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        second = output.add_stream_from_template(read_from.streams.audio[0])
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        silence.sample_rate, silence.pts, silence.time_base = 16_000, 0, Fraction(1, 16_000)
        output.mux(first.encode(silence))
        output.mux(first.encode(None))
        for packet in read_from.demux():
            if packet.dts is not None:
                packet.stream = video if packet.stream.type == "video" else second
                output.mux(packet)
    content = double.read_bytes()
    assert content.count(b"sowt") == 1
    path.write_bytes(content.replace(b"sowt", b"x?z!"))
