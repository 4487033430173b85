"""Stages from outside the project, `--stage MODULE:CLASS`: all that can be wrong with one is told before a run."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import pyarrow as pa

from catalogs.schema import schema_of, sql_type
from models.weights.registry import weights
from pipeline.errors import RecipeError
from pipeline.extraction.variants import roles
from stages.clip import Resources, Stage

_HOW = "docs/extend.md shows a whole stage"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NEEDED = ("name", "version", "columns", "open")
_USUAL = ("arrays", "resources", "weights")
_TAKEN = ("survey", "recipe")
_HALVES = pa.list_(pa.float16())


def added_stages(texts: Sequence[str]) -> tuple[Stage, ...]:
    """The stages of `--stage MODULE:CLASS`, with their default parameters, in this order.

    Modules are looked for where Python does, then in the current folder. RecipeError says what is wrong with one, and
    what to do.
    """
    found: list[Stage] = []
    for text in texts:
        found.append(_stage(text, found))
    return tuple(found)


def _stage(text: str, before: Sequence[Stage]) -> Stage:
    module, colon, name = text.partition(":")
    if not (colon and module and name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise RecipeError(f"--stage {text}: expected MODULE:CLASS, for example my_module:Brightness of ./my_module.py")
    kind = _class(text, _module(text, module), name)
    faults = list(_faults_of_class(kind))
    if faults:
        raise RecipeError(f"--stage {text}: {'; '.join(faults)}. {_HOW}")
    try:
        stage: Stage = kind()
    except Exception as error:
        raise RecipeError(
            f"--stage {text}: its parameters need default values that it takes ({said(error)})"
        ) from error
    faults = [*_faults_of_names(stage, before), *_faults_of_columns(stage, before)]
    if faults:
        raise RecipeError(f"--stage {text}: {'; '.join(faults)}")
    return stage


def _module(text: str, name: str) -> ModuleType:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if here not in given:  # actors are told where to look by it (pipeline/program.py)
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in (*given, here) if path)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise RecipeError(
                f"--stage {text}: there is no module {error.name} in {here} or on PYTHONPATH: run it from the folder "
                f"that has {name.replace('.', '/')}.py, or set PYTHONPATH to that folder"
            ) from error
        raise RecipeError(f"--stage {text}: {name} imports {error.name}, which is not installed") from error
    except (Exception, SystemExit) as error:
        raise RecipeError(f"--stage {text}: importing {name} ended in {said(error)}{line_of(error)}") from error


def _class(text: str, module: ModuleType, name: str) -> Any:
    kind = getattr(module, name, None)
    if inspect.isclass(kind):
        return kind
    there = [each for each, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    classes = [each for each in there if inspect.isclass(getattr(module, each))]
    listed = f"its classes are: {', '.join(classes)}" if classes else "it has no class of its own"
    what = f"{name} of {module.__name__} is no class" if kind is not None else f"{module.__name__} has no {name}"
    raise RecipeError(f"--stage {text}: {what} ({getattr(module, '__file__', 'built in')}); {listed}")


def _faults_of_class(kind: Any) -> Iterator[str]:
    """What keeps a class from being a stage, whatever its values are."""
    if not is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[union-attr]
        yield f"{kind.__name__} is no frozen dataclass: write @dataclass(frozen=True) above it"
    missing = [name for name in _NEEDED if not hasattr(kind, name)]
    if missing:
        yield f"{kind.__name__} has no {', no '.join(missing)}"
    if getattr(kind, "open", None) is Stage.open:
        yield f"{kind.__name__} has no open: write def open(self), which returns the function that takes each clip"
    usual = [name for name in _USUAL if not hasattr(kind, name)]
    if usual:
        yield f"{kind.__name__} has no {', no '.join(usual)}: derive it from vasari.Stage, which has them"
    if is_dataclass(kind):
        own = {field.name for field in fields(kind)} & {*_NEEDED, *_USUAL, "after", "variant"}
        if own:
            yield f"{', '.join(sorted(own))} must be no parameter: annotate it with ClassVar[...]"


def _faults_of_names(stage: Stage, before: Sequence[Stage]) -> Iterator[str]:
    name = stage.name
    taken = {*roles(), *_TAKEN, *(each.name for each in before)}
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        yield f"its name {name!r} must be small letters, digits and _, for example brightness"
    elif name in taken:
        yield f"there is a stage {name} already: give it another name"
    if not isinstance(stage.version, int) or stage.version < 1:
        yield f"its version must be a whole number from 1, not {stage.version!r}"
    if not callable(stage.open):
        yield "its open must be a method that returns the function which is called with each clip"
    if not isinstance(stage.resources, Resources):
        yield "its resources must be a vasari.Resources"
    after = getattr(stage, "after", ())
    if not (isinstance(after, tuple) and all(isinstance(each, str) for each in after)):
        yield f'its after must be a tuple of names of stages, for example ("track",), not {after!r}'
    else:
        there = [*roles(), *(each.name for each in before)]
        unknown = [each for each in after if each not in there]
        if unknown:
            yield f"there is no stage {', '.join(unknown)} that it could come after; there are: {', '.join(there)}"
    for entry in stage.weights:
        try:
            weights(entry)
        except (KeyError, ValueError, TypeError) as error:
            yield f"its weights {entry!r} are none of the registry (jobs/weights.py list): {said(error)}"


def _faults_of_columns(stage: Stage, before: Sequence[Stage]) -> Iterator[str]:
    for attribute, table in (("columns", "clips"), ("arrays", "latents")):
        schema = getattr(stage, attribute)
        if not isinstance(schema, pa.Schema):
            yield f"its {attribute} must be a pyarrow.schema([...]) of columns (vasari.column)"
            continue
        owners = {name.lower(): "every catalog" for name in schema_of(table).names}
        owners |= {name.lower(): f"stage {each.name}" for each in before for name in getattr(each, attribute).names}
        for at, field in enumerate(schema):
            if field.name.lower() in (name.lower() for name in schema.names[:at]):
                yield f"it declares the column {field.name} twice"
            yield from _faults_of_column(field, attribute, owners.get(field.name.lower()))


def _faults_of_column(field: pa.Field, attribute: str, owner: str | None) -> Iterator[str]:
    where = f"its column {field.name}" if attribute == "columns" else f"its array {field.name}"
    if owner is not None:
        yield f"{where} has the name of one that {owner} has: give it another name"
    if not _NAME.fullmatch(field.name.lower()):
        yield f"{where} must have a name of letters, digits and _"
    words = field.metadata or {}
    how = "column(name, type, unit, about)" if attribute == "columns" else "per_frame(name, unit, about)"
    if not (words.get(b"unit") and words.get(b"about")):
        yield f"{where} does not say its unit and what it means: make it with vasari.{how}"
    if attribute == "arrays" and (field.type != _HALVES or words.get(b"per") != b"frame"):
        yield f"{where} is no array [T, D] of a clip: make it with vasari.{how}"
    elif not _can_be_held(field.type):
        yield (
            f"{where} is of type {field.type}, which a catalog does not hold; it holds string, binary, bool_, int32, "
            'int64, float32, float64, timestamp("us"), and lists, structs and maps of these'
        )


def _can_be_held(kind: pa.DataType) -> bool:
    try:
        sql_type(kind)
    except KeyError:
        return False
    return not pa.types.is_float16(kind)


def said(error: BaseException) -> str:
    """An error's type and the first line of its message."""
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")


def line_of(error: BaseException, stage: Stage | None = None) -> str:
    """Where an error came from: the innermost line, in the file of `stage` if one is given."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}, line {error.lineno})"
    file = None if stage is None else getattr(sys.modules[type(stage).__module__], "__file__", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file in (None, frame.filename)]
    frames = [frame for frame in frames if "importlib" not in frame.filename]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
