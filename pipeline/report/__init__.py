"""The report of a catalog: one HTML file with everything inside, made from the catalog alone."""

from __future__ import annotations

from pipeline.report.page import write_report

__all__ = ["write_report"]
