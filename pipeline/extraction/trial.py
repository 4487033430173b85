"""A stage from outside the project, tried once before a run on a short clip: what it answers must fit its words."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from catalogs.errors import SchemaError
from catalogs.schema import fit
from pipeline.child import Child, ChildCrashed, ChildError, ChildTimeout
from pipeline.demo.footage import PACKAGE, SamplesError, package_folder
from pipeline.errors import RecipeError
from pipeline.extraction.added import line_of, said
from pipeline.extraction.clip_runner import opened
from pipeline.extraction.finite import NotFinite, check_finite
from pipeline.extraction.variants import before, chosen_variant, in_order, stage
from stages.clip import AUDIO_RATE, Clip, Reject, Stage
from stages.video.pyav import read_header
from stages.video.reader import read

_VIDEO = "single_face.mp4"
_SECONDS = 2.0
_LIMIT = 300.0


def try_stages(stages: Sequence[Stage]) -> None:
    """Run each of these on a short clip of a man's face with made sound, after the stages that it comes after.

    In a process of its own, as in a run. RecipeError says what did not fit. Where the clip is not there, that is said
    on stderr, and they are not tried.
    """
    if not stages:
        return
    try:
        path = str(package_folder() / _VIDEO)
    except SamplesError:
        print(f"--stage is not tried before the run: the clip comes with {PACKAGE}", file=sys.stderr, flush=True)
        return
    child = Child()
    try:
        fault = child.call("pipeline.extraction.trial:fault_of", tuple(stages), path, seconds=_LIMIT)
    except (ChildCrashed, ChildError, ChildTimeout) as error:
        fault = (
            f"{', '.join(map(_where, stages))}: trying them on a clip of {_SECONDS:g} s {str(error).splitlines()[0]}"
        )
    finally:
        child.close()
    if fault is not None:
        raise RecipeError(f"--stage {fault}")


def fault_of(stages: Sequence[Stage], path: str) -> str | None:
    """What is wrong with the first of the stages that does not do what it says; None if all do."""
    cv2.setNumThreads(1)
    after = {each.name: getattr(each, "after", None) for each in stages}
    known = {each.name: each for each in stages}
    roles = before(None if None in after.values() else {name for names in after.values() for name in names or ()})
    clip = _clip(path)
    for role in roles:
        clip = _accepted(opened(stage(role, chosen_variant(role, "open")), None)(clip))
    for name in in_order(after):
        where = _where(known[name])
        try:
            outcome = opened(known[name], None)(clip)
        except Exception as error:
            return f"{where}: trying it on a clip of {_SECONDS:g} s ended in {said(error)}{line_of(error, known[name])}"
        if not isinstance(outcome, Clip | Reject):
            what = "nothing" if outcome is None else f"a {type(outcome).__name__}"
            return f"{where}: it returned {what}: it must return a Clip, as clip.add(...) does, or a Reject"
        fault = _misfit(known[name], clip, _accepted(outcome))
        if fault is not None:
            return f"{where}: {fault}"
        clip = _accepted(outcome)
    return None


def _where(stage: Stage) -> str:
    return f"{type(stage).__module__}:{type(stage).__name__}"


def _clip(path: str) -> Clip:
    header = read_header(path)
    end = min(_SECONDS, header.duration)
    sound = np.random.default_rng(0).normal(0, 0.1, round(end * AUDIO_RATE)).astype(np.float32)
    return Clip(path, header, 0.0, end, read(path, header, 0.0, end), sound)


def _accepted(outcome: Clip | Reject) -> Clip:
    return outcome.clip if isinstance(outcome, Reject) else outcome


def _misfit(stage: Stage, clip: Clip, found: Clip) -> str | None:
    """How what a stage added to a clip differs from what it declares."""
    try:
        check_finite(clip, found)
        for table, fields, was, now in (
            ("clips", stage.columns, clip.columns, found.columns),
            ("latents", stage.arrays, clip.arrays, found.arrays),
        ):
            added = {name: value for name, value in now.items() if value is not was.get(name)}
            other = [name for name in added if name not in fields.names]
            if other:
                return _undeclared(other[0], table, added, was)
            fit(table, pa.schema([field for field in fields if field.name in added]), [added])
    except NotFinite as error:
        return str(error)
    except SchemaError as error:
        return f"what it returned is not of the type that it declares: {error}"
    frames = int(found.columns.get("frames", 0))
    for name in stage.arrays.names:
        if name in found.arrays and len(found.arrays[name]) != frames:
            return f"its array {name} has {len(found.arrays[name])} rows, and the clip {frames} frames: one row a frame"
    return None


def _undeclared(name: str, table: str, added: Mapping[str, Any], was: Mapping[str, Any]) -> str:
    if name in was:
        return f"it changed {name}, which another stage made: return it under a name of its own"
    attribute, how = ("columns", "column") if table == "clips" else ("arrays", "per_frame")
    return (
        f"it returned {name}, a {type(added[name]).__name__}, which its {attribute} do not declare: add "
        f"vasari.{how}({name!r}, ...) to them"
    )
