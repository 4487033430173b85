"""Statistics of a catalog's latents, computed as a run of their own."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from catalogs.statistics import LatentStatistics, store_statistics
from pipeline.machine import machine, versions
from pipeline.program import command_line


def compute(catalog: str) -> LatentStatistics:
    """Compute the statistics of a catalog's latents and store them in its table runs. Errors: `store_statistics`."""
    started = datetime.now(UTC)
    run = {
        "run_id": f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}",
        "versions": json.dumps(versions()),
        "machine": json.dumps(machine()),
        "started": started.replace(tzinfo=None),
        **dict.fromkeys(("listed", "clips", "accepted", "rejected", "failed"), 0),
        "command": command_line(),
    }
    return store_statistics(catalog, run)


def text(catalog: str, found: LatentStatistics) -> str:
    """A table for a person to read: a line a dimension."""
    lines = [f"{catalog}: {found.clips} clips with latents, commit {found.commit}", ""]
    for name, each in found.columns.items():
        lines.append(f"{name}, {each.count} frames")
        lines += [
            f"  {place:>4}  mean {mean:>10.4f}  std {std:>9.4f}"
            for place, (mean, std) in enumerate(zip(each.mean, each.std, strict=True))
        ]
    return "\n".join(lines)
