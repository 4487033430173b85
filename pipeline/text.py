"""Numbers, times and codes as a reader of the report sees them."""

from __future__ import annotations

import math
from urllib.parse import unquote, urlsplit

NONE = "–"

MEANING = {
    "accepted": "passed every stage; their latents are in the catalog",
    "no_face": "no face was found",
    "several_faces": "more than one large face, too often",
    "low_quality": "the picture of the face is too poor",
    "too_short": "shorter than the minimum length",
    "too_small": "fewer pixels a side than the minimum",
    "no_audio": "no sound track, and speech is required",
    "no_speech": "too little speech, and speech is required",
    "face_lost": "the face leaves the picture or is replaced by another",
    "face_too_small": "the face has too few pixels",
    "scene_cut": "the scene changes, and splitting is off",
    "still_picture": "a still photo, or a picture that freezes",
    "out_of_sync": "the sound is earlier or later than is allowed",
    "no_sync": "nothing says that the voice is the face's",
    "duplicate": "the same bytes as another file of the catalog",
    "unreadable": "the file could not be opened or decoded",
    "unreachable": "the file could not be reached; the next run tries it again",
    "timeout": "took longer than the time limit",
    "crashed": "the process that worked on it died",
    "error": "a stage stopped with an error",
}
"""What each verdict's code means, in a few words."""


def count(value: float | None) -> str:
    """1,037; a dash for no value."""
    return NONE if value is None else f"{value:,.0f}"


def plural(value: int, one: str, many: str | None = None) -> str:
    """1 clip, 2 clips."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def number(value: float | None, digits: int = 3) -> str:
    """A number with about `digits` significant digits, thousands grouped, a real minus sign; a dash for no value."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("0", "-0") else text.replace("-", "−")


def older_text(clips: int) -> str:
    """What to know of clips that another recipe than the catalog's decided."""
    return (
        f"{plural(clips, 'clip')} of an older recipe {'is' if clips == 1 else 'are'} left, and not shown: view "
        "older_clips has them; jobs/extract.py --recompute over their files decides them anew"
    )


def run_status(status: str) -> str:
    """What the status of a run says of it."""
    return {"running": "not finished"}.get(status, status)


def degrees(value: float | None) -> str:
    """−12°; a dash for no value."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{round(value) or 0:+d}°".replace("+0°", "0°").replace("-", "−")


def share(part: float | None, whole: float = 1.0) -> str:
    """12%; under 10% with one decimal; a dash for no value or no whole."""
    if part is None or not whole:
        return NONE
    percent = 100 * part / whole
    if 0 < percent < 0.05:
        return "<0.1%"
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"


def duration(seconds: float | None) -> str:
    """12 ms, 1.23 s, 12.3 s, 4 min 12 s, 2 h 03 min; a dash for no value."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if 0 < seconds < 0.9995:
        return f"{number(1000 * seconds, 2)} ms"
    if seconds < 99.95:
        return f"{seconds:.{0 if seconds == 0 else 2 if seconds < 9.995 else 1}f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def timestamp(seconds: float | None) -> str:
    """A place in a video: 0:03.2, 1:02:03.2; a dash for no value."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    minutes, tenths = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths / 10:04.1f}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def span(start: float | None, end: float | None) -> str:
    """0:00.0 – 0:12.4; a dash if the times are not known."""
    return NONE if start is None or end is None else f"{timestamp(start)} – {timestamp(end)}"


def file_name(uri: str) -> str:
    """The last part of a path or URI."""
    if "://" in uri:
        uri = unquote(urlsplit(uri).path) or uri
    return uri.rstrip("/").rsplit("/", 1)[-1] or uri
