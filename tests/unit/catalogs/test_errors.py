from __future__ import annotations

import inspect

from catalogs import errors


def test_one_base_catches_them_all() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) > 5
    assert all(issubclass(kind, errors.CatalogError) and kind.__doc__ for kind in kinds)
