"""Reading a catalog with DuckDB: one view a table, over the files of the newest manifest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from catalogs import manifest as manifests
from catalogs import parts
from catalogs.definitions import definitions, quoted
from catalogs.errors import CatalogBusy, CatalogDamaged, NoCatalog
from catalogs.manifest import Manifest
from catalogs.place import locate
from catalogs.storage import Storage

Found = TypeVar("Found")

ATTEMPTS = 50
"""How often reading begins anew when a run has replaced files meanwhile."""


def open(uri: str | os.PathLike[str], read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with the views clips, latents, previews, frames, runs and metrics, and older_clips.

    They show the clips that the catalog's recipe decided, and what belongs to these; older_clips those that an
    earlier recipe did, until their source is worked on again. Columns are those of catalogs/tables.py, in this order.

    The views show the commit that is the newest now, also while a run goes on. They keep showing it; open
    again to see more. If a run replaces files while such a connection is open, a query on it fails: `query`
    tries again by itself.

    read_only: SQL reads the catalog and nothing else on disk, and writes nothing. False also allows it to
    read and write other files (COPY ... TO, read_csv). The catalog's tables cannot be changed by SQL.

    NoCatalog: there is none. VersionMismatch: its schemas are not those of this code.
    CatalogDamaged: a file is missing.
    """
    files = locate(uri)
    return steadily(files, lambda state: connected(files, state, read_only), "while opening it")


def query(uri: str | os.PathLike[str], sql: str) -> pa.Table:
    """Run `sql` on the newest commit and return its rows; a statement without rows gives an empty table.

    If a run replaced files meanwhile, the query runs again on the newer commit. Errors: as `open`,
    and DuckDB's.
    """
    return answers(uri, [sql])[0]


def answers(uri: str | os.PathLike[str], statements: Sequence[str]) -> list[pa.Table]:
    """As `query`, of several statements, one after the other on the same commit."""
    files = locate(uri)

    def read(state: Manifest) -> list[pa.Table]:
        with connected(files, state, read_only=True) as connection:
            return [_rows(connection.sql(sql)) for sql in statements]

    return steadily(files, read, "during a query")


def read_from(read: Callable[..., Found], *uris: str | os.PathLike[str]) -> Found:
    """What `read` finds on connections to the catalogs at `uris`, as `open` gives them: all from one commit of each.

    It reads again if a run replaces files of such a commit meanwhile. Errors: those of `open`, and those of `read`.
    """
    if not uris:
        return read()
    files = locate(uris[0])

    def with_first(state: Manifest) -> Found:
        with connected(files, state, read_only=True) as connection:
            return read_from(partial(read, connection), *uris[1:])

    return steadily(files, with_first, "while reading it")


def steadily(files: Storage, read: Callable[[Manifest], Found], when: str) -> Found:
    """What `read` finds in the files of the newest commit.

    If it fails because a run replaced files meanwhile, it reads the commit that is the newest then. when: what goes on,
    for the message of CatalogBusy, when that happened ATTEMPTS times. Errors: as `newest`, and those of `read`.
    """
    for _ in range(ATTEMPTS):
        state = newest(files)
        try:
            return read(state)
        except duckdb.Error:
            if not was_replaced(files, state):
                raise
        except FileNotFoundError:
            # of a local copy perhaps, which readers of a newer commit remove
            if not was_replaced(files, state) and newest(files).sequence == state.sequence:
                raise
    raise CatalogBusy(f"{files.uri()}: its files were replaced {ATTEMPTS} times {when}; try again")


def _rows(found: duckdb.DuckDBPyRelation | None) -> pa.Table:
    return pa.table({}) if found is None else found.to_arrow_table()


def newest(files: Storage) -> Manifest:
    """The catalog's state now. NoCatalog: there is none. VersionMismatch: its schemas are not those of this code."""
    state = manifests.newest(files)
    if state is None:
        raise NoCatalog(
            f"there is no catalog at {files.uri()}: make one with python jobs/extract.py --input FOLDER "
            f"--catalog {files.uri()}"
        )
    manifests.check_version(files, state)
    return state


def accepted(files: Storage, state: Manifest, columns: Sequence[str]) -> pa.Table:
    """Columns of the accepted clips of the catalog's recipe. FileNotFoundError: a file was replaced meanwhile."""
    clips = parts.read_all(files, "clips", state.own_parts("clips"), [*columns, "status", "recipe"])
    ours = pc.and_(pc.equal(clips["status"], "accepted"), pc.equal(clips["recipe"], state.fingerprint))
    return clips.filter(ours).select(columns)


def was_replaced(files: Storage, state: Manifest) -> bool:
    """Whether files of `state` are gone because a newer commit replaced them.

    CatalogDamaged if they are gone without one: files are removed only after a newer manifest is published.
    """
    there = {entry.name for table in state.tables for entry in files.list(table)}
    gone = sorted(state.files() - there)
    if gone and newest(files).sequence == state.sequence:
        raise CatalogDamaged(
            f"{files.uri(gone[0])} is missing (and {len(gone) - 1} more files): restore it from a backup, "
            f"or remove the catalog and extract again"
        )
    return bool(gone)


def connected(files: Storage, state: Manifest, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """As `open`, of one commit. duckdb.Error, FileNotFoundError: a file was replaced meanwhile (`steadily`)."""
    connection = duckdb.connect()
    try:
        if read_only:
            paths = ", ".join(quoted(files.uri(name)) for name in sorted(state.files()))
            connection.execute(f"SET allowed_paths = [{paths}]")
            connection.execute("SET enable_external_access = false")
        for name, select in definitions(files, state):
            connection.execute(f"CREATE VIEW {name} AS {select}")
    except BaseException:
        connection.close()
        raise
    return connection
