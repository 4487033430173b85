"""The command lines of all jobs: what values are called in `--help`, and how it reads."""

from __future__ import annotations

import inspect
from typing import Annotated, TypeVar

import tyro
from tyro.conf import arg

Flag = Annotated[bool, arg(help_behavior_hint="")]
Folder = Annotated[str, arg(metavar="FOLDER")]
File = Annotated[str, arg(metavar="FILE")]
Count = Annotated[int, arg(metavar="N")]
Names = Annotated[tuple[str, ...], arg(metavar="[NAME ...]", help_behavior_hint="")]
Seconds = Annotated[float, arg(metavar="SECONDS")]
Sql = Annotated[str, arg(metavar="SQL", help_behavior_hint="")]

# These may be left out, and what then holds stands in the option's own words.
FileIfAny = Annotated[str | None, arg(metavar="FILE", help_behavior_hint="")]
CountIfAny = Annotated[int | None, arg(metavar="N", help_behavior_hint="")]
DistanceIfAny = Annotated[float | None, arg(metavar="DISTANCE", help_behavior_hint="")]
SecondsIfAny = Annotated[float | None, arg(metavar="SECONDS", help_behavior_hint="")]

Options = TypeVar("Options")


def parsed(kind: type[Options], *examples: str) -> Options:
    """The options of a job from its command line. SystemExit: 0 after `--help`, 2 for arguments it does not take.

    kind: a frozen dataclass whose docstring is the job's description. examples: command lines to show below it.
    """
    text = inspect.cleandoc(kind.__doc__ or "")
    if examples:
        text += "\n\n" + "\n".join(["Examples:", *(f"  {line}" for line in examples)])
    return tyro.cli(kind, description=text, config=(tyro.conf.FlagCreatePairsOff,))
