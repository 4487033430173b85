"""Installing: editable, the folder as it is; otherwise a wheel in which all of it lies inside the package `vasari`."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.root import ROOT

ROOMS = ("catalogs", "jobs", "models", "pipeline", "stages")


@pytest.fixture(scope="module")
def backend() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_backend", ROOT / "requirements" / "build_backend.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    made = tmp_path_factory.mktemp("wheel")
    done = pip("wheel", "--wheel-dir", made, ROOT)
    assert done.returncode == 0, done.stderr
    (path,) = made.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed beside packages of somebody else that have the names of the rooms."""
    folder = tmp_path_factory.mktemp("site")
    done = pip("install", "--target", folder, wheel)
    assert done.returncode == 0, done.stderr
    for room in ROOMS:
        (folder / room).mkdir()
        (folder / room / "__init__.py").write_text("OWNER = 'somebody else'\n")
    return folder


def pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    offline = ["--no-deps", "--no-index", *(["--no-build-isolation"] if str(arguments[-1]) == str(ROOT) else [])]
    command = [sys.executable, "-m", "pip", *arguments, *offline]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)


def run(site: Path, folder: Path, *words: str | Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Python in `folder`, with what is installed in `site` before all else."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds)


def test_an_editable_install_finds_the_folder(tmp_path: Path) -> None:
    """Built and installed somewhere else than into the environment of the tests."""
    project = tmp_path / "project"
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements/build_backend.py"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    for room in (*ROOMS, "vasari"):
        (project / room).mkdir()
        (project / room / "__init__.py").touch()
    made = ["--prefix", tmp_path / "made", "--ignore-installed", "--no-build-isolation"]
    done = pip("install", *made, "--editable", project)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "bin" / "vasari").is_file()
    (found,) = (tmp_path / "made").rglob("site-packages")
    code = f"import site; site.addsitedir({str(found)!r}); import catalogs, vasari; print(catalogs.__file__)"
    said = subprocess.run(
        [sys.executable, "-E", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert said.stdout.strip() == str(project / "catalogs" / "__init__.py"), said.stderr


def test_a_source_distribution_is_refused_in_one_sentence(tmp_path: Path) -> None:
    code = f"import build_backend; build_backend.build_sdist({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "requirements", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "error: of vasari there are wheels and the Git repository, no source distribution\n"


OWN = frozenset({"stages", "stages.labels", "stages.labels.gaze", "pipeline", "pipeline.child", "jobs", "jobs.extract"})


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from stages.labels.gaze import Gaze\n", "from vasari.stages.labels.gaze import Gaze\n"),
        ("from stages.labels import (\n    gaze,\n)\n", "from vasari.stages.labels import (\n    gaze,\n)\n"),
        ("def f():\n    import pipeline\n", "def f():\n    import vasari.pipeline as pipeline\n"),
        ("import os, stages.labels as s\n", "import os, vasari.stages.labels as s\n"),
        ("x = 'é'; import jobs\n", "x = 'é'; import vasari.jobs as jobs\n"),
        ("WHERE = 'stages.labels.gaze:Gaze'\n", "WHERE = 'vasari.stages.labels.gaze:Gaze'\n"),
        ('A = ["pipeline.child", 1]\n', 'A = ["vasari.pipeline.child", 1]\n'),
        ('"""python jobs/train_faces.py, jobs/extract.py"""\n', '"""vasari train-faces, vasari extract"""\n'),
        ("print(f'python jobs/query.py --catalog {uri}')\n", "print(f'vasari query --catalog {uri}')\n"),
        (
            '"""Of stages.labels.gaze and from stages of it."""\n',
            '"""Of stages.labels.gaze and from stages of it."""\n',
        ),
        ("from . import stages\nimport stagecraft\n", "from . import stages\nimport stagecraft\n"),
        ("KIND = 'stages.unknown'[:3]\nfrom vasari.x import y\n", None),
        ("import pipeline.child\n", None),
        ("CODE = 'from pipeline.child import serve; serve()'\n", None),
        ("def f(n):\n    return f'stages.labels.{n}:Gaze'\n", None),
        ("def f(n):\n    return f'stages.labels.{n}'\n", None),
    ],
)
def test_a_module_in_the_wheel_names_ours_inside_the_package(
    backend: ModuleType, source: str, wanted: str | None
) -> None:
    if wanted is None:
        with pytest.raises(ValueError, match=r"^a\.py:\d: "):
            backend.moved(source, OWN, "a.py")
    else:
        assert backend.moved(source, OWN, "a.py") == wanted


def test_the_wheel_holds_every_module_and_its_data_inside_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        texts = {name: archive.read(name).decode() for name in names if name.endswith(".py")}
    kept = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    data = {path for path in tracked() if path.startswith(tuple(f"{r}/" for r in ROOMS)) and not path.endswith(".py")}
    assert {f"vasari/{path}" for path in kept | data} <= names
    assert all(name.startswith("vasari/") for name in names)
    for name, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).partition(".")[0] not in ROOMS, name
            elif isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & set(ROOMS), name


def tracked() -> list[str]:
    asked = ["git", "-C", str(ROOT), "ls-files"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no Git checkout")
    return done.stdout.splitlines()


def test_the_names_of_the_rooms_stay_those_of_others(site: Path, tmp_path: Path) -> None:
    code = "import vasari.command, vasari.pipeline.child, models, jobs; print(models.OWNER, jobs.OWNER)"
    done = run(site, tmp_path, "-c", code)
    assert done.stdout == "somebody else somebody else\n", done.stderr


def test_the_command_says_its_own_next_steps(site: Path, tmp_path: Path) -> None:
    done = run(site, tmp_path, "-m", "vasari", "query", "--catalog", "nothing")
    assert done.returncode == 2
    assert f"make one with vasari extract --input FOLDER --catalog {tmp_path / 'nothing'}" in done.stderr
    shown = run(site, tmp_path, "-m", "vasari", "extract", "--help").stdout
    assert shown.startswith("usage: vasari extract [-h] [OPTIONS]")
    assert "jobs/" not in shown


@pytest.mark.slow
@pytest.mark.ray
def test_what_is_installed_labels_extracts_and_answers(site: Path, samples: Path, tmp_path: Path) -> None:
    """In a folder of its own, beside packages of others that have the rooms' names; Ray's workers and children too."""
    clip = samples / "talking_man.mp4"
    code = (
        "import json, sys, vasari\n"
        f"(clip,) = vasari.label({str(clip)!r}, progress=False)\n"
        "print(json.dumps([vasari.__file__, clip.labels['clip_id'], clip.labels['quality'], clip.crops.shape[1:]]))\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in "
        f"{ROOMS}))\n"
    )
    labelled = run(site, tmp_path, "-c", code)
    assert labelled.returncode == 0, labelled.stderr
    made, others = labelled.stdout.splitlines()
    assert others == "[]"
    place, clip_id, quality, size = json.loads(made)
    assert place == str(site / "vasari" / "__init__.py")
    assert size == [256, 256, 3]
    extracted = run(site, tmp_path, "-m", "vasari", "extract", "--input", clip, "--catalog", "catalog", seconds=300)
    assert extracted.returncode == 0, extracted.stderr
    assert f"vasari query --catalog {tmp_path / 'catalog'} " in extracted.stdout
    sql = "select clip_id, quality, command from clips join runs using (run_id)"
    asked = run(site, tmp_path, "-m", "vasari", "query", "--catalog", "catalog", "--json", sql)
    assert json.loads(asked.stdout) == {
        "clip_id": clip_id,
        "quality": pytest.approx(quality, rel=1e-6),
        "command": f"vasari extract --input {clip} --catalog catalog",
    }
