"""What a writer does before anything else: it takes the lock, and brings the catalog into a state it can go on from."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow.compute as pc

from catalogs import manifest as manifests
from catalogs import parts
from catalogs.columns import replaced
from catalogs.commit import ALWAYS, Change, Columns, in_set, sweep, sweep_work
from catalogs.errors import CatalogBusy, RecipeMismatch, SchemaError
from catalogs.manifest import Manifest
from catalogs.place import LOCK, MANIFESTS, WORK
from catalogs.recipes import ABSENT, changes, differences, normal
from catalogs.schema import VERSION, sql_type
from catalogs.separation import separated
from catalogs.storage import Storage
from catalogs.storage.lock import Locked, ProcessLock

OPTIONAL = ("sync",)
"""The stages that a recipe has by default and may go without, by `--set STAGE=none`."""


def take_over(
    files: Storage,
    recipe: Mapping[str, Any],
    fingerprint: str,
    recompute: bool,
    columns: Columns,
    adoptable: Collection[str] = (),
) -> tuple[ProcessLock, Manifest]:
    """The lock of the catalog and its state, made where there was none and repaired. Errors: as `Writer.open`."""
    for folder in (MANIFESTS, *ALWAYS, WORK):
        (files.root / folder).mkdir(parents=True, exist_ok=True)
    lock = _locked(files)
    try:
        found = manifests.newest(files)
        if found is not None:
            manifests.check_version(files, found)
            if not (found.fingerprint == fingerprint or recompute or is_adoptable(found.recipe, recipe, adoptable)):
                raise RecipeMismatch(_mismatch(files, found, recipe, fingerprint))
            _refuse_other_types(files, found, columns)
        manifest = repaired(files, found)
        sweep_work(files)
        if manifest is None:
            manifest = Change(files, Manifest(0, VERSION, fingerprint, normal(recipe), {}), columns).commit()
        elif manifest.fingerprint != fingerprint and recompute:
            manifest = Change(files, manifest).commit((fingerprint, normal(recipe)))
        return lock, _with_killed(files, manifest)
    except BaseException:
        lock.release()
        raise


def _locked(files: Storage) -> ProcessLock:
    try:
        return ProcessLock(files.root / LOCK)
    except Locked as error:
        raise CatalogBusy(
            f"{files.uri()} is being written to by {error.holder}: wait for it to end, or stop it"
        ) from None


def is_adoptable(held: Mapping[str, Any], recipe: Mapping[str, Any], adoptable: Collection[str]) -> bool:
    """Whether two recipes differ in nothing but some of these parameters."""
    return {path for path, _, _ in changes(held, recipe)} <= set(adoptable) and normal(held) != normal(recipe)


def recipes_of(files: Storage, manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """The recipes of a catalog and of its runs, by fingerprint."""
    runs = parts.read_all(files, "runs", manifest.parts("runs"), ["fingerprint", "recipe"])
    known = dict(zip(*(runs[name].to_pylist() for name in ("fingerprint", "recipe")), strict=True))
    return {**{mark: json.loads(text) for mark, text in known.items()}, manifest.fingerprint: manifest.recipe}


def repaired(files: Storage, manifest: Manifest | None) -> Manifest | None:
    """The state of the catalog without what a killed or failed writer left, in files as this version writes them."""
    sweep(files, manifest)
    return manifest and separated(files, manifest)


def _with_killed(files: Storage, manifest: Manifest) -> Manifest:
    """With the status `killed` for runs that are still `running`: who holds the lock knows that none is."""
    held = parts.read_all(files, "runs", manifest.parts("runs"))
    dead = held.filter(pc.equal(held["status"], "running"))
    if not dead.num_rows:
        return manifest
    change = Change(files, manifest)
    change.drop("runs", in_set(dead["run_id"]))
    change.add("runs", [replaced(dead, "status", ["killed"] * dead.num_rows)])
    return change.commit()


def _refuse_other_types(files: Storage, manifest: Manifest, columns: Columns) -> None:
    """SchemaError if the catalog has one of the columns with another type."""
    for table, declared in columns.items():
        held = parts.columns_of(files, table, *manifest.parts(table))
        for field in declared:
            there = held.field(field.name).type if field.name in held.names else field.type
            if sql_type(there) != sql_type(field.type):
                raise SchemaError(
                    f"{files.uri()} has a column {table}.{field.name} of type {sql_type(there)}, and a stage declares "
                    f"it as {sql_type(field.type)}: give the column another name, or choose another catalog folder"
                )


def _mismatch(files: Storage, manifest: Manifest, recipe: Mapping[str, Any], fingerprint: str) -> str:
    lines = differences(manifest.recipe, recipe) or ["nothing that the recipes state: the code or its versions"]
    return (
        f"{files.uri()} was made with recipe {manifest.fingerprint}, this run has {fingerprint}. They differ in:\n"
        + "".join(f"  {line}\n" for line in lines)
        + "Choose another catalog folder, or run again with --recompute: then every clip is worked on again "
        "and replaces what is there." + _going_on(manifest, recipe)
    )


def _going_on(manifest: Manifest, recipe: Mapping[str, Any]) -> str:
    """How a run takes the stages that the catalog has, where it has others for the same label or goes without one."""
    variants = {
        path.removesuffix(".variant"): (before, after)
        for path, before, after in changes(manifest.recipe, recipe)
        if path.endswith(".variant")
    }
    kept = [f"{role}={json.loads(was)}" for role, (was, now) in variants.items() if ABSENT not in (was, now)]
    kept += [f"{role}=none" for role, (was, _) in variants.items() if was == ABSENT and role in OPTIONAL]
    return f" --set {' '.join(kept)} takes the catalog's own stages." if kept else ""
