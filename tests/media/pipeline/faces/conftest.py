from __future__ import annotations

from tests.made.real_faces import finder, man, random, reading, woman

__all__ = ["finder", "man", "random", "reading", "woman"]
