from __future__ import annotations

from tests.made.photographs import clouds, finder, man, man_landmarks, mesh, woman, woman_landmarks

__all__ = ["clouds", "finder", "man", "man_landmarks", "mesh", "woman", "woman_landmarks"]
