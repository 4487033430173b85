"""Which paths and URIs are addresses of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import BadPlace
from catalogs.storage import local_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:/data/a", "/data/a"),
        ("FILE:///data/a", "/data/a"),
        ("file://localhost/data/a%20b%25c", "/data/a b%c"),
        ("file:///caf%E9", "/caf\udce9"),
        ("/data/a%20b", "/data/a%20b"),
        ("/data/s3://odd", "/data/s3:/odd"),
        ("./s3:/odd", "s3:/odd"),
        ("12:30.html", "12:30.html"),
        ("~/a", "HOME/a"),
    ],
)
def test_the_path_that_is_named(uri: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path(uri) == tmp_path / path.replace("HOME", str(Path.home()))


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("s3://bucket/a", "is no path of this machine.*copy from or to s3:"),
        ("s3:/bucket/a", "copy from or to s3:"),
        ("https://host/a", "copy from or to https:"),
        ("simplecache::s3://bucket/a", "is no path of this machine"),
        ("file://server/a", "names the machine server"),
        ("file://a.html", "names the machine a.html.*file:///PATH"),
        ("file:a.html", "names no file of this machine"),
        ("file:///a#b", "%23"),
        ("file:///a?b", "%3F"),
        ("file:///a%00b", "names no file"),
        ("file:///C:/a", "names no file"),
        ("C:\\a", "Windows path"),
        ("c:/a", "Windows path"),
        ("\\\\server\\a", "Windows path"),
        ("", "names no place"),
        ("a\0b", "names no place"),
    ],
)
def test_what_is_no_path_of_this_machine(uri: str, says: str) -> None:
    with pytest.raises(BadPlace, match=says):
        local_path(uri)
