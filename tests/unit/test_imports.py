"""The import rule of the rooms, held by reading every file's imports.

vasari -> all of them; jobs -> pipeline, catalogs; pipeline -> stages, models, catalogs; stages -> models; models and
catalogs -> nothing of ours. Ray lives in pipeline/ alone. No stage imports another stage.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.root import ROOT

MAY_IMPORT = {
    "vasari": {"jobs", "pipeline", "stages", "models", "catalogs"},
    "jobs": {"pipeline", "catalogs"},
    "pipeline": {"stages", "models", "catalogs"},
    "stages": {"models"},
    "models": set(),
    "catalogs": set(),
}
OURS = {*MAY_IMPORT, "tests", "benchmarks"}
SHARED_BY_STAGES = ("clip", "observations", "networks", "batched", "video.", "tracking.", "labels.")
"""Where in stages/ lies what stages share; pictures for the report (preview/) may look at a stage."""
CONTRACT = ("clip", "observations", "networks", "batched", "columns")
MAY_BE_IN_THE_CONTRACT = (*CONTRACT, "video.header", "video.reader")
"""What of stages/ the contract itself may import: what a clip is made of, and nothing that looks at one."""


@cache
def imported(source: str, module: str) -> set[str]:
    """Full names of the modules that `source`, the text of `module` (a.b), imports anywhere, also in functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module) if part)
            # "from stages.labels import gaze" imports a module, "from stages.labels.gaze import Gaze" a name of one
            folder = start.split(".")[0] in OURS and (ROOT / start.replace(".", "/")).is_dir()
            names.update(f"{start}.{alias.name}" if folder else start for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            names.update(arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
    return names


def faults(source: str, module: str) -> list[str]:
    """What `source`, the text of `module`, imports against the rule; one line each."""
    room, _, rest = module.partition(".")
    found = []
    for name in sorted(imported(source, module)):
        top, _, inner = name.partition(".")
        if top == "ray" and room != "pipeline":
            found.append(f"{module} imports {name}: Ray lives in pipeline/ alone")
        elif top in OURS and top != room and top not in MAY_IMPORT[room]:
            found.append(
                f"{module} imports {name}: {room} may import {', '.join(sorted(MAY_IMPORT[room])) or 'nothing'}"
            )
        elif room == top == "stages" and _is_stage(inner) and _is_stage(rest):
            found.append(f"{module} imports {name}: a stage knows no other stage")
        elif room == top == "stages" and _is_stage(inner) and rest.startswith(SHARED_BY_STAGES):
            found.append(f"{module} imports {name}: what stages share knows no stage")
    return found


@cache
def stages() -> set[str]:
    """Modules of stages/ that hold a stage: a class that says its `name` and `version`, by which recipes find it."""
    found = set()
    for module, path in modules():
        for node in ast.parse(path.read_text()).body if module.startswith("stages.") else []:
            if isinstance(node, ast.ClassDef):
                named = {getattr(n.target, "id", "") for n in node.body if isinstance(n, ast.AnnAssign) and n.value}
                if {"name", "version"} <= named:
                    found.add(module.removeprefix("stages."))
    return found


def _is_stage(inner: str) -> bool:
    """Whether a name below stages. is a module that holds a stage, or is inside one."""
    return any(inner == each or inner.startswith(f"{each}.") for each in stages())


def room(module: str) -> str:
    """The room a module of pipeline/ lies in: its folder, or itself where it lies in none."""
    folder = module.rpartition(".")[0]
    return module if folder == "pipeline" or (ROOT / module.replace(".", "/")).is_dir() else folder


def circles(arrows: dict[str, set[str]]) -> set[str]:
    """What can be reached from itself."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            new = arrows.get(todo.pop(), set()) - found
            found |= new
            todo += new
        return found

    return {each for each in arrows if each in reached(each)}


def modules() -> list[tuple[str, Path]]:
    """(name, file) of every module of the rooms."""
    paths = [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]
    return [(".".join(path.relative_to(ROOT).with_suffix("").parts), path) for path in paths]


def test_every_file_keeps_the_rule() -> None:
    assert [fault for name, path in modules() for fault in faults(path.read_text(), name)] == []


def test_every_room_was_read() -> None:
    rooms = [name.split(".")[0] for name, _ in modules()]
    assert all(rooms.count(room) >= 3 for room in MAY_IMPORT)
    assert "ray" in {name.split(".")[0] for module, path in modules() for name in imported(path.read_text(), module)}


def test_stages_are_found() -> None:
    assert {"labels.gaze", "labels.hyperiqa", "tracking.track", "tracking.screen", "labels.probe"} <= stages()
    assert not {"clip", "batched", "labels.gaze_directions", "video.reader"} & stages()


def test_the_contract_of_the_stages_imports_none_of_what_keeps_it() -> None:
    for module in CONTRACT:
        source = (ROOT / "stages" / f"{module}.py").read_text()
        ours = {name for name in imported(source, f"stages.{module}") if name.startswith("stages.")}
        assert ours <= {f"stages.{name}" for name in MAY_BE_IN_THE_CONTRACT}, module


def test_no_file_imports_in_a_circle() -> None:
    names = {name.removesuffix(".__init__") for name, _ in modules()}
    arrows = {
        module: {module_of(name, names) for name in imported(path.read_text(), module)} - {None, module}
        for module, path in modules()
    }
    assert circles(arrows) == set()  # type: ignore[arg-type]


def test_no_rooms_of_the_pipeline_import_in_a_circle() -> None:
    names = {name.removesuffix(".__init__") for name, _ in modules()}
    arrows: dict[str, set[str]] = {}
    for module, path in modules():
        if module.startswith("pipeline."):
            here = room(module.removesuffix(".__init__"))
            found = {module_of(name, names) for name in imported(path.read_text(), module)}
            there = {room(name) for name in found if name is not None and name.startswith("pipeline.")}
            arrows.setdefault(here, set()).update(there - {here})
    assert circles(arrows) == set()


def module_of(name: str, names: set[str]) -> str | None:
    """The module among `names` that an imported name is or is in; what a folder's __init__ offers counts as it."""
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name or None


def test_a_circle_is_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("jobs.extract", "from stages.tracking.track import FaceTrack", "jobs may import catalogs, pipeline"),
        ("jobs.extract", "import models", "jobs may import catalogs, pipeline"),
        ("pipeline.child", "import jobs.extract", "pipeline may import catalogs, models, stages"),
        ("pipeline.child", "from tests.root import ROOT", "pipeline may import"),
        ("stages.tracking.track", "import catalogs.schema as schema", "stages may import models"),
        ("stages.tracking.track", "from pipeline import extraction", "stages may import models"),
        ("models.landmarks.iris", "from stages.clip import FPS", "models may import nothing"),
        ("catalogs.view", "def f():\n    from models.landmarks import iris", "catalogs may import nothing"),
        (
            "catalogs.view",
            "if TYPE_CHECKING:\n    from pipeline.extraction.clip_runner import ClipRunner",
            "catalogs may import nothing",
        ),
        ("catalogs.view", "import importlib\nimportlib.import_module('stages.clip')", "catalogs may import nothing"),
        ("stages.tracking.track", "import ray", "Ray lives in pipeline/ alone"),
        ("jobs.extract", "from ray.data import Dataset", "Ray lives in pipeline/ alone"),
        ("stages.labels.emotion", "from stages.labels.gaze import to_angles", "a stage knows no other stage"),
        ("stages.labels.emotion", "from stages.labels import gaze", "a stage knows no other stage"),
        ("stages.labels.emotion", "from .gaze import to_angles", "a stage knows no other stage"),
        ("stages.labels.emotion", "from . import gaze", "a stage knows no other stage"),
        ("stages.video.reader", "from stages.tracking.track import FaceTrack", "what stages share knows no stage"),
    ],
)
def test_the_rule_sees_what_breaks_it(module: str, source: str, fault: str) -> None:
    (found,) = faults(source, module)
    assert found.startswith(f"{module} imports ")
    assert fault in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("jobs.extract", "from pipeline.extraction.run import extract\nimport catalogs"),
        (
            "pipeline.extraction.span_worker",
            "import ray\nfrom ray.util import queue\nfrom stages.clip import Clip\nimport models.landmarks.iris",
        ),
        (
            "stages.labels.gaze",
            "from models.landmarks.iris import Iris\nfrom stages.clip import Clip\nfrom stages.video import pyav",
        ),
        ("stages.preview.contact_sheet", "from stages.labels.gaze import to_vectors"),
        (
            "models.landmarks.iris",
            "from models.runtime.image import cut\nimport numpy.ray\nimport rays\nfrom stagecraft import models",
        ),
        ("catalogs.view", "from catalogs import parts\nfrom . import schema"),
    ],
)
def test_the_rule_lets_pass_what_is_allowed(module: str, source: str) -> None:
    assert faults(source, module) == []
