"""Listed sources as tasks: each with the key by which a catalog knows it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.extraction.probe import SourceTask
from pipeline.listing.inputs import Source, source_key
from pipeline.listing.reach import Reach
from pipeline.listing.stamps import stamps


def source_tasks(sources: Sequence[Source], reach: Reach) -> list[SourceTask]:
    """A task a source, in their order; one whose file cannot be reached now is marked as such."""
    return [
        SourceTask(
            place,
            source.uri,
            source_key(source, mark or ""),
            source.subject_id,
            source.split,
            source.start_s,
            source.end_s,
            mark is not None,
            dict(source.user) if source.user else None,
        )
        for place, (source, mark) in enumerate(zip(sources, stamps(sources, reach), strict=True))
    ]


def each_once(tasks: Sequence[SourceTask]) -> list[SourceTask]:
    """Without those that an earlier one repeats: the same uri, times and stamp."""
    return list({task.source_key: task for task in reversed(tasks)}.values())[::-1]
