"""What all commands share: exit codes, and paths that mean the same on the machine that runs the job."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from catalogs.errors import BadPlace, CatalogBusy, CatalogError, NoCatalog, RecipeMismatch
from models.weights import WeightsMissing
from pipeline.cluster import RunError
from pipeline.recipe import RecipeError
from pipeline.sources import InputError


class Failure(RuntimeError):
    """A wrong argument (exit code 2)."""


WRONG_ARGUMENT = (Failure, InputError, RecipeError, RecipeMismatch, NoCatalog, BadPlace, duckdb.Error)
COULD_NOT_FINISH = (CatalogBusy, CatalogError, RunError, WeightsMissing, OSError)


@contextmanager
def reported() -> Iterator[None]:
    """Errors a person can act on end as one message and an exit code: 2 for a wrong argument, 1 for the rest."""
    try:
        yield
    except WRONG_ARGUMENT as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except COULD_NOT_FINISH as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    except KeyboardInterrupt as error:
        print("\nstopped; what is done is kept: run the same command again to go on", file=sys.stderr)
        raise SystemExit(130) from error


def in_submitted_job() -> bool:
    """Whether this process is the entry point of a `ray job submit`."""
    return "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ


def absolute(path: str, option: str) -> str:
    """`path` as an absolute path or the URI it is. A relative path in a submitted job is a Failure: see there."""
    if "://" in path or os.path.isabs(path):
        return path
    if in_submitted_job():
        raise Failure(
            f"{option} {path}: a submitted job runs in a copy of the working directory that is removed; "
            "give an absolute path"
        )
    return str(Path(path).absolute())
