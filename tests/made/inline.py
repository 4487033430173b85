"""Whole extractions without Ray and without child processes, and what they left in the catalog."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import catalogs
from pipeline import cluster
from pipeline.child import ChildError, _function
from pipeline.extraction import run as extraction
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.request import Request
from pipeline.extraction.result import Result
from pipeline.extraction.run import extract
from tests.made import faulty

RECIPE = faulty.quick_recipe()


class Inline:
    """Stands for a child process: calls the function here."""

    def __init__(self, memory: int = 0) -> None:
        pass

    def call(self, name: str, *arguments: Any, seconds: float, asked: Any = None) -> Any:
        try:
            return _function(name)(*arguments)
        except Exception as error:
            raise ChildError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from error

    def close(self) -> None:
        pass


def run(jobs: Sequence[str], worker: type, arguments: tuple[Any, ...], workers: int, column: str) -> Iterator[str]:
    """Stands for `cluster.run`: one worker, here, last job first, since Ray promises no order."""
    with closing(worker(*arguments)) as actor:
        for job in reversed(jobs):
            yield from actor({"job": [job]})[column]


def leave_ray_out(patch: pytest.MonkeyPatch) -> None:
    """Extractions run in this process; the children of its one worker are real."""
    patch.setattr(cluster, "connect", lambda workers: workers or 2)
    patch.setattr(cluster, "run", run)
    patch.setattr(extraction, "network_actors", lambda *_: None)


def do(catalog: Path, *inputs: Path | str, recipe: Recipe = RECIPE, **more: Any) -> Result:
    """Extract the videos among the inputs' files; what Faulty marks beside them is not listed."""
    named = [f"{path}/*.mp4" if isinstance(path, Path) and path.is_dir() else str(path) for path in inputs]
    result = extract(Request(named, str(catalog), recipe, quiet=True, **more))
    assert result.clips == result.accepted + sum(result.rejected.values()) + result.failed
    whole = catalogs.query(catalog, "select count(*) n, count(distinct clip_id) different from clips").to_pylist()[0]
    assert whole["n"] == whole["different"]
    orphans = catalogs.query(catalog, "select * from latents anti join clips using (clip_id)")
    assert orphans.num_rows == 0
    assert not list((catalog / "_work").iterdir())
    return result


def ask(catalog: Path, columns: str = "source_uri, status, reason", where: str = "true") -> list[tuple]:
    found = catalogs.query(catalog, f"select {columns} from clips where {where} order by source_uri, start_s, end_s")
    return [tuple(Path(v).name if k == "source_uri" else v for k, v in row.items()) for row in found.to_pylist()]


def runs(catalog: Path) -> list[dict[str, Any]]:
    return catalogs.query(catalog, "select * from runs order by started").to_pylist()


def counts(result: Result) -> tuple[int, int, dict[str, int], int, int]:
    return result.listed, result.accepted, result.rejected, result.failed, result.decided_before
