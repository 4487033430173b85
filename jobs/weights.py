"""The weights of the registry: what there is, fetch it, add a file by hand, check it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

import tyro

from pipeline.cli.command import reported
from pipeline.weights.command import add_text, fetch, list_text, verify, where_text

Names = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME ...]", help_behavior_hint="")]


@dataclass(frozen=True)
class List:
    """All weights with state, size, licence, and whether the licence allows commercial use."""


@dataclass(frozen=True)
class Fetch:
    """Download weights; a broken download goes on where it stopped. See docs/weights.md for mirrors and proxies."""

    names: Names = ()
    """Names from `list`; none: all that are missing and can be downloaded."""


@dataclass(frozen=True)
class Add:
    """Take a file from this machine, after its tensors were checked."""

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
    """A name from `list`."""
    file: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """The file, or the folder for wav2vec2. It is copied."""


@dataclass(frozen=True)
class Verify:
    """Hash all files again. Exit code 1 when one that is here is not what it should be."""


@dataclass(frozen=True)
class Where:
    """Print the path of every file, of the folder that holds them, and of the lock file."""

    names: Names = ()
    """Names from `list`; none: all."""


def main(args: List | Fetch | Add | Verify | Where) -> int:
    """Run a command; its exit code."""
    match args:
        case List():
            print(list_text())
        case Fetch(names):
            done, wrong = fetch(names)
            print("".join(f"{text}\n" for text in done) or ("" if wrong else "nothing to fetch\n"), end="")
            print("".join(f"error: {text}\n" for text in wrong), end="", file=sys.stderr)
            return 1 if wrong else 0
        case Add(name, file):
            print(add_text(name, file))
        case Verify():
            text, right = verify()
            print(text)
            return 0 if right else 1
        case Where(names):
            print(where_text(names))
    return 0


def run() -> None:
    """The command."""
    with reported():
        sys.exit(main(tyro.cli(List | Fetch | Add | Verify | Where, description=__doc__)))  # type: ignore[arg-type]


if __name__ == "__main__":
    run()
