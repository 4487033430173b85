"""Which of a file's tracks is the picture, and which one is heard with it."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

_NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_ASIDE = (
    Disposition.comment
    | Disposition.dub
    | Disposition.karaoke
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.clean_effects
    | Disposition.non_diegetic
    | Disposition.descriptions
)


def videos(container: InputContainer) -> list[VideoStream]:
    """The tracks of moving pictures, decodable or not; cover art and thumbnails are none."""
    return [stream for stream in container.streams.video if not stream.disposition & _NO_VIDEO]


def picture(container: InputContainer) -> VideoStream | None:
    """The track that a player shows: of those that can be decoded, the one marked as default, else the first."""
    found = sorted(filter(decodable, videos(container)), key=lambda s: (_aside(s), not _default(s), s.index))
    return found[0] if found else None


def sound(container: InputContainer, shown: VideoStream | None) -> AudioStream | None:
    """The track that a player plays with the picture `shown` (None: there is none), or None where none can be decoded.

    The one marked as default; where none or several are, the one that FFmpeg takes for that picture (of its program,
    where a stream carries several), else the first. Commentary and descriptions come last.
    """
    found = list(filter(decodable, container.streams.audio))
    if not found:
        return None
    taken = container.streams.best("audio", shown)
    belongs = taken.index if taken is not None else -1
    return min(found, key=lambda s: (_aside(s), not _default(s), s.index != belongs, s.index))


def decodable(stream: VideoStream | AudioStream) -> bool:
    """Whether FFmpeg knows the track's codec."""
    context = stream.codec_context
    return context is not None and bool(context.name)


def _default(stream: VideoStream | AudioStream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _aside(stream: VideoStream | AudioStream) -> bool:
    return bool(stream.disposition & _ASIDE)
