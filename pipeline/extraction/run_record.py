"""A run's row in table runs: who ran what, since when, and how it ended."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from catalogs import Writer
from catalogs.errors import CatalogError
from pipeline.extraction.progress import Progress
from pipeline.extraction.recipe import Recipe
from pipeline.listing.uris import printable
from pipeline.machine import machine, versions
from pipeline.program import command_line


class RunRecord:
    """The row, from the moment it is made.

    progress: counts the clips that workers decide. again: those decided again from their labels, by verdict. waiting:
    whether the run ended well although sources are left without a verdict.
    """

    def __init__(self, writer: Writer, recipe: Recipe, quiet: bool = False) -> None:
        self._writer, self._recipe = writer, recipe
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()
        self.run_id = f"{self.started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        self.progress = Progress(0, quiet)
        self.again: Counter[str] = Counter()
        self.waiting = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._clock

    @property
    def now(self) -> Counter[str]:
        """The clips that this run decided so far, by verdict."""
        return self.again + self.progress.verdicts

    @contextmanager
    def kept(self, listed: int) -> Iterator[None]:
        """The row is in the catalog: `running` meanwhile, then how it ended. listed: sources."""
        self._put("running", listed)
        try:
            yield
        except BaseException as error:
            status = "stopped" if isinstance(error, KeyboardInterrupt | SystemExit) else "unfinished"
            # where the row cannot be written either, the next run finds it `running` and notes that it was killed
            with suppress(OSError, CatalogError):
                self._put(status, listed)
            raise
        self._put("unfinished" if self.waiting else "finished", listed)

    def _put(self, status: str, listed: int) -> None:
        ended = {} if status == "running" else self._ended()
        self._writer.put_run(
            {
                "run_id": self.run_id,
                "recipe": json.dumps(self._recipe.describe()),
                "fingerprint": self._recipe.fingerprint,
                "versions": json.dumps(versions()),
                "weights": json.dumps(
                    [
                        {"name": w.name, "file": w.file, "sha256": w.sha256, "licence": w.licence}
                        for w in self._recipe.weights()
                    ]
                ),
                "machine": json.dumps(machine()),
                "started": self.started.replace(tzinfo=None),
                "status": status,
                "listed": listed,
                "command": printable(command_line()),
                **ended,
            }
        )

    def _ended(self) -> dict[str, Any]:
        """The columns that are null while the run goes on."""
        now = self.now
        return {
            "ended": datetime.now(UTC).replace(tzinfo=None),
            "clips": now.total(),
            "accepted": now["accepted"],
            "rejected": now["rejected"],
            "failed": now["failed"],
            "seconds": dict(self.progress.stage_seconds),
            "wall_seconds": self.seconds,
            "video_seconds": self.progress.video_seconds,
        }
