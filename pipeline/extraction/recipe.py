"""A recipe: the ordered stages with their parameters and weights; its fingerprint is in every row."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pyarrow as pa

from catalogs.schema import schema_of, with_columns
from models.weights.registry import Weights, weights
from pipeline.errors import RecipeError
from pipeline.extraction.variants import (
    DETECTORS,
    FRAME_SIZES,
    NONE,
    PROFILES,
    Preset,
    after_of,
    chosen_variant,
    in_order,
    in_recipes,
    is_optional,
    option_of,
    roles,
    stage,
    variant_names,
)
from stages.clip import Stage
from stages.networks import Network, NetworkStage
from stages.video.reader import Decoder


@dataclass(frozen=True)
class Recipe:
    """What an extraction does to every clip, in full.

    left_out: by role, why a stage of the profile is not there, where nobody asked for that.
    """

    profile: str
    stages: tuple[Stage, ...]
    max_seconds: float = 60.0
    decoder: Decoder = "pyav"
    left_out: Mapping[str, str] = field(default_factory=dict)

    def weights(self) -> tuple[Weights, ...]:
        """The weights its stages load, each once, in the order of use."""
        names = dict.fromkeys(name for stage in self.stages for name in stage.weights)
        return tuple(weights(name) for name in names)

    def networks(self) -> tuple[Network, ...]:
        """The networks of its stages that may run elsewhere, each once, in the order of use."""
        stages = [stage for stage in self.stages if isinstance(stage, NetworkStage)]
        return tuple(dict.fromkeys(network for stage in stages for network in stage.networks))

    def columns(self) -> dict[str, pa.Schema]:
        """By table, the columns that its stages declare besides those that every catalog has."""
        return columns_of(self.stages)

    def describe(self) -> dict[str, Any]:
        """The recipe as JSON-ready values: profile, max_seconds, decoder, stages with parameters, weights by hash."""
        return {
            "profile": self.profile,
            "max_seconds": self.max_seconds,
            "decoder": self.decoder,
            "stages": {s.name: {"variant": in_recipes(s), "version": s.version, **_parameters(s)} for s in self.stages},
            "weights": {w.name: w.known_as for w in self.weights()},
        }

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any stage, parameter or weight."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def columns_of(stages: Sequence[Stage]) -> dict[str, pa.Schema]:
    """By table, the columns that stages declare besides those that every catalog has."""
    return {
        "clips": _declared("clips", [stage.columns for stage in stages]),
        "latents": _declared("latents", [getattr(stage, "arrays", pa.schema([])) for stage in stages]),
    }


def _declared(table: str, schemas: Sequence[pa.Schema]) -> pa.Schema:
    known = schema_of(table).names
    return pa.schema([field for field in with_columns(table, *schemas) if field.name not in known])


def open_profile() -> tuple[Stage, ...]:
    """Profile `open`: weights that come with pip packages, offline, commercial use allowed."""
    return make_recipe("open").stages


def make_recipe(
    profile: str = "open",
    settings: Sequence[str] = (),
    max_seconds: float = 60.0,
    decoder: Decoder = "pyav",
    split: bool = True,
    frames: Preset | None = None,
    latents: str | os.PathLike[str] | None = None,
    added: Sequence[Stage] = (),
) -> Recipe:
    """The recipe of a profile with settings applied. Raises RecipeError.

    A setting is `STAGE=VARIANT`, which exchanges a stage for another one of its role (pipeline/extraction/variants.py),
    `STAGE=none`, which leaves an optional one out, or `STAGE.PARAMETER=VALUE`; the last come last, in whatever order
    they are given. A stage that cannot work beside the others is left out, where no setting names it. frames: the
    preset of face networks whose training frames are stored too. latents: file of a face model in place of the
    project's own. Where what these need is larger than the stable crop, that is cut as large. added: stages of other
    roles, each of which comes in where its `after` says.
    """
    if profile not in PROFILES:
        raise RecipeError(f"no profile {profile!r}; there are: {', '.join(PROFILES)}")
    if not max_seconds > 0:
        raise RecipeError(f"max_seconds must be above 0, not {max_seconds:g}")
    if frames is not None and frames not in FRAME_SIZES:
        raise RecipeError(f"no preset {frames!r}; there are: {', '.join(FRAME_SIZES)}")
    asked = [] if frames is None else ["frames"]
    exchanges = [text for text in settings if _is_exchange(text)]
    stages = _chosen(profile, exchanges, asked)
    stages = _with_added(stages, added)
    if frames is not None:
        stages["frames"] = replace(stages["frames"], size=FRAME_SIZES[frames])  # type: ignore[type-var]
    settings = [text for text in settings if not _is_exchange(text)]
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
    if latents is not None:
        stages["latents"] = _with_checkpoint(stages["latents"], latents)
    for role in ("latents", *asked):
        stages["track"] = _large_enough(stages["track"], stages[role], ("track", "size") in given)
    left_out = _left_out(stages, {name for name, _ in given} | {text.partition("=")[0].strip() for text in exchanges})
    kept = tuple(stage for role, stage in stages.items() if role not in left_out)
    return Recipe(profile, kept, float(max_seconds), decoder, left_out)


def _is_exchange(setting: str) -> bool:
    left, equals, _ = setting.partition("=")
    return bool(equals) and bool(left) and "." not in left


def _left_out(stages: Mapping[str, Any], named: Collection[str]) -> dict[str, str]:
    """By role, why stages cannot work beside the others. RecipeError where a setting names one of these."""
    found = {role: stage.unfit(stages) for role, stage in stages.items() if hasattr(stage, "unfit")}
    left_out = {role: why for role, why in found.items() if why}
    for role in (role for role in left_out if role in named):
        raise RecipeError(f"--set {role}: {left_out[role]}")
    return left_out


def _large_enough(track: Any, stage: Any, fixed: bool) -> Stage:
    """The stage track with a stable crop from which pictures as large as those of `stage` can be made."""
    if track.size >= stage.size:
        return track
    if fixed:
        raise RecipeError(
            f"--set track.size={track.size}: {stage.name} of {stage.size} pixels need a crop as large; leave it out"
        )
    return replace(track, size=stage.size)


def _with_checkpoint(latents: Any, path: str | os.PathLike[str]) -> Stage:
    """The stage latents with the face model of a file."""
    try:
        return latents.with_checkpoint(path)
    except ValueError as error:
        raise RecipeError(f"--latents {error}") from error


def _chosen(profile: str, exchanges: Sequence[str], asked: Sequence[str] = ()) -> dict[str, Stage]:
    """The stages of a profile by role, some of them exchanged, with their default parameters.

    asked: the optional roles that are wanted.
    """
    wanted = [role for role in roles() if option_of(role) is None or role in asked]
    chosen = {role: chosen_variant(role, profile) for role in wanted}
    for exchange in exchanges:
        role, _, variant = (part.strip() for part in exchange.partition("="))
        if role not in chosen:
            raise _no_stage(role, chosen)
        names = variant_names(role) | ({NONE: NONE} if is_optional(role) else {})
        if variant not in names:
            listed = [*(each.name for each in roles()[role]), *([NONE] if is_optional(role) else [])]
            there = ", ".join(f"{role}={name}" for name in listed)
            raise RecipeError(
                f"no stage {role}={variant}; there are: {there}. Parameters are set with a dot: STAGE.PARAMETER=VALUE"
            )
        chosen[role] = names[variant]
    try:
        stages = {role: stage(role, variant) for role, variant in chosen.items() if variant != NONE}
    except ImportError as error:
        raise RecipeError(str(error)) from error
    for role in ("screen", "track"):
        stages[role] = replace(stages[role], detector=DETECTORS[profile])  # type: ignore[type-var]
    return stages


def _with_added(stages: dict[str, Stage], added: Sequence[Stage]) -> dict[str, Stage]:
    """The stages by role, with others where their `after` says."""
    after = {role: after_of(role) for role in stages} | {each.name: getattr(each, "after", None) for each in added}
    try:
        order = in_order(after)
    except ValueError as error:
        raise RecipeError(f"--stage: {error}; change what they name in `after`") from error
    everything = stages | {each.name: each for each in added}
    return {role: everything[role] for role in order}


def _no_stage(name: str, there: Iterable[str]) -> RecipeError:
    option = option_of(name)
    if option is not None:
        return RecipeError(f"this recipe has no stage {name!r}: it comes with {option}")
    return RecipeError(f"no stage {name!r}; there are: {', '.join(there)}")


def _parse(setting: str) -> tuple[str, str, str]:
    left, equals, value = setting.partition("=")
    name, dot, parameter = left.partition(".")
    if not (equals and dot and name and parameter):
        raise RecipeError(
            f"--set {setting}: expected STAGE.PARAMETER=VALUE, for example quality.minimum=40, "
            "or STAGE=VARIANT, for example gaze=l2cs"
        )
    return name.strip(), parameter.strip(), value.strip()


def _set(stages: dict[str, Stage], name: str, parameter: str, value: str) -> Stage:
    if name not in stages:
        raise _no_stage(name, stages)
    stage = stages[name]
    known = settings_of(stage)
    if parameter not in known:
        listed = ", ".join(f"{name}.{key}={_show(current)}" for key, current in known.items()) or "none"
        raise RecipeError(f"stage {name} has no parameter {parameter!r}; it has: {listed}")
    new = _value(f"{name}.{parameter}", value, known[parameter])
    try:
        changed = replace(stage, **{parameter: new})  # type: ignore[type-var]
        _ = changed.weights  # some parameters choose a network
    except ValueError as error:
        raise RecipeError(f"--set {name}.{parameter}={value}: {error}") from error
    return changed


def _value(where: str, text: str, current: Any) -> Any:
    """`text` in the type of the parameter's present value."""
    try:
        if isinstance(current, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return type(current)(text)
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(type(current), "text")
        raise RecipeError(f"--set {where}={text}: expected {kind}, for example {_show(current)}") from None


def settings_of(stage: Any) -> dict[str, Any]:
    """What of a stage's fields `STAGE.PARAMETER=VALUE` can set, with their values."""
    return {each.name: getattr(stage, each.name) for each in fields(stage) if not each.metadata.get("not_set")}


def _parameters(stage: Any) -> dict[str, Any]:
    """What of a stage's fields is part of the recipe."""
    return {field.name: getattr(stage, field.name) for field in fields(stage) if field.compare}


def _show(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
