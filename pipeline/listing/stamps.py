"""The stamps of listed sources: what is known of each without reading it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline.listing.inputs import Source
from pipeline.listing.reach import Reach, within
from pipeline.listing.uris import is_local, stamp

_AT_ONCE = 16


def stamps(sources: Sequence[Source], reach: Reach) -> list[str | None]:
    """The stamp of each source, or None for one that cannot be reached: the probe will say why."""

    def one(source: Source) -> str | None:
        uri = source.uri
        try:
            return stamp(uri) if is_local(uri) else reach(uri, lambda left: within(left, lambda: stamp(uri)))
        except Exception:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, sources))
