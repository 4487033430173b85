"""Tables, commits and queries of a catalog: `Writer` writes it, `open` and `query` read it with DuckDB."""

from __future__ import annotations

from catalogs.view import open, query
from catalogs.writer import Writer

__all__ = ["Writer", "open", "query"]
