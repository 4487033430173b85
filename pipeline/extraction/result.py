"""What a run of the extraction did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogs.schema import STATUSES


@dataclass(frozen=True)
class Result:
    """What a run did: counts over the listed sources' clips, and how long it took.

    unreachable: those of `failed` that are not decided, since their source could not be reached, and the sources that
    were to be decided again and could not be.
    older: the catalog's clips that an older recipe decided; they are in none of the counts.
    now: the clips that this run decided, by verdict; the others were decided before. again: of all clips of the
    catalog, those that were decided again from their labels, by other thresholds.
    """

    run_id: str
    listed: int
    decided_before: int
    clips: int
    accepted: int
    rejected: dict[str, int]
    failed: int
    unreachable: int
    seconds: float
    startup_seconds: float
    video_seconds: float
    catalog: str
    now: Mapping[str, int]
    older: int = 0
    again: int = 0

    @classmethod
    def of(cls, clips: pa.Table, sources: Collection[str], **more: Any) -> Result:
        """With the counts of the clips of sources, by their source_key. clips: the catalog's decided ones, columns
        source_key, status and reason. more: the other values."""
        mine = clips.filter(pc.is_in(clips["source_key"], pa.array(sources, pa.string())))
        by_verdict = Counter(mine["status"].to_pylist())
        reasons = Counter(mine.filter(pc.equal(mine["status"], "rejected"))["reason"].to_pylist())
        return cls(
            clips=mine.num_rows,
            accepted=by_verdict["accepted"],
            rejected=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
            failed=by_verdict["failed"],
            **more,
        )

    @property
    def before(self) -> dict[str, int]:
        """Clips decided before this run, by verdict."""
        all_of_them = {"accepted": self.accepted, "rejected": sum(self.rejected.values()), "failed": self.failed}
        return {status: max(0, count - self.now.get(status, 0)) for status, count in all_of_them.items()}

    def summary(self) -> dict[str, Any]:
        """The job's summary as one JSON object."""
        return {
            "listed": self.listed,
            "clips": self.clips,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "failed": self.failed,
            "unreachable": self.unreachable,
            "decided_before": self.decided_before,
            "now": {status: self.now.get(status, 0) for status in STATUSES},
            "before": self.before,
            "seconds": round(self.seconds, 2),
            "startup_seconds": round(self.startup_seconds, 2),
            "video_seconds": round(self.video_seconds, 2),
            "catalog": self.catalog,
            "run_id": self.run_id,
            **({"older": self.older} if self.older else {}),
            **({"decided_again": self.again} if self.again else {}),
        }
