"""Where recordings were put one after the other in one file, found by a scan of its packets."""

from __future__ import annotations

from dataclasses import dataclass, field

from av.packet import Packet

from stages.video.clock import Discontinuity
from stages.video.timestamps import decoding_stamp, ends_track, seconds

BACK_S = 0.5
"""A timestamp this much earlier than the one before begins the clock again."""

FORWARD_S = 10.0
"""One this much later does too, where all tracks do it; otherwise a track has a gap."""


class DiscontinuityError(ValueError):
    """The tracks of a file begin again at different places: what belongs together is not known. Says where."""


@dataclass
class _Track:
    """A track as far as it was scanned, its times in seconds as the file states them."""

    count: int = 0
    last: float = float("-inf")
    shown: float = float("-inf")
    end: float = float("-inf")
    latest: float = float("-inf")
    leaps: list[_Leap] = field(default_factory=list)

    def add(self, packet: Packet) -> None:
        """One packet that is not the end of the track."""
        stamp = decoding_stamp(packet)
        if stamp is not None:
            shown = seconds(packet.pts if packet.pts is not None else stamp, packet)
            now = seconds(stamp, packet)
            # without a decoding time, frames that are shown later than they are decoded go back and forth
            comparable = packet.dts is not None or packet.is_keyframe
            if comparable and now < self.last - BACK_S:
                self.leaps.append(_Leap(self.count, self.end, shown, True))
                self.end = self.latest = self.shown = self.last = float("-inf")
            elif comparable and now > self.last + FORWARD_S and self.count:
                self.leaps.append(_Leap(self.count, self.end, shown, False))
            self.last = max(self.last, now)
            until = shown + seconds(packet.duration or 0, packet)
            self.latest = max(self.latest, until)
            if shown >= self.shown:  # whatever it says, a frame lasts until the next one is shown
                self.shown, self.end = shown, until
        self.count += 1


@dataclass(frozen=True)
class _Leap:
    """Where a track's times leap: at which packet, the end before it, the time after it, and whether it goes back."""

    packet: int
    end: float
    start: float
    back: bool


class PacketScan:
    """Follows the packets of picture and sound through a file: how long it is, and where its clock begins again."""

    def __init__(self, picture: int, sound: int | None) -> None:
        """picture, sound: the tracks' numbers in the file. repeats: whether empty packets repeat pictures in it."""
        self._tracks = {picture: _Track()}
        self._picture, self._sound = self._tracks[picture], None
        self.repeats = False
        if sound is not None:
            self._sound = self._tracks[sound] = _Track()

    def add(self, packet: Packet) -> None:
        """One packet, in the order of the file."""
        if packet.stream_index in self._tracks and not ends_track(packet):
            track = self._tracks[packet.stream_index]
            track.add(packet)
            self.repeats = self.repeats or (packet.size == 0 and track is self._picture)

    @property
    def frames(self) -> int:
        """Packets of the picture so far: one a frame."""
        return self._picture.count

    def discontinuities(self) -> tuple[Discontinuity, ...]:
        """Where the clock begins again. Raises DiscontinuityError when picture and sound do not say the same."""
        picture = self._picture.leaps
        sound = self._sound.leaps if self._sound is not None and self._sound.count else None
        if sound is not None and len(picture) != len(sound):
            picture, sound = ([leap for leap in track if leap.back] for track in (picture, sound))
            if len(picture) != len(sound):
                first = min(picture + sound, key=lambda leap: leap.end)
                raise DiscontinuityError(
                    f"its clock goes back from {first.end:.2f} to {first.start:.2f} s, {len(picture)} times in the "
                    f"picture and {len(sound)} times in the sound"
                )
        made: list[Discontinuity] = []
        add = 0.0
        for number, leap in enumerate(picture):
            both = [leap] if sound is None else [leap, sound[number]]
            add += max(each.end for each in both) - min(each.start for each in both)
            made.append(Discontinuity(leap.packet, None if sound is None else sound[number].packet, add))
        return tuple(made)

    def ends(self) -> tuple[float, float]:
        """(end of the picture, latest second that any packet claims) in seconds of the clock that goes on."""
        add = next((each.add for each in reversed(self.discontinuities())), 0.0)
        tracks = [track.latest + add for track in self._tracks.values() if track.count]
        return self._picture.end + add, max(tracks, default=0.0)
