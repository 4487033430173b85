from __future__ import annotations

from tests.made.without_ray import catalog, folder, without_ray

__all__ = ["catalog", "folder", "without_ray"]
