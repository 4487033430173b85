"""What jobs/weights.py does: list, fetch, add and verify the weights of the registry."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

from models.weights import lock_file, store
from models.weights.entry import Weights
from models.weights.origins import COMMAND
from models.weights.registry import REGISTRY, WeightsMissing, weights
from pipeline.errors import UsageError
from pipeline.weights.download_lines import DownloadLines, megabytes

_AT_ONCE = 4


def list_text() -> str:
    """All entries with state, size, licence and whether they may be used commercially."""
    rows = [("name", "stage", "state", "size", "commercial", "licence")]
    for entry in REGISTRY.values():
        commercial = "yes" if entry.commercial else "no"
        rows.append((entry.name, entry.stage, entry.state, megabytes(entry.size), commercial, entry.licence))
    absent = [entry.name for entry in REGISTRY.values() if entry.state == "missing"]
    lines = [*_aligned(rows), "", f"kept in {store.folder()}"]
    if absent:
        lines.append(f"missing: {', '.join(absent)}; get what is published with: {COMMAND} fetch")
    return "\n".join(lines)


def where_text(names: Sequence[str]) -> str:
    """The path of each file in use (of `names`, else of all), a line each; then the folder and the lock file."""
    rows = []
    for entry in _entries(names) or REGISTRY.values():
        kept = store.in_use(entry.name)
        if not entry.files and entry.state != "missing":
            rows.append((entry.name, str(entry.path())))
        else:
            rows.append((entry.name, str(kept.path) if kept else f"missing; {entry.how}"))
    lock = lock_file.place()
    there = "" if lock.is_file() else " (not there: all files are as published)"
    return "\n".join([*_aligned(rows), "", f"folder  {store.folder()}", f"lock    {lock}{there}"])


def verify() -> tuple[str, bool]:
    """Hash every file that is here again: a line each, and whether all are right. A missing file is not wrong."""
    rows, right = [], True
    for entry in REGISTRY.values():
        found = _verified(entry) or [("missing", "")]
        rows += [(entry.name, *each) for each in found]
        right = right and all(state in ("ok", "missing") for state, _ in found)
    return "\n".join(_aligned(rows)), right


def _verified(entry: Weights) -> list[tuple[str, str]]:
    """(state, path or cause) of every file kept for an entry."""
    if not entry.files:
        try:
            return [("ok", str(entry.path()))] if entry.state != "missing" else []
        except WeightsMissing as error:
            return [("changed", str(error))]
    found = []
    used, lock = store.in_use(entry.name), lock_file.locked(entry.name)
    for kept in store.all_kept(entry.name):
        try:
            kept.checked(thoroughly=True)
        except WeightsMissing as error:
            found.append(("changed", str(error)))
            continue
        if used and lock and kept.sha256 == used.sha256 != lock["sha256"]:
            found.append(("not locked", f"{kept.path}: {lock_file.place()} asks for {lock['sha256']}"))
        else:
            found.append(("ok", str(kept.path) + ("" if used and kept.sha256 == used.sha256 else " (not in use)")))
    return found


def add_text(name: str, file: str) -> str:
    """Take a file from this machine; says what was taken, and what differs from the published one."""
    from models.weights.intake import add  # imports torch: seconds that the other commands do not need

    return "\n  ".join(add(_entry(name), Path(file)).said)


def fetch(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Fetch entries by name, several at once; without names all that are missing and lie at a URL.

    Progress goes to standard error. Returns what is here now, and what went wrong, a text each.
    """
    from models.weights.fetch import (  # imports torch: seconds that the other commands do not need
        Fetcher,
        fetchable,
        groups,
    )

    wanted = _entries(names) or [entry for entry in REGISTRY.values() if entry.state == "missing"]
    done: list[str] = []
    wrong: list[str] = []
    able = [entry for entry in wanted if fetchable(entry)]
    for entry in wanted:
        if not entry.files and entry.state != "missing":
            done.append(f"{entry.name}: comes with {entry.distribution}, is here")
        elif entry not in able:
            (wrong if names else done).append(f"{entry.name}: cannot be fetched by a program; {entry.how}")
    stop, lines = Event(), DownloadLines(sys.stderr)
    fetcher = Fetcher(lines, stop=stop)

    def run(group: list[Weights]) -> None:
        try:
            for taken in fetcher.fetch(group):
                done.append("\n  ".join((*taken.said, f"licence: {weights(taken.kept.name).licence}")))
        except (WeightsMissing, OSError) as error:
            wrong.append(str(error))

    try:
        _at_once(run, groups(able), stop)
    finally:
        lines.close()
    return done, wrong


def _at_once(work: Callable[[list[Weights]], None], groups: Sequence[list[Weights]], stop: Event) -> None:
    """Work on several groups at once. The threads are daemons: an interrupt does not wait for a silent server."""
    todo: SimpleQueue[list[Weights]] = SimpleQueue()
    broken: list[BaseException] = []
    for group in groups:
        todo.put(group)

    def worker() -> None:
        try:
            while not stop.is_set():
                work(todo.get_nowait())
        except Empty:
            return
        except BaseException as error:
            stop.set()
            broken.append(error)

    threads = [Thread(target=worker, daemon=True) for _ in range(min(_AT_ONCE, len(groups)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
    if broken:
        raise broken[0]


def _entry(name: str) -> Weights:
    try:
        return weights(name)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from error


def _entries(names: Sequence[str]) -> list[Weights]:
    return [_entry(name) for name in dict.fromkeys(names)]


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
