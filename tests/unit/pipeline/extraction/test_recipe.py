"""Recipes: the fingerprint says all that matters, and settings that do not fit say what would."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.face.checkpoint import save_model
from models.weights.registry import REGISTRY, Weights
from pipeline.errors import RecipeError
from pipeline.extraction import recipe as recipes
from pipeline.extraction.recipe import Recipe, make_recipe, settings_of
from pipeline.extraction.variants import Preset
from stages.labels.probe import Probe
from stages.labels.quality import Quality
from tests.made import random_face

OPEN = make_recipe()
PARAMETERS = [(stage.name, name) for stage in OPEN.stages for name in settings_of(stage)]


def stage(recipe: Recipe, name: str) -> Any:
    return next(stage for stage in recipe.stages if stage.name == name)


def test_the_open_profile_in_order() -> None:
    assert [stage.name for stage in OPEN.stages] == [
        "probe",
        "speech",
        "screen",
        "track",
        "motion",
        "quality",
        "pose",
        "gaze",
        "distance",
        "emotion",
        "audio",
        "identity",
        "latents",
        "sync",
    ]
    assert all(w.commercial for w in OPEN.weights())


def test_the_fingerprint_is_the_same_for_the_same_recipe() -> None:
    assert OPEN.fingerprint == make_recipe().fingerprint
    assert OPEN.fingerprint == make_recipe(max_seconds=60).fingerprint
    assert len(OPEN.fingerprint) == 16
    assert int(OPEN.fingerprint, 16) >= 0


def other(value: Any) -> str:
    """A value other than a parameter's present one, as text."""
    if isinstance(value, str):
        return {"blazeface": "scrfd"}[value]
    return str(not value).lower() if isinstance(value, bool) else f"{value + 1}"


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
        return (
            replace(real(name), origin=replace(real(name).origin, sha256="0" * 64))
            if name == "face_mesh"
            else real(name)
        )

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
        (
            ["quality=3"],
            "no stage quality=3; there are: quality=spectral, quality=hyperiqa. Parameters are set with a dot: STAGE.",
        ),
        ([".minimum=3"], "--set .minimum=3: expected STAGE.PARAMETER=VALUE"),
        (["colour.minimum=3"], "no stage 'colour'; there are: probe, speech, screen, track, motion, quality,"),
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
    with pytest.raises(RecipeError, match="^no profile 'closed'; there are: open, paper$"):
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


def test_frames_are_a_last_stage_only_where_asked_for() -> None:
    assert "frames" not in variant_names(OPEN)
    tiny = make_recipe(frames="tiny")
    assert [stage.name for stage in tiny.stages] == [*(stage.name for stage in OPEN.stages), "frames"]
    assert variant_names(tiny)["frames"] == "webp"
    assert tiny.stages[:-1] == OPEN.stages
    assert tiny.fingerprint != OPEN.fingerprint
    assert make_recipe("paper", frames="tiny").stages[-1] == tiny.stages[-1]


@pytest.mark.parametrize(("preset", "size", "crop"), [("tiny", 96, 256), ("base", 256, 256), ("paper", 512, 512)])
def test_a_preset_sizes_the_frames_and_the_crop_is_never_smaller(preset: Preset, size: int, crop: int) -> None:
    recipe = make_recipe(frames=preset)
    assert (stage(recipe, "frames").size, stage(recipe, "track").size) == (size, crop)


def test_frames_take_settings_where_they_are_asked_for() -> None:
    recipe = make_recipe(settings=["frames.quality=80", "frames.size=300", "frames=webp"], frames="tiny")
    assert (stage(recipe, "frames").quality, stage(recipe, "frames").size) == (80, 300)
    assert stage(recipe, "track").size == 300
    assert stage(make_recipe(settings=["track.size=600"], frames="paper"), "track").size == 600


@pytest.mark.parametrize(
    ("settings", "preset", "says"),
    [
        (["frames.quality=80"], None, "this recipe has no stage 'frames': it comes with --frames"),
        (["frames=webp"], None, "this recipe has no stage 'frames': it comes with --frames"),
        (["frames=jpeg"], "tiny", "no stage frames=jpeg; there are: frames=webp."),
        (["frames.quality=0"], "tiny", "--set frames.quality=0: the quality of WebP is 1 to 100, or 101 without loss"),
        (["frames.size=8"], "tiny", "--set frames.size=8: pictures of 8 pixels show no face: at least 16"),
        (["track.size=96"], "base", "--set track.size=96: frames of 256 pixels need a crop as large; leave it out"),
        ([], "large", "no preset 'large'; there are: tiny, base, paper"),
    ],
)
def test_frames_that_do_not_fit_say_why(settings: list[str], preset: Any, says: str) -> None:
    with pytest.raises(RecipeError) as error:
        make_recipe(settings=settings, frames=preset)
    assert str(error.value).startswith(says)


@pytest.fixture(scope="module")
def face_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_face.write(tmp_path_factory.mktemp("face") / "model.safetensors")


def test_another_face_model_changes_the_stage_latents_and_leaves_out_what_knows_the_own_one(face_model: Path) -> None:
    recipe, without = make_recipe(latents=face_model), make_recipe(settings=["sync=none"])
    assert [stage.name for stage in recipe.stages] == [stage.name for stage in without.stages]
    assert without.stages[-1].name == "latents"
    assert recipe.stages[:-1] == without.stages[:-1]
    assert recipe.left_out == {
        "sync": "sync=tiny was trained on the latents of face_tiny, and --latents gives another's"
    }
    assert [stage.name for stage in make_recipe(frames="tiny", latents=face_model).stages][-2:] == ["latents", "frames"]
    assert [network.name for network in recipe.networks()] == ["audio", "latents"]


def test_the_project_s_own_face_model_is_the_default_also_by_its_path() -> None:
    own = REGISTRY["face_tiny"]
    assert OPEN.describe()["stages"]["latents"]["sha256"] == OPEN.describe()["weights"]["face_tiny"] == own.known_as
    assert make_recipe(latents=own.path()) == OPEN
    assert make_recipe(latents=own.path()).weights() == OPEN.weights()


def test_the_face_model_s_hash_is_in_the_recipe_and_its_place_is_not(face_model: Path, tmp_path: Path) -> None:
    recipe, said = make_recipe(latents=face_model), hashlib.sha256(face_model.read_bytes()).hexdigest()
    described = recipe.describe()
    assert described["stages"]["latents"] == {"variant": "face", "version": 3, "preset": "tiny", "sha256": said}
    assert described["weights"]["face_tiny"] == said
    assert recipe.weights()[-1].file == str(face_model)
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(face_model.read_bytes())
    assert make_recipe(latents=copy).fingerprint == recipe.fingerprint
    save_model(random_face.random_model(), {"trained": "longer"}, copy)
    assert make_recipe(latents=copy).fingerprint != recipe.fingerprint


def test_latents_that_cannot_be_say_why(face_model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"other")
    for settings, file, says in (
        (["latents.preset=base"], None, "stage latents has no parameter 'preset'; it has: none"),
        (["latents=large"], None, "no stage latents=large; there are: latents=face"),
        (["track.size=64"], face_model, "--set track.size=64: latents of 96 pixels need a crop as large; leave it out"),
        ([], other, f"--latents {other}: not a face model"),
        ([], tmp_path / "none", f"--latents {tmp_path}/none: not a face model"),
    ):
        with pytest.raises(RecipeError) as error:
            make_recipe(settings=settings, latents=file)
        assert str(error.value).startswith(says)


def test_a_stage_is_exchanged_by_name_and_keeps_its_place() -> None:
    changed = make_recipe(settings=["gaze.every=5", "gaze=l2cs", "quality.minimum=50", "quality = hyperiqa"])
    assert [stage.name for stage in changed.stages] == [stage.name for stage in OPEN.stages]
    assert type(stage(changed, "gaze")).__name__ == "L2csGaze"
    assert stage(changed, "gaze").every == 5
    assert type(stage(changed, "quality")).__name__ == "HyperIqaQuality"
    assert stage(changed, "quality").minimum == 50
    described = changed.describe()["stages"]
    assert (described["gaze"]["variant"], described["pose"]["variant"]) == ("l2cs", "mesh")
    assert changed.fingerprint != OPEN.fingerprint
    assert make_recipe(settings=["gaze=iris"]).fingerprint == OPEN.fingerprint


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("gaze=eyes", "no stage gaze=eyes; there are: gaze=iris, gaze=l2cs"),
        ("eyes=l2cs", "no stage 'eyes'; there are: probe, speech"),
        ("gaze", "expected STAGE.PARAMETER=VALUE, for example quality.minimum=40, or STAGE=VARIANT"),
        (
            "track.detector=eyes",
            "--set track.detector=eyes: no face detector called 'eyes'; there are: blazeface, scrfd",
        ),
    ],
)
def test_an_exchange_that_does_not_exist_lists_those_that_do(setting: str, says: str) -> None:
    with pytest.raises(RecipeError) as error:
        make_recipe(settings=[setting])
    assert says in str(error.value)


def test_the_paper_profile_takes_the_paper_s_models() -> None:
    paper = make_recipe("paper")
    variants = {name: item["variant"] for name, item in paper.describe()["stages"].items()}
    assert {name: variant for name, variant in variants.items() if variant != variant_names(OPEN)[name]} == {
        "quality": "hyperiqa",
        "gaze": "l2cs",
        "distance": "deep3d",
        "emotion": "hsemotion",
        "audio": "wav2vec2",
        "identity": "arcface",
        "sync": "syncnet",
    }
    assert stage(paper, "screen").detector == stage(paper, "track").detector == "scrfd"
    # one GPU carries one set of networks
    assert sum(network.resources.gpus for network in paper.networks()) <= 1 + 1e-6


def test_sync_is_left_out_where_that_is_asked_for() -> None:
    without = make_recipe(settings=["sync=none"])
    assert without.stages == OPEN.stages[:-1]
    assert (without.left_out, OPEN.left_out) == ({}, {})
    assert without.fingerprint != OPEN.fingerprint
    assert "sync_tiny" not in without.describe()["weights"]
    assert make_recipe(settings=["sync=tiny"]) == OPEN


def test_sync_is_left_out_of_a_recipe_whose_sound_it_does_not_know_unless_it_was_asked_for() -> None:
    mel = make_recipe(settings=["audio=mel"])
    said = "sync=tiny was trained on audio=whisper, and this recipe has audio=mel"
    assert mel.left_out == {"sync": said}
    assert mel.fingerprint == make_recipe(settings=["audio=mel", "sync=none"]).fingerprint
    for setting in ("sync=tiny", "sync.minimum=0.2"):
        with pytest.raises(RecipeError) as error:
            make_recipe(settings=["audio=mel", setting])
        assert str(error.value) == f"--set sync: {said}"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["gaze=none"], "no stage gaze=none; there are: gaze=iris, gaze=l2cs. Parameters"),
        (["sync=lips"], "no stage sync=lips; there are: sync=tiny, sync=syncnet, sync=none. Parameters"),
        (["sync=none", "sync.most=3"], "no stage 'sync'; there are: probe, speech"),
        (["sync.most=few"], "--set sync.most=few: expected a whole number, for example 15"),
    ],
)
def test_only_what_a_recipe_can_do_without_is_left_out(settings: list[str], says: str) -> None:
    with pytest.raises(RecipeError) as error:
        make_recipe(settings=settings)
    assert str(error.value).startswith(says)


def variant_names(recipe: Recipe) -> dict[str, str]:
    return {name: item["variant"] for name, item in recipe.describe()["stages"].items()}
