"""Installing: for work in the folder, and in no other way."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the build reads of this project, with empty packages."""
    folder = tmp_path / "project"
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements/editable_only.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for package in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]:
        made = folder.joinpath(*package.split("."))
        made.mkdir(parents=True)
        (made / "__init__.py").touch()
    return folder


def pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", *arguments, "--no-build-isolation", "--no-deps", "--no-index"]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", ["install", "wheel"])
def test_a_plain_install_and_a_wheel_are_refused_in_one_sentence(command: str, project: Path, tmp_path: Path) -> None:
    place = "--target" if command == "install" else "--wheel-dir"
    done = pip(command, place, tmp_path / "made", project)
    assert done.returncode != 0
    said = [line.strip() for line in done.stderr.splitlines() if "vasari" in line]
    assert said == ["error: vasari is run from its own folder and not installed as a package: run `make demo` there"]
    assert not list(tmp_path.glob("made/*"))


def test_a_source_distribution_is_refused(project: Path, tmp_path: Path) -> None:
    code = f"import editable_only; editable_only.build_sdist({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project / "requirements", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: vasari is run from its own folder")
    assert not list(tmp_path.glob("*.tar.gz"))


def test_an_editable_install_builds_and_finds_the_folder(project: Path, tmp_path: Path) -> None:
    done = pip("install", "--prefix", tmp_path / "made", "--ignore-installed", "--editable", project)
    assert done.returncode == 0, done.stderr
    (site,) = (tmp_path / "made").rglob("site-packages")
    code = f"import site; site.addsitedir({str(site)!r}); import catalogs; print(catalogs.__file__)"
    found = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert found.stdout.strip() == str(project / "catalogs" / "__init__.py"), found.stderr
