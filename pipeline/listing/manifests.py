"""Manifests: CSV or Parquet tables that list sources with what is known about them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pipeline.errors import InputError
from pipeline.listing import cells
from pipeline.listing.columns import KNOWN, lookalikes
from pipeline.listing.table_files import Row, TableFiles, ending, read_table
from pipeline.listing.uris import canonical, is_local, local_path, path_of, printable

_SIGNS = (";", "\t", "|")
"""What others put between columns in place of a comma."""

Warn = Callable[[str], None]


class Listed(NamedTuple):
    """One row of a manifest. user: its other columns as text, or None where none has a value."""

    uri: str
    subject_id: str | None
    split: str | None
    start_s: float | None
    end_s: float | None
    user: dict[str, str] | None


def is_manifest(text: str) -> bool:
    """Whether an input as written names manifests: it ends with .csv, .csv.gz or .parquet."""
    return ending(path_of(text.rstrip("/"))) is not None


def read_manifest(table: TableFiles, warn: Warn = lambda text: None) -> Iterator[Listed]:
    """The rows of a manifest in their order; of a folder of parts, by the names of its parts.

    Relative uris are relative to the manifest, or to the folder whose parts it is; empty cells are None. warn: told of
    columns that look like known ones that are missing. Raises InputError naming file, row (from 1, header not counted)
    and column.
    """
    warned: set[str] = set()
    for part in read_table(table):
        for text in _checked(part.uri, part.names, part.left_out):
            if text not in warned:
                warn(f"{table.uri}: {text}")
                warned.add(text)
        own = [name for name in part.names if name not in KNOWN]
        for number, row in enumerate(part.rows, start=1):
            yield _Cells(f"{part.uri}, row {number}", row).listed(table.folder, own)


class _Cells:
    """One row's cells, read by type; errors name the place."""

    def __init__(self, where: str, row: Row) -> None:
        self._where, self._row = where, row

    def listed(self, folder: str, own: Sequence[str]) -> Listed:
        """The row; own: the columns that are the user's."""
        uri = canonical(self._uri(folder), folder)
        subject, split = (self._read(name, cells.name) for name in ("subject_id", "split"))
        start, end = (self._read(name, cells.seconds) for name in ("start_s", "end_s"))
        if end is not None and end <= (start or 0.0):
            raise self._error("end_s", f"is {end:g}, not after start_s {start or 0:g}")
        user = {name: found for name in own if (found := self._read(name, cells.text)) is not None}
        return Listed(uri, subject, split, start, end, user or None)

    def _error(self, column: str, problem: str) -> InputError:
        return InputError(f"{self._where}, column {column}: {printable(problem)}")

    def _read(self, column: str, meaning: Callable[[Any], Any]) -> Any:
        value = self._row.get(column)
        try:
            found = meaning(value)
        except cells.CellError as error:
            raise self._error(column, str(error)) from None
        if isinstance(found, str):
            self._refuse_bytes(column, found)
        return found

    def _uri(self, folder: str) -> str:
        """The cell as it names the clip: blanks around it count only where there is such a file."""
        value = self._row.get("uri")
        text = os.fsdecode(value) if isinstance(value, bytes) else value
        if text is None or (isinstance(text, str) and not text.strip()):
            raise self._error("uri", "is empty; every row needs the path or URI of a clip")
        if not isinstance(text, str):
            raise self._error("uri", f"{text!r} is {type(text).__name__}, not text")
        if "\0" in text:
            raise self._error("uri", f"{text!r} holds a NUL character, which no path does")
        if text != text.strip() and not _exists(text, folder):
            text = text.strip()
        if not _exists(text, folder):
            self._refuse_bytes("uri", text)
        return text

    def _refuse_bytes(self, column: str, text: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self._error(
                column,
                f"{text!r} is not UTF-8 text"
                + (" and no file has that name" if column == "uri" else "")
                + "; save the manifest as UTF-8",
            ) from None


def _exists(text: str, folder: str) -> bool:
    path = os.path.join(local_path(folder), text) if is_local(folder) else text
    return os.path.isabs(path) and os.path.lexists(path)


def _checked(uri: str, names: Sequence[str], left_out: Sequence[str]) -> Iterator[str]:
    """What to warn of in a file's columns. Raises InputError where they are not a manifest's."""
    alike = lookalikes(names)
    if "uri" not in names:
        meant = next((f"; rename {column!r} to 'uri'" for column, known in alike if known == "uri"), "")
        other = next((sign for sign in _SIGNS if len(names) == 1 and sign in names[0]), None)
        if other:
            meant = f"; separate its columns by commas, not by {other!r}"
        has = ", ".join(names) or "nothing"
        raise InputError(f"{uri}: a manifest needs a column 'uri'; it has: {has}{meant}")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise InputError(f"{uri}: column {name} stands there {names.count(name)} times; keep one")
    for column, known in alike:
        yield (
            f"column {column!r} looks like {known!r}, which the manifest lacks; it is carried along as your own: "
            f"rename it if {known!r} is meant"
        )
    for column in left_out:
        yield f"column {column!r} holds bytes and is left out"
