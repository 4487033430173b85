"""Whether a recipe may be used commercially, and how to change it if not."""

from __future__ import annotations

from models.weights.registry import weights
from pipeline.errors import RecipeError
from pipeline.extraction.recipe import Recipe
from pipeline.extraction.variants import roles, stage, variant_of


def refuse_noncommercial(recipe: Recipe) -> None:
    """RecipeError naming every stage whose weights forbid commercial use, their licence, and what could replace it."""
    lines = []
    for each in recipe.stages:
        for entry in map(weights, each.weights):
            if not entry.commercial:
                lines.append(f"  {each.name} ({entry.name}: {entry.licence}); {_way_out(each.name, variant_of(each))}")
    if lines:
        raise RecipeError(
            f"profile {recipe.profile} with --commercial: these weights forbid commercial use\n" + "\n".join(lines)
        )


def _way_out(role: str, now: str) -> str:
    """The setting that exchanges a stage for one whose weights may be used commercially."""
    if role in ("screen", "track"):
        return f"use --set {role}.detector=blazeface"
    free = [
        variant
        for variant in (each.name for each in roles().get(role, ()))
        if variant != now and all(weights(name).commercial for name in stage(role, variant).weights)
    ]
    return f"use --set {role}={free[0]}" if free else "no other stage can replace it"
