"""What a run or a catalog amounts to, for a person to read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.place import locate
from catalogs.schema import STATUSES
from pipeline.extraction.result import Result
from pipeline.text import older_text

WITHOUT_SPEECH = "speech.required=false"
"""The setting that takes clips without sound or speech."""


def summary_text(result: Result, command: Sequence[str] = ()) -> str:
    """The summary of a run; its last lines name what to do next. command: the run's own, as its words."""
    rejected = sum(result.rejected.values())
    now = sum(result.now.values())
    lines = [
        "",
        f"{_count(result.listed, 'source')} listed, {_count(result.clips, 'clip')}",
        *_verdicts(result.accepted, result.rejected, result.failed),
        *([f"         {result.unreachable:>6} unreachable, not decided"] if result.unreachable else []),
    ]
    if 0 < now < result.clips:
        lines += [f"  decided now: {_by_verdict(result.now)}; before: {_by_verdict(result.before)}"]
    if result.video_seconds:
        rate = result.video_seconds / max(result.seconds - result.startup_seconds, 1e-6)
        lines.append(
            f"  {result.video_seconds:.0f} s of video in {result.seconds:.1f} s: {rate:.1f} video s/s "
            f"after {result.startup_seconds:.1f} s of start-up"
        )
    elif now:
        lines.append(f"  {_count(now, 'clip')} decided in {result.seconds:.1f} s, no video decoded")
    else:
        lines.append(f"  nothing was left to do ({result.seconds:.1f} s)")
    if result.older:
        lines.append(f"  beside these, {older_text(result.older)}")
    assert result.clips == result.accepted + rejected + result.failed
    sql = "select status, reason, count(*) n from clips group by all order by n desc"
    catalog, page = shlex.quote(result.catalog), shlex.quote(locate(result.catalog).uri("report.html"))
    lines += [
        *_without_speech(result, command),
        "",
        f'ask it:  python jobs/query.py --catalog {catalog} "{sql}"',
        f"look at: python jobs/report.py --catalog {catalog} --out {page}",
    ]
    return "\n".join(lines)


def _without_speech(result: Result, command: Sequence[str]) -> list[str]:
    """Where most clips have no sound or no speech: the command that takes them."""
    silent = result.rejected.get("no_audio", 0) + result.rejected.get("no_speech", 0)
    if 2 * silent <= result.clips:
        return []
    words = command or ("python", "jobs/extract.py", "--input", "PATH", "--catalog", result.catalog)
    again = ["--set", WITHOUT_SPEECH, *(() if "--recompute" in words else ("--recompute",))]
    return [
        "",
        "most clips have no sound or no speech; to take them all the same:",
        f"  {shlex.join([*words, *again])}",
    ]


def unreachable_text(result: Result) -> str:
    """What a run that could not reach some of its sources says in the end."""
    return (
        f"{_count(result.unreachable, 'clip')} could not be reached and "
        f"{'is' if result.unreachable == 1 else 'are'} not decided: run the same command again when the cause is gone "
        f"(select source_uri, detail from clips where reason = 'unreachable')"
    )


def catalog_text(uri: str, counts: Mapping[str, Any]) -> str:
    """The summary of a whole catalog, from `catalogs.summary.summary`."""
    lines = [
        f"{uri}: {_count(counts['sources'], 'source')}, {_count(counts['clips'], 'clip')}, "
        f"{counts['video_seconds']:.0f} s of video",
        *_verdicts(counts["accepted"], counts["rejected"], sum(counts["failed"].values())),
        *([f"beside these, {older_text(counts['older'])}"] if counts.get("older") else []),
    ]
    return "\n".join(lines)


def _verdicts(accepted: int, rejected: Mapping[str, int], failed: int) -> list[str]:
    lines = [f"  {accepted:>6} accepted", f"  {sum(rejected.values()):>6} rejected"]
    lines += [f"         {count:>6} {reason}" for reason, count in rejected.items()]
    return [*lines, f"  {failed:>6} failed"]


def _by_verdict(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts.get(status, 0)} {status}" for status in STATUSES)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
