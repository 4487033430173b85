"""What may be raised for a person to act on; every message names the thing at fault, the cause and the next step."""

from __future__ import annotations

from catalogs.errors import (
    BadPlace,
    CatalogBusy,
    CatalogDamaged,
    CatalogError,
    NoCatalog,
    NoFrames,
    NoStatistics,
    NoWindows,
    VersionMismatch,
)
from models.weights.registry import WeightsMissing
from pipeline.errors import InputError, RecipeError, RunError, UsageError

__all__ = [
    "BadPlace",
    "CatalogBusy",
    "CatalogDamaged",
    "CatalogError",
    "InputError",
    "NoCatalog",
    "NoFrames",
    "NoStatistics",
    "NoWindows",
    "RecipeError",
    "RunError",
    "UsageError",
    "VersionMismatch",
    "WeightsMissing",
]
