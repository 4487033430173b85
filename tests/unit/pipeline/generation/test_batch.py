"""Tables of pairs: what their rows mean, and which of them are made already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.motion.generation import Sampling
from models.motion.guidance import Guidance
from models.weights.registry import weights
from pipeline import cluster
from pipeline.errors import InputError, UsageError
from pipeline.generation import batch as batches
from pipeline.generation.batch import SCHEMA, TABLE, Batch, Pair, TalkWorker, pairs_of, run_batch
from pipeline.generation.talk import Talk, Talked
from tests.made import motion_file


def table(folder: Path, text: str) -> str:
    path = folder / "pairs.csv"
    path.write_text(text)
    return str(path)


def test_rows_are_pairs_with_names_and_seeds(tmp_path: Path) -> None:
    text = "portrait,speech,seed,name,controls\na.png,/b/c.wav,7,,\n/d/e.jpg,c.wav,,mine,curves.csv\n"
    first, second = pairs_of(table(tmp_path, text), seed=3)
    assert first == Pair("a_c", f"{tmp_path}/a.png", "/b/c.wav", None, 7)
    assert second == Pair("mine", "/d/e.jpg", f"{tmp_path}/c.wav", f"{tmp_path}/curves.csv", 3)
    path = tmp_path / "pairs.parquet"
    pq.write_table(pa.table({"portrait": ["a.png"], "speech": ["c.wav"], "seed": [5]}), path)
    assert pairs_of(str(path), 0) == [Pair("a_c", f"{tmp_path}/a.png", f"{tmp_path}/c.wav", None, 5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("portrait\na.png\n", "lacks a column portrait or speech"),
        ("portrait,speech,voice\na,b,c\n", "has a column 'voice'; it wants portrait, speech and any of controls"),
        ("portrait,speech\n", "has no rows"),
        ("portrait,speech\na.png,\n", "row 1: has no portrait or no speech"),
        ("portrait,speech,seed\na.png,b.wav,x\n", "row 1, column seed: 'x' is no whole number"),
        ("portrait,speech,name\na.png,b.wav,../x\n", "row 1, column name: '../x' is no name of a file"),
        (
            "portrait,speech\na.png,b.wav\nc/a.png,b.wav\n",
            "'a_b' would name several videos; give the rows a column name",
        ),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pairs_of(table(tmp_path, text), 0)


def test_a_file_that_is_no_table() -> None:
    with pytest.raises(InputError, match="--manifest pairs.txt: give a table that ends with .csv"):
        pairs_of("pairs.txt", 0)


@pytest.fixture
def usual(tmp_path: Path) -> Talk:
    checkpoint = motion_file.write(tmp_path / "motion.safetensors")
    face = weights("face_tiny").path()
    return Talk("any", "any", tmp_path / "any.mp4", checkpoint, face, sampling=Sampling(Guidance(0.25), 3), size="96")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Talk]:
    """What videos are asked for; each is a file of one byte, but there is none of a portrait called bad.png."""
    made: list[Talk] = []

    def talk(talk: Talk, on_progress: Any, models: Any) -> Talked:
        made.append(talk)
        if str(talk.portrait).endswith("bad.png"):
            raise UsageError("bad.png: no human face in it")
        talk.out.write_bytes(b".")
        return Talked([str(talk.out)], 50, False, {})

    def run(jobs: list[str], worker: type, arguments: tuple, workers: int, column: str) -> list[str]:
        assert (worker, workers, column) == (TalkWorker, 2, "row")
        return worker(*arguments)({"job": jobs})[column]

    monkeypatch.setattr(batches, "talk", talk)
    monkeypatch.setattr(cluster, "connect", lambda workers: workers)
    monkeypatch.setattr(cluster, "run", run)
    return made


def test_what_is_made_is_not_made_again_and_a_bad_pair_costs_only_itself(
    usual: Talk, asked: list[Talk], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    pairs = [Pair("a", "/a.png", "/v.wav", None, 1), Pair("b", "/bad.png", "/v.wav", "/c.csv", 2)]
    done = run_batch(Batch(pairs, folder, usual, 2), lambda text: None)
    assert (done.made, done.before, done.failed) == (1, 0, 1)
    assert done.text() == f"1 made, 0 were there, 1 failed\nlook at: {folder / TABLE}"
    rows = pq.read_table(folder / TABLE)
    assert rows.schema.equals(SCHEMA)
    one, other = rows.to_pylist()
    assert (one["name"], one["status"], one["reason"], one["frames"], one["seconds"]) == ("a", "made", None, 50, 2.0)
    assert (other["status"], other["reason"]) == ("failed", "bad.png: no human face in it")
    assert (other["controls"], other["seed"], other["frames"]) == ("/c.csv", 2, None)
    first = asked[0]
    assert (first.portrait, first.speech, first.out, first.seed) == ("/a.png", "/v.wav", folder / "a.mp4", 1)
    assert (first.sampling, first.size, first.checkpoint) == (usual.sampling, "96", usual.checkpoint)
    asked.clear()
    done = run_batch(Batch([*pairs, Pair("c", "/c.png", "/v.wav", None, 1)], folder, usual, 2), lambda text: None)
    assert (done.made, done.before, done.failed) == (1, 1, 1)
    assert [talk.out.stem for talk in asked] == ["b", "c"]
    assert pq.read_table(folder / TABLE)["name"].to_pylist() == ["a", "b", "c"]


def test_what_is_asked_otherwise_or_is_gone_is_made_again(usual: Talk, asked: list[Talk], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    pair = Pair("a", "/a.png", "/v.wav", None, 1)

    def made(pair: Pair) -> int:
        return run_batch(Batch([pair], folder, usual, 2), lambda text: None).made

    assert [made(pair), made(pair)] == [1, 0]
    assert [made(Pair("a", "/a.png", "/v.wav", None, 9)), made(pair)] == [1, 1]
    (folder / "a.mp4").unlink()
    assert [made(pair), made(pair)] == [1, 0]


def test_a_table_that_is_no_earlier_one(usual: Talk, asked: list[Talk], tmp_path: Path) -> None:
    (tmp_path / TABLE).write_text(json.dumps({}))
    with pytest.raises(
        UsageError, match=r"made.parquet: not the table of an earlier run .*; remove it, or give another"
    ):
        run_batch(Batch([Pair("a", "/a.png", "/v.wav", None, 1)], tmp_path, usual, 2), lambda text: None)
