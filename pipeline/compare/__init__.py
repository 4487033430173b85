"""The comparison of two catalogs: do they agree about the clips that both have? As text, as JSON, as one HTML file."""

from __future__ import annotations

from pipeline.compare.comparison import Comparison, compare
from pipeline.compare.page import write_comparison
from pipeline.compare.text import comparison_text

__all__ = ["Comparison", "compare", "comparison_text", "write_comparison"]
