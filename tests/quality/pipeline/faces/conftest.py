from __future__ import annotations

from tests.made.training import frozen, pool

__all__ = ["frozen", "pool"]
