from __future__ import annotations

from tests.made.tiny_model import pictures, tiny

__all__ = ["pictures", "tiny"]
