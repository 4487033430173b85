"""Name the people of a catalog: cluster its accepted clips by their face vectors; names stay with their people."""

from __future__ import annotations

import json
import math
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from pipeline.cli.interrupted import interrupted_in_a_line

    interrupted_in_a_line()  # what follows takes a second or more to import

from pipeline.cli.command import absolute, reported
from pipeline.cli.options import DistanceIfAny, Flag, Folder, parsed
from pipeline.errors import UsageError
from pipeline.people.naming import changes_text, name_people


@dataclass(frozen=True)
class NamePeople:
    """Cluster the accepted clips of a catalog by their face vectors and write the names into subject_id, as the end of
    an extraction does that found something new.

    A person keeps the name that most of its clips had, names of a manifest stay, and none is given to somebody else.
    Exit code 0 when people are named, 2 for a wrong argument, 1 if the catalog is being written.
    """

    catalog: Folder
    """Folder of a catalog."""
    same_person: DistanceIfAny = None
    """Distance up to which two clips are put down to one person, for this once; by default identity.same_person of the
    catalog's recipe (the next extraction that finds something new takes that again)."""
    json: Flag = False
    """Print what changed as one line of JSON."""


def main(args: NamePeople) -> None:
    if args.same_person is not None and not 0 < args.same_person < math.inf:
        raise UsageError(f"--same-person {args.same_person:g} is no distance: give a number above 0")
    uri = absolute(args.catalog, "--catalog")
    found, same_person = name_people(uri, args.same_person)
    if args.json:
        print(json.dumps({"catalog": uri, "same_person": same_person, **found.summary()}))
        return
    print(f"{uri}: {found.text()}")
    for line in changes_text(found.changes):
        print(line)
    sql = "select subject_id, count(*) clips from clips where status = 'accepted' group by all order by clips desc"
    print(f'\nask it: python jobs/query.py --catalog {shlex.quote(uri)} "{sql}"')


def run() -> None:
    """The command."""
    with reported():
        main(parsed(NamePeople))


if __name__ == "__main__":
    run()
