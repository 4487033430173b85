"""What flows may raise for a person to act on; every message names the thing at fault, the cause and the next step."""

from __future__ import annotations


class UsageError(RuntimeError):
    """A wrong argument: what was asked for cannot be done as it was asked."""


class InputError(ValueError):
    """An input that cannot be listed."""


class RecipeError(ValueError):
    """A profile, stage or parameter that does not exist or does not fit; lists those that do."""


class RunError(RuntimeError):
    """A run that could not finish."""
