from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import CatalogError
from catalogs.place import locate


def test_paths_and_file_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate("faces") == tmp_path / "faces"
    assert locate(tmp_path) == tmp_path
    assert locate("file:///data/my%20faces") == Path("/data/my faces")


@pytest.mark.parametrize("uri", ["s3://bucket/faces", "gs://bucket/x", "file://server/share", "memory://x"])
def test_places_without_atomic_rename_are_refused(uri: str) -> None:
    with pytest.raises(CatalogError, match="atomic rename"):
        locate(uri)
