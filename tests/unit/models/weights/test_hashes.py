"""Hashes against those that sha256sum and git print."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from models.weights.hashes import combined, digest

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_s_hashes_and_size(tmp_path: Path) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(b"abc")
    found = digest(path)
    assert (found.sha256, found.size) == (ABC, 3)
    assert found.git_blob == "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
def test_the_blob_id_is_git_s(tmp_path: Path, size: int) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(bytes(size))
    told = subprocess.run(["git", "hash-object", "--no-filters", path], capture_output=True, text=True, check=True)
    assert digest(path).git_blob == told.stdout.strip()


def test_several_files_have_the_hash_of_sha256sum_s_lines(tmp_path: Path) -> None:
    for name in ("b.bin", "a.bin"):
        (tmp_path / name).write_text(name)
    hashes = {name: digest(tmp_path / name).sha256 for name in ("b.bin", "a.bin")}
    lines = subprocess.run(["sha256sum", "a.bin", "b.bin"], cwd=tmp_path, capture_output=True, check=True).stdout
    (tmp_path / "lines").write_bytes(lines)
    assert combined(hashes) == digest(tmp_path / "lines").sha256
    assert combined({"a.bin": ABC}) == ABC
