"""jobs/extract.py: its options, its plan, and what it says of wrong arguments. Nothing here starts Ray."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

import catalogs
from pipeline.extraction.recipe import make_recipe
from tests.made.faulty_server import Answer, faulty_site


@pytest.fixture
def extract(job: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The job; starting Ray is an error."""

    def forbidden(**_: Any) -> None:
        raise AssertionError("Ray was started")

    monkeypatch.setattr(ray, "init", forbidden)
    return lambda *arguments: job("extract", *arguments)


def test_plan_does_nothing(extract: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    arguments = ("--input", tmp_path, "--catalog", tmp_path / "catalog", "--plan", "--set", "quality.minimum=41")
    done = extract(*arguments)
    assert done.code == 0
    assert "      quality.minimum=41.0" in done.out.splitlines()
    assert done.out.splitlines()[-1] == "nothing was done: leave out --plan to run it"
    assert "inputs: 1 source, 0 of them decided already: 1 to do" in done.out.splitlines()
    assert not (tmp_path / "catalog").exists()


def test_a_plan_looks_at_its_inputs(extract: Callable[..., Any], tmp_path: Path) -> None:
    done = extract("--input", tmp_path / "nothing.mp4", "--catalog", tmp_path / "catalog", "--plan")
    assert (done.code, done.out) == (2, "")
    assert "is not there" in done.err
    (tmp_path / "a.mp4").write_bytes(b"")
    done = extract("--input", tmp_path, "--catalog", tmp_path, "--plan")
    assert (done.code, done.out) == (2, "")
    assert "holds other things" in done.err
    done = extract("--input", tmp_path, "--catalog", tmp_path / "catalog", "--plan", "--json", "--workers", "3")
    found = json.loads(done.out)["inputs"]
    assert (found["sources"], found["todo"], found["unreadable"], found["workers"]) == (1, 1, 1, 3)


def test_plan_as_json_is_one_line(extract: Callable[..., Any], tmp_path: Path) -> None:
    settings = ("--set", "quality.minimum=41", "speech.required=false", "--set", "probe.min_pixels=64")
    rest = ("--max-seconds", "30", "--no-split", "--decoder", "decord")
    (tmp_path / "a.mp4").write_bytes(b"")
    catalog = tmp_path / "catalog"
    done = extract("--input", tmp_path, "--catalog", catalog, "--plan", "--json", *settings, *rest)
    (line,) = done.out.splitlines()
    wanted = [text for text in settings if text != "--set"]
    recipe = make_recipe(settings=wanted, max_seconds=30, split=False, decoder="decord")
    found = json.loads(line)
    assert found["fingerprint"] == recipe.fingerprint
    assert found["stages"] == json.loads(json.dumps(recipe.describe()["stages"]))
    assert found["stages"]["probe"]["audio"] is False


def test_frames_are_sized_by_the_preset(extract: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    plan = ("--input", tmp_path, "--catalog", tmp_path / "catalog", "--plan", "--json")
    assert "frames" not in json.loads(extract(*plan, "--preset", "base").out)["stages"]
    found = json.loads(extract(*plan, "--frames", "--preset", "paper", "--set", "frames.quality=80").out)
    recipe = make_recipe(settings=["frames.quality=80"], frames="paper")
    assert found["fingerprint"] == recipe.fingerprint
    assert (found["stages"]["frames"]["size"], found["stages"]["track"]["size"]) == (512, 512)
    assert extract(*plan, "--frames", "--preset", "huge").code == 2


def test_wrong_settings_list_what_there_is(extract: Callable[..., Any], tmp_path: Path) -> None:
    rest = ("--input", tmp_path, "--catalog", tmp_path / "catalog", "--set")
    done = extract(*rest, "quality.least=4")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: stage quality has no parameter 'least'; it has: quality.minimum=")
    done = extract(*rest, "colour.minimum=4")
    assert done.code == 2
    assert "no stage 'colour'; there are: probe, speech, screen," in done.err
    assert not (tmp_path / "catalog").exists()


def test_missing_inputs(extract: Callable[..., Any], tmp_path: Path) -> None:
    catalog = ("--catalog", tmp_path / "catalog")
    done = extract("--input", tmp_path / "nothing.mp4", *catalog)
    assert (done.code, done.err) == (2, f"error: input {tmp_path}/nothing.mp4: is not there; check the spelling\n")
    assert not (tmp_path / "catalog").exists()


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_all_that_is_missing_is_named_at_once(extract: Callable[..., Any], tmp_path: Path, plan: tuple[str]) -> None:
    done = extract(*plan)
    assert done.code == 2
    assert done.err.startswith("error: missing: --input (files, ")
    assert "and --catalog (the folder" in done.err
    assert done.err.endswith("for example: python jobs/extract.py --input videos --catalog catalog\n")
    assert "--catalog (" not in extract("--catalog", tmp_path, *plan).err
    assert "--input (" not in extract("--input", tmp_path, *plan).err


@pytest.mark.parametrize(("option", "value"), [("--workers", "0"), ("--workers", "-2"), ("--timeout", "0")])
def test_numbers_that_make_no_sense_are_wrong_arguments(
    extract: Callable[..., Any], tmp_path: Path, option: str, value: str
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    done = extract("--input", tmp_path, "--catalog", tmp_path / "catalog", option, value)
    assert (done.code, done.err) == (2, f"error: {option} must be above 0, not {value}\n")
    assert not (tmp_path / "catalog").exists()


def test_a_folder_of_videos_or_a_file_as_catalog_is_a_wrong_argument(
    extract: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    for place, words in ((tmp_path, "holds other things (a.mp4)"), (tmp_path / "a.mp4", "is a file; give a folder")):
        done = extract("--input", tmp_path, "--catalog", place)
        assert done.code == 2
        assert done.err.startswith("error: the catalog cannot be ")
        assert words in done.err
        assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_arguments_the_parser_refuses(extract: Callable[..., Any], tmp_path: Path) -> None:
    done = extract("--input", tmp_path)
    assert done.code == 2
    assert "--catalog" in done.err
    done = extract("--input", tmp_path, "--catalog", tmp_path, "--decoder", "opencv")
    assert done.code == 2
    assert "--decoder" in done.err


@pytest.mark.parametrize("option", ["--catalog", "--input"])
def test_a_submitted_job_refuses_relative_paths(
    extract: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    (tmp_path / "a.mp4").write_bytes(b"")
    given = {"--input": str(tmp_path), "--catalog": str(tmp_path / "catalog"), option: "some/folder"}
    done = extract(*(text for pair in given.items() for text in pair))
    assert done.code == 2
    assert "some/folder" in done.err
    assert "absolute path" in done.err


def test_a_catalog_of_another_recipe_says_what_differs(extract: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    recipe = make_recipe(settings=["gaze.every=7"])
    catalogs.Writer.open(tmp_path / "catalog", recipe.describe(), recipe.fingerprint).close()
    done = extract("--input", tmp_path / "a.mp4", "--catalog", tmp_path / "catalog")
    assert done.code == 2
    assert "gaze.every: 7 in the catalog" in done.err
    assert "--recompute" in done.err


def test_frames_do_not_go_into_a_catalog_without_them(extract: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    recipe = make_recipe()
    catalogs.Writer.open(tmp_path / "catalog", recipe.describe(), recipe.fingerprint).close()
    done = extract("--input", tmp_path / "a.mp4", "--catalog", tmp_path / "catalog", "--frames")
    assert done.code == 2
    assert "frames.size: absent in the catalog, 96 now" in done.err


def test_a_catalog_that_another_run_writes_is_exit_code_1(extract: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    recipe = make_recipe()
    with catalogs.Writer.open(tmp_path / "catalog", recipe.describe(), recipe.fingerprint):
        done = extract("--input", tmp_path / "a.mp4", "--catalog", tmp_path / "catalog")
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert str(tmp_path / "catalog") in done.err


def test_sources_out_of_reach_are_counted_and_are_exit_code_1(extract: Callable[..., Any], tmp_path: Path) -> None:
    catalog = ("--catalog", tmp_path / "catalog", "--timeout", "1")
    with faulty_site() as site:
        url = site.serve("/a.mp4", Answer(b"busy", 503))
        done = extract("--input", url, *catalog, "--json")
        assert done.code == 1
        assert {key: json.loads(done.out)[key] for key in ("listed", "failed", "unreachable")} == {
            "listed": 1,
            "failed": 1,
            "unreachable": 1,
        }
        assert done.err.startswith("error: 1 clip could not be reached and is not decided: run the same command again")
        again = extract("--input", url, *catalog)
        assert again.code == 1
        assert "              1 unreachable, not decided" in again.out.splitlines()
        site.serve("/a.mp4", Answer(b"no video"))
        last = extract("--input", url, *catalog[:2], "--json")  # with as much time as it takes
    assert (last.code, json.loads(last.out)["unreachable"]) == (0, 0)
