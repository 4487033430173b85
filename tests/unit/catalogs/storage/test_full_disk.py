"""A full disk is named, with what to do."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from catalogs.errors import NoSpace
from catalogs.storage.full_disk import named_when_full


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "is full"), (errno.EDQUOT, "(a quota)")])
def test_a_full_disk_is_named_with_what_is_free_and_what_to_do(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(NoSpace) as caught, named_when_full(tmp_path / "not" / "there"):
        raise OSError(number, os.strerror(number))
    said = str(caught.value)
    assert said.startswith(f"{tmp_path}/not/there cannot be written to: the file system at /")
    assert words in said
    assert re.search(r"\d[\d.]* (GB|MB|kB|bytes) of [\d.]+ [GM]B are free", said)
    assert said.endswith("free some space and run the same command again")


def test_other_errors_pass() -> None:
    with pytest.raises(PermissionError), named_when_full("/"):
        raise PermissionError(errno.EACCES, "no")
