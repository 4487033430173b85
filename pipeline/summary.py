"""What a run or a catalog amounts to, for a person to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.extraction import Result
from pipeline.report.wording import older_text


def summary_text(result: Result) -> str:
    """The summary of a run; its last line names what to look at next."""
    rejected = sum(result.rejected.values())
    lines = [
        "",
        f"{_count(result.listed, 'source')} listed, {_count(result.clips, 'clip')}",
        *_verdicts(result.accepted, result.rejected, result.failed),
    ]
    if result.video_seconds:
        rate = result.video_seconds / max(result.seconds - result.startup_seconds, 1e-6)
        lines.append(
            f"  {result.video_seconds:.0f} s of video in {result.seconds:.1f} s: {rate:.1f} video s/s "
            f"after {result.startup_seconds:.1f} s of start-up"
        )
    else:
        lines.append(f"  nothing was left to do ({result.seconds:.1f} s)")
    if result.older:
        lines.append(f"  beside these, {older_text(result.older)}")
    assert result.clips == result.accepted + rejected + result.failed
    sql = "select status, reason, count(*) n from clips group by all order by n desc"
    lines += [
        "",
        f'ask it:  python jobs/query.py --catalog {result.catalog} "{sql}"',
        f"look at: python jobs/report.py --catalog {result.catalog} --out {result.catalog}/report.html",
    ]
    return "\n".join(lines)


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


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
