"""A recipe: the ordered stages with their parameters and weights; its fingerprint is in every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from models.weights import Weights, weights
from stages.audio import LogMel
from stages.clip import Stage
from stages.distance import Distance
from stages.emotion import Emotion
from stages.gaze import Gaze
from stages.identity import Identity
from stages.pose import Pose
from stages.probe import Probe
from stages.quality import Quality
from stages.reader import Decoder
from stages.screen import Screen
from stages.speech import Speech
from stages.track import FaceTrack


class RecipeError(ValueError):
    """A profile, stage or parameter that does not exist or does not fit; lists those that do."""


@dataclass(frozen=True)
class Recipe:
    """What an extraction does to every clip, in full."""

    profile: str
    stages: tuple[Stage, ...]
    max_seconds: float = 60.0
    decoder: Decoder = "pyav"

    def weights(self) -> tuple[Weights, ...]:
        """The weights its stages load, each once, in the order of use."""
        names = dict.fromkeys(name for stage in self.stages for name in stage.weights)
        return tuple(weights(name) for name in names)

    def describe(self) -> dict[str, Any]:
        """The recipe as JSON-ready values: profile, max_seconds, decoder, stages with parameters, weights by hash."""
        return {
            "profile": self.profile,
            "max_seconds": self.max_seconds,
            "decoder": self.decoder,
            "stages": {s.name: {"version": s.version, **asdict(s)} for s in self.stages},  # type: ignore[call-overload]
            "weights": {w.name: w.sha256 for w in self.weights()},
        }

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any stage, parameter or weight."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def open_profile() -> tuple[Stage, ...]:
    """Profile `open`: weights that come with pip packages, offline, commercial use allowed."""
    return (
        Probe(),
        Speech(),
        Screen(),
        FaceTrack(),
        Quality(),
        Pose(),
        Gaze(),
        Distance(),
        Emotion(),
        LogMel(),
        Identity(),
    )


PROFILES = {"open": open_profile}


def make_recipe(
    profile: str = "open",
    settings: Sequence[str] = (),
    max_seconds: float = 60.0,
    decoder: Decoder = "pyav",
    split: bool = True,
) -> Recipe:
    """The recipe of a profile with `STAGE.PARAMETER=VALUE` settings applied. Raises RecipeError."""
    if profile not in PROFILES:
        raise RecipeError(f"no profile {profile!r}; there are: {', '.join(PROFILES)}")
    if not max_seconds > 0:
        raise RecipeError(f"max_seconds must be above 0, not {max_seconds:g}")
    stages = {stage.name: stage for stage in PROFILES[profile]()}
    given = set()
    if not split:
        settings = ["track.split=false", *settings]
    for setting in settings:
        name, parameter, value = _parse(setting)
        stages[name] = _set(stages, name, parameter, value)
        given.add((name, parameter))
    if ("probe", "audio") not in given:
        # a clip without a sound track is refused by its header, unless speech is not required
        stages["probe"] = replace(stages["probe"], audio=stages["speech"].required)  # type: ignore[type-var,attr-defined]
    return Recipe(profile, tuple(stages.values()), float(max_seconds), decoder)


def _parse(setting: str) -> tuple[str, str, str]:
    left, equals, value = setting.partition("=")
    name, dot, parameter = left.partition(".")
    if not (equals and dot and name and parameter):
        raise RecipeError(f"--set {setting}: expected STAGE.PARAMETER=VALUE, for example quality.minimum=40")
    return name.strip(), parameter.strip(), value.strip()


def _set(stages: dict[str, Stage], name: str, parameter: str, value: str) -> Stage:
    if name not in stages:
        raise RecipeError(f"no stage {name!r}; there are: {', '.join(stages)}")
    stage = stages[name]
    known = {field.name: getattr(stage, field.name) for field in fields(stage)}  # type: ignore[arg-type]
    if parameter not in known:
        listed = ", ".join(f"{name}.{key}={_show(current)}" for key, current in known.items()) or "none"
        raise RecipeError(f"stage {name} has no parameter {parameter!r}; it has: {listed}")
    return replace(stage, **{parameter: _value(f"{name}.{parameter}", value, known[parameter])})  # type: ignore[type-var]


def _value(where: str, text: str, current: Any) -> Any:
    """`text` in the type of the parameter's present value."""
    try:
        if isinstance(current, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return type(current)(text)
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(type(current), "text")
        raise RecipeError(f"--set {where}={text}: expected {kind}, for example {_show(current)}") from None


def _show(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
