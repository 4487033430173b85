"""Recipes: the fingerprint says all that matters, and settings that do not fit say what would."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from models.weights import Weights
from pipeline import recipe as recipes
from pipeline.recipe import Recipe, RecipeError, make_recipe
from stages.probe import Probe
from stages.quality import Quality

OPEN = make_recipe()
PARAMETERS = [(stage.name, field.name) for stage in OPEN.stages for field in fields(stage)]  # type: ignore[arg-type]


def stage(recipe: Recipe, name: str) -> Any:
    return next(stage for stage in recipe.stages if stage.name == name)


def test_the_open_profile_in_order() -> None:
    assert [stage.name for stage in OPEN.stages] == [
        "probe",
        "speech",
        "screen",
        "track",
        "quality",
        "pose",
        "gaze",
        "distance",
        "emotion",
        "audio",
        "identity",
    ]
    assert all(w.commercial for w in OPEN.weights())


def test_the_fingerprint_is_the_same_for_the_same_recipe() -> None:
    assert OPEN.fingerprint == make_recipe().fingerprint
    assert OPEN.fingerprint == make_recipe(max_seconds=60).fingerprint
    assert len(OPEN.fingerprint) == 16
    assert int(OPEN.fingerprint, 16) >= 0


def other(value: Any) -> str:
    """A value other than a parameter's present one, as text."""
    return str(not value).lower() if isinstance(value, bool) else f"{value + 1}" if not isinstance(value, str) else "x"


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_the_fingerprint_changes_with_every_parameter(name: str, parameter: str) -> None:
    changed = make_recipe(settings=[f"{name}.{parameter}={other(getattr(stage(OPEN, name), parameter))}"])
    assert changed.fingerprint != OPEN.fingerprint


def test_the_fingerprint_changes_with_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        make_recipe(max_seconds=30),
        make_recipe(decoder="decord"),
        make_recipe(split=False),
        replace(OPEN, profile="mine"),
        replace(OPEN, stages=OPEN.stages[:-1]),
    ]
    before = {item.fingerprint for item in (OPEN, *others)}
    assert len(before) == 6
    real = recipes.weights

    def reissued(name: str) -> Weights:
        return replace(real(name), sha256="0" * 64) if name == "face_mesh" else real(name)

    monkeypatch.setattr(recipes, "weights", reissued)
    assert OPEN.fingerprint not in before
    monkeypatch.undo()
    monkeypatch.setattr(Quality, "version", Quality.version + 1)
    assert OPEN.fingerprint not in before


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("quality.minimum=40", 40.0),
        (" quality.minimum = 2.5e1 ", 25.0),
        ("speech.required=false", False),
        ("speech.required=No", False),
        ("speech.required=1", True),
        ("probe.min_pixels=64", 64),
    ],
)
def test_settings_take_the_type_of_the_parameter(setting: str, value: Any) -> None:
    name, parameter = setting.split("=")[0].strip().split(".")
    found = getattr(stage(make_recipe(settings=[setting]), name), parameter.strip())
    assert found == value
    assert type(found) is type(value)


def test_the_last_setting_of_a_parameter_holds() -> None:
    assert stage(make_recipe(settings=["quality.minimum=1", "quality.minimum=2"]), "quality").minimum == 2.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["quality"], "--set quality: expected STAGE.PARAMETER=VALUE, for example quality.minimum=40"),
        (["quality=3"], "--set quality=3: expected STAGE.PARAMETER=VALUE"),
        ([".minimum=3"], "--set .minimum=3: expected STAGE.PARAMETER=VALUE"),
        (["colour.minimum=3"], "no stage 'colour'; there are: probe, speech, screen, track, quality,"),
        (
            ["probe.minimum=3"],
            "stage probe has no parameter 'minimum'; it has: "
            "probe.min_seconds=3.0, probe.min_pixels=128, probe.audio=true",
        ),
        (["pose.minimum=3"], "stage pose has no parameter 'minimum'; it has: none"),
        (["quality.minimum=high"], "--set quality.minimum=high: expected a number, for example "),
        (["probe.min_pixels=1.5"], "--set probe.min_pixels=1.5: expected a whole number, for example 128"),
        (["speech.required=maybe"], "--set speech.required=maybe: expected true or false, for example true"),
    ],
)
def test_settings_that_do_not_fit_say_what_would(settings: list[str], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        make_recipe(settings=settings)
    assert str(caught.value).startswith(message)


def test_profiles_and_lengths_that_do_not_exist() -> None:
    with pytest.raises(RecipeError, match="^no profile 'closed'; there are: open$"):
        make_recipe("closed")
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(RecipeError, match="^max_seconds must be above 0, not "):
            make_recipe(max_seconds=seconds)


def test_without_speech_no_sound_track_is_needed_unless_one_is_asked_for() -> None:
    assert stage(OPEN, "probe") == Probe(audio=True)
    silent = ["speech.required=false"]
    assert stage(make_recipe(settings=silent), "probe") == Probe(audio=False)
    assert stage(make_recipe(settings=[*silent, "probe.audio=true"]), "probe") == Probe(audio=True)
    assert stage(make_recipe(settings=["probe.audio=false"]), "probe") == Probe(audio=False)


def test_split_is_a_parameter_of_the_track_and_a_setting_overrules_it() -> None:
    assert stage(OPEN, "track").split is True
    assert stage(make_recipe(split=False), "track").split is False
    assert stage(make_recipe(settings=["track.split=true"], split=False), "track").split is True
