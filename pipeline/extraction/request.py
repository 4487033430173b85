"""What a run of the extraction is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extraction.limits import Limits
from pipeline.extraction.recipe import Recipe


@dataclass(frozen=True)
class Request:
    """What to extract, and how: the options of jobs/extract.py.

    inputs: files, folders, globs, URIs or manifests as given. catalog: its URI. recompute: decide again what is
    decided; retry_failed: what failed; label_all: label rejected clips too. workers: clips worked on at once, by
    default one a CPU. limit: only the first so many sources. quiet: say nothing on standard error.
    """

    inputs: Sequence[str]
    catalog: str
    recipe: Recipe
    recompute: bool = False
    retry_failed: bool = False
    label_all: bool = False
    workers: int | None = None
    limit: int | None = None
    limits: Limits = Limits()
    quiet: bool = False

    @property
    def needed_labels(self) -> tuple[str, ...]:
        """The stages that a rejected clip must have come to before it counts as decided: none, unless all labels are
        wanted."""
        return tuple(stage.name for stage in self.recipe.stages) if self.label_all else ()
