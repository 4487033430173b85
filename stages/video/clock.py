"""How a file's timestamps are to be read, also where it says its times badly or not at all.

Three things go wrong with timestamps. Recordings put one after the other begin again at an earlier time (or at one
hours later): the clock goes on there, by the same step for picture and sound (stages/video/discontinuities.py). AVI and
some faulty files have no presentation times, only the order of packets. Raw streams have no times at all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Discontinuity:
    """The clock begins again: from packet number `picture` of the picture and `sound` of the sound on, counted from 0.

    add: seconds to add to timestamps from there on, so that time goes on. sound: None without a sound track.
    """

    picture: int
    sound: int | None
    add: float


@dataclass(frozen=True)
class Clock:
    """How to read the timestamps of a file.

    ordered: the picture's timestamps, if any, are no times of display, frames come in the order of the packets'; delay:
    packets that the decoder has taken in then when its first frame comes out. grid: seconds a frame where times count
    frames, so that what repeats a frame may be left out, as in AVI; else None. step: seconds a frame, where the packets
    have no times at all; else None. loose: a time that is looked up in the file may be found too late. discontinuities:
    where the clock begins again.
    """

    ordered: bool = False
    delay: int = 1
    grid: float | None = None
    step: float | None = None
    loose: bool = False
    discontinuities: tuple[Discontinuity, ...] = ()

    @property
    def seekable(self) -> bool:
        """Whether a time can be looked up in the file; else it is read from its beginning."""
        return self.step is None and not self.discontinuities
