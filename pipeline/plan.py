"""The plan of a run in words: stages, parameters, resources, weights with their licences. Does nothing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pipeline.recipe import Recipe


def plan(recipe: Recipe) -> dict[str, Any]:
    """The plan as JSON-ready values."""
    return {
        **recipe.describe(),
        "fingerprint": recipe.fingerprint,
        "resources": {
            stage.name: {"cpus": stage.resources.cpus, "gpus": stage.resources.gpus} for stage in recipe.stages
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
    }


def plan_text(recipe: Recipe) -> str:
    """The plan for a person to read."""
    lines = [
        f"profile {recipe.profile}, recipe {recipe.fingerprint}, decoder {recipe.decoder}, "
        f"clips of at most {recipe.max_seconds:g} s",
        "",
        "stages, in order",
    ]
    for stage in recipe.stages:
        cpus, gpus = stage.resources.cpus, stage.resources.gpus
        share = f"{cpus:g} CPU" + (f", {gpus:g} GPU" if gpus else "")
        lines.append(f"  {stage.name:<9} {share}")
        for field in fields(stage):  # type: ignore[arg-type]
            value = getattr(stage, field.name)
            lines.append(f"      {stage.name}.{field.name}={str(value).lower() if isinstance(value, bool) else value}")
    lines += ["", "weights, all checked by hash"]
    for w in recipe.weights():
        lines.append(f"  {w.name:<22} {w.distribution:<31} {w.licence:<32} {w.purpose}")
    lines += ["", "nothing was done: leave out --plan to run it"]
    return "\n".join(lines)
