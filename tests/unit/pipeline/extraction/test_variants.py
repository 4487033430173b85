"""Stages are found by what their classes say; those that were there before keep their place and their fingerprints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalogs.opening import OPTIONAL
from pipeline.extraction import reference, variants
from pipeline.extraction.recipe import make_recipe
from pipeline.extraction.variants import before, in_order, roles, stage
from tests.made.one_label import LABEL, label
from tests.root import ROOT

__all__ = ["label"]


@pytest.mark.parametrize(
    ("options", "fingerprint"),
    [
        ({}, "7cae83c25486a861"),
        ({"profile": "paper"}, "cd23914a2988ca89"),
        ({"frames": "tiny"}, "8dd9c1cbdb493b69"),
        ({"frames": "base"}, "73a26cb0a14ca416"),
        ({"frames": "paper", "profile": "paper"}, "5f5e58268674ae04"),
        ({"settings": ["gaze=l2cs", "quality.minimum=40"], "split": False}, "ac411b14d8051bb2"),
        # what they were before there was stage sync
        ({"settings": ["sync=none"]}, "f1a3d40dce53c1d7"),
        ({"settings": ["sync=none"], "profile": "paper"}, "4394c41b90f23e14"),
        ({"settings": ["sync=none"], "frames": "tiny"}, "9235147606b57fb6"),
        ({"settings": ["sync=none"], "frames": "base"}, "80199548f9089be9"),
        ({"settings": ["sync=none"], "frames": "paper", "profile": "paper"}, "b4cfb17a2a4295e6"),
        ({"settings": ["gaze=l2cs", "quality.minimum=40", "sync=none"], "split": False}, "9d1f0ddc684776a2"),
        # what they were when log-mel was the default, and was called so
        ({"settings": ["audio=mel"]}, "13cc0b80bf726a5e"),
        ({"settings": ["audio=logmel"]}, "13cc0b80bf726a5e"),
        ({"settings": ["audio=mel"], "frames": "tiny"}, "775e9c8ef2a8fd21"),
        ({"settings": ["audio=mel"], "frames": "base"}, "22d2424b3124c9bf"),
    ],
)
def test_recipes_keep_their_fingerprints(options: dict[str, Any], fingerprint: str) -> None:
    """A catalog goes on with the code after this one: who changes what a recipe does writes the new one down here."""
    assert make_recipe(**options).fingerprint == fingerprint


def test_roles_variants_and_profiles() -> None:
    assert {role: [each.name for each in held] for role, held in roles().items()} == {
        "probe": ["header"],
        "speech": ["silero"],
        "screen": ["keyframes"],
        "track": ["mesh"],
        "motion": ["mesh"],
        "quality": ["spectral", "hyperiqa"],
        "pose": ["mesh"],
        "gaze": ["iris", "l2cs"],
        "distance": ["mesh", "deep3d"],
        "emotion": ["fer", "hsemotion"],
        "audio": ["whisper", "mel", "wav2vec2"],
        "identity": ["dlib", "arcface"],
        "latents": ["face"],
        "sync": ["tiny", "syncnet"],
        "frames": ["webp"],
    }
    assert before(("track",)) == ["probe", "speech", "screen", "track"]
    assert before(None) == list(roles())[:-1]
    said = {(role, each.name): each.profile for role, held in roles().items() if len(held) > 1 for each in held}
    assert all(
        profile == ("open" if name == roles()[role][0].name else None if name == "mel" else "paper")
        for (role, name), profile in said.items()
    )


def test_what_a_catalog_may_have_been_made_without_is_what_a_recipe_can_do_without() -> None:
    assert [role for role in roles() if variants.is_optional(role)] == list(OPTIONAL)


def test_every_class_says_what_was_read_of_it() -> None:
    for role, held in roles().items():
        for each in held:
            made = stage(role, each.name)
            assert (made.name, type(made).__module__) == (role, each.module)
            assert variants.variant_of(made) == each.name


def test_finding_them_imports_no_network() -> None:
    code = "import sys; from pipeline.extraction.variants import roles; roles(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_order_follows_what_is_said() -> None:
    assert in_order({"late": None, "b": ("a",), "a": (), "c": ("b", "gone"), "d": ("a",)}) == [
        "a",
        "b",
        "d",
        "c",
        "late",
    ]
    with pytest.raises(ValueError, match="a, b wait for each other"):
        in_order({"a": ("b",), "b": ("a",)})


def test_one_file_is_a_label(label: Path) -> None:
    names = [each.name for each in make_recipe().stages]
    assert names[names.index("quality") + 1 :][:2] == ["pose", "brightness"]
    assert make_recipe().columns()["clips"].names == ["brightness"]
    assert "| brightness | FLOAT | grey value | of the face |" in reference.describe().splitlines()
    assert make_recipe().describe()["stages"]["brightness"] == {"variant": "Brightness", "version": 1}


def test_what_is_no_plain_value_is_told(label: Path) -> None:
    label.write_text(LABEL.replace('("quality",)', "tuple(BEFORE)"))
    roles.cache_clear()
    with pytest.raises(TypeError, match=r"brightness.py: Brightness.after must be a plain value"):
        make_recipe()
