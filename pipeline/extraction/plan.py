"""The plan of a run in words: stages, parameters, resources, weights with their licences. Does nothing."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import pyarrow as pa

from catalogs.schema import sql_type
from pipeline.extraction.outlook import Outlook, outlook_text
from pipeline.extraction.recipe import Recipe, columns_of
from pipeline.extraction.throughput import Supply, Table, read_table, supply
from pipeline.extraction.variants import variant_of
from stages.clip import Stage
from stages.networks import NetworkStage


def plan(recipe: Recipe, ahead: Outlook | None = None) -> dict[str, Any]:
    """The plan as JSON-ready values. ahead: what there is to do, as `inputs`."""
    needed = cores_per_gpu(recipe)
    return {
        **({} if ahead is None else {"inputs": ahead.describe()}),
        **recipe.describe(),
        "fingerprint": recipe.fingerprint,
        "left_out": dict(recipe.left_out),
        "resources": {
            stage.name: {"cpus": stage.resources.cpus, "gpus": stage.resources.gpus} for stage in recipe.stages
        },
        "networks": {
            network.name: {
                "variant": network.variant,
                "cpus": network.resources.cpus,
                "gpus": network.resources.gpus,
                "batch": network.batch,
            }
            for network in recipe.networks()
        },
        "columns": {
            name: {
                table: {field.name: _meaning(field) for field in schema} for table, schema in added.items() if schema
            }
            for name, added in ((stage.name, _added(stage)) for stage in recipe.stages)
            if any(added.values())
        },
        "weights": [
            {
                "name": w.name,
                "package": w.distribution,
                "file": w.file,
                "sha256": w.sha256,
                "licence": w.licence,
                "commercial": w.commercial,
                "purpose": w.purpose,
            }
            for w in recipe.weights()
        ],
        "cores_per_gpu": needed.describe() if needed else None,
    }


def cores_per_gpu(recipe: Recipe, table: Table | None = None) -> Supply | None:
    """What the networks of `recipe` label on a GPU and how many CPU cores keep it busy, by the benchmark's figures.

    Where no GPU was measured the figures are those of a CPU core. None for a recipe without networks, or whose
    networks were never measured. table: by default pipeline/extraction/throughput.json.
    """
    return supply(recipe, read_table() if table is None else table)


def cores_line(recipe: Recipe, table: Table | None = None) -> str:
    """`cores_per_gpu` in words; empty for a recipe without networks."""
    if not recipe.networks():
        return ""
    found = cores_per_gpu(recipe, table)
    if found is None:
        return "how fast these networks are was not measured: python benchmarks/labellers.py --write"
    without = f"; without {', '.join(found.unmeasured)}: not measured" if found.unmeasured else ""
    if found.device == "gpu":
        return (
            f"one GPU ({found.name}, measured {found.date}) labels {_speed(found.labelled)} video s/s and needs about "
            f"{math.ceil(found.cores)} CPU cores that decode and track at "
            f"{_speed(found.prepared)} video s/s each{without}"
        )
    return (
        f"no GPU was measured; on a CPU core ({found.name}, measured {found.date}) the networks label "
        f"{_speed(found.labelled)} video s/s: about {_speed(1 / found.cores)} cores of networks for each that decodes "
        f"and tracks at {_speed(found.prepared)} video s/s{without}"
    )


def plan_text(recipe: Recipe, ahead: Outlook | None = None) -> str:
    """The plan for a person to read. ahead: what there is to do, at its end."""
    lines = [
        f"profile {recipe.profile}, recipe {recipe.fingerprint}, decoder {recipe.decoder}, "
        f"clips of at most {recipe.max_seconds:g} s",
        "",
        "stages, in order",
    ]
    for stage in recipe.stages:
        variant = f"{stage.name}={variant_of(stage)}"
        lines.append(f"  {variant:<17} {_share(stage)}")
        for field in fields(stage):  # type: ignore[arg-type]
            value = getattr(stage, field.name)
            lines.append(f"      {stage.name}.{field.name}={str(value).lower() if isinstance(value, bool) else value}")
        for table, schema in _added(stage).items():
            lines += [f"      adds {table}.{field.name}: {', '.join(_meaning(field).values())}" for field in schema]
    left_out = [f"left out: {role}, since {why}" for role, why in recipe.left_out.items()]
    lines += ["", *left_out] if left_out else []
    lines += ["", "weights, all checked by hash"]
    for w in recipe.weights():
        commercial = "commercial use allowed" if w.commercial else "no commercial use"
        lines += [f"  {w.name:<22} {w.purpose}", f"      {w.licence}; {commercial}; {w.state}, from {w.distribution}"]
    cores = cores_line(recipe)
    lines += ["", cores] if cores else []
    lines += ["", *outlook_text(ahead)] if ahead else []
    lines += ["", "nothing was done: leave out --plan to run it"]
    return "\n".join(lines)


def _added(stage: Stage) -> dict[str, pa.Schema]:
    """By table, the columns that a stage adds to those that every catalog has."""
    return columns_of([stage])


def _meaning(field: pa.Field) -> dict[str, str]:
    """A column's type in SQL, its unit and what it means."""
    said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {"type": sql_type(field.type), "unit": said["unit"], "about": said["about"]}


def _share(stage: Stage) -> str:
    """What a stage asks for, in words; a network that others ask too is named."""
    shares = [f"{stage.resources.cpus:g} CPU"]
    if stage.resources.gpus:
        shares.append(f"{stage.resources.gpus:g} GPU")
    elif isinstance(stage, NetworkStage):
        shares += [f"{n.resources.gpus:g} GPU ({n.name}={n.variant}, shared)" for n in stage.networks]
    return ", ".join(shares)


def _speed(value: float) -> str:
    """Two digits that matter, the whole part in full."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
