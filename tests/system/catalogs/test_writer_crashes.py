"""The promise of exactly once: crashes at every step, kills at any moment, readers all the while."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from catalogs import manifest as manifests
from catalogs import parts
from catalogs.place import locate
from catalogs.writer import Writer
from tests.made.sample_spans import (
    FINGERPRINT,
    RECIPE,
    assert_glob_is_view,
    assert_whole,
    clip_row,
    rows_of,
    run_row,
    source_key,
    stage,
)
from tests.root import ROOT
from tests.system.catalogs import commit_loop

STEPS = ("replace", "link", "unlink")
SOURCES = 24

Row = tuple[str, str, str | None]
"""clip_id, status, subject_id."""


class Crash(BaseException):
    """The process is dead from here on: nothing may catch this, and every later step raises it too."""


@contextmanager
def crash_at(step: int) -> Iterator[None]:
    """Run the body in a process that dies before its `step`-th (from 1) rename, link or removal."""
    real = {name: getattr(os, name) for name in STEPS}
    taken = count(1)

    def dying(name: str) -> Callable[..., None]:
        def call(*paths: Any) -> None:
            if next(taken) >= step:
                raise Crash
            real[name](*paths)

        return call

    for name in STEPS:
        setattr(os, name, dying(name))
    try:
        yield
    finally:
        for name in STEPS:
            setattr(os, name, real[name])


def _open(root: Path) -> Writer:
    return Writer.open(root, RECIPE, FINGERPRINT)


def _without(clips: pa.Table, source: int) -> pa.Table:
    """An update as at the end of a run: names a person, drops a source."""
    named = clips.set_column(clips.column_names.index("subject_id"), "subject_id", clips["source_uri"])
    return named.filter(pc.not_equal(named["source_key"], source_key(source)))


def _run(root: Path) -> None:
    """A whole run with everything a writer can do; run again after a crash, it takes up where it was."""
    with _open(root) as writer:
        writer.commit()
        decided = writer.decided().select(["source_key", "status"]).to_pylist()
        status = {row["source_key"]: row["status"] for row in decided}
        for source in (6, 7):
            if source_key(source) not in status:
                stage(root, source, cuts=2)
        if status[source_key(0)] == "accepted":  # it is decided otherwise now
            stage(root, 0, status="rejected")
        writer.commit()
        writer.put_run(run_row(status="finished"))
        writer.maintain(lambda clips: _without(clips, 3))


def _state(root: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the newest manifest, whose files must be all the Parquet files there are."""
    state = manifests.newest(locate(root))
    assert state is not None
    assert {str(path.relative_to(root)) for path in root.glob("**/*.parquet")} == state.files()
    return {
        table: parts.read_all(locate(root), table, state.parts(table)).sort_by(parts.key(table)).to_pylist()
        for table in ("clips", "latents", "previews", "runs")
    }


@pytest.mark.slow
def test_a_crash_before_any_step_changes_nothing_in_the_end(tmp_path: Path) -> None:
    start, finished = tmp_path / "start", tmp_path / "finished"
    with _open(start) as writer:
        for source in (0, 3):
            stage(start, source)
            writer.commit()
        writer.put_run(run_row())
    shutil.copytree(start, finished)
    _run(finished)
    expected = _state(finished)
    for step in count(1):
        root = shutil.copytree(start, tmp_path / f"crash-{step}")
        try:
            with crash_at(step):
                _run(root)
        except Crash:
            assert_whole(root)  # what a reader sees now
        else:
            break
        _run(root)
        assert _state(root) == expected, f"differs after a crash before step {step}"
        assert os.listdir(root / "_work") == []
    assert step > 25  # steps there were


class Commits(RuleBasedStateMachine):
    """Spans staged, committed, updated and dropped in any order, with crashes, against a model of sets."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp()) / "catalog"
        self.writer = _open(self.root)
        self.staged: dict[tuple[int, int], list[Row]] = {}
        self.committed: dict[tuple[int, int], list[Row]] = {}

    def teardown(self) -> None:
        self._recover()
        self._commit()
        self.seen_is_committed()
        _state(self.root)
        self.writer.close()
        shutil.rmtree(self.root.parent)

    @rule(
        source=st.integers(0, 3),
        span=st.integers(0, 1),
        status=st.sampled_from(("accepted", "rejected", "failed")),
        cuts=st.integers(1, 2),
    )
    def stage(self, source: int, span: int, status: str, cuts: int) -> None:
        stage(self.root, source, span, status, cuts)
        self.staged[source, span] = [(clip_row(source, span, cut)["clip_id"], status, None) for cut in range(cuts)]

    @rule()
    def commit(self) -> None:
        self._commit()

    @precondition(lambda self: self.staged)
    @rule(step=st.integers(1, 12))
    def crash_in_commit(self, step: int) -> None:
        before = dict(self.committed)
        try:
            with crash_at(step):
                self.writer.commit()
        except Crash:
            self._recover()
            after = {**before, **self._published()}
            assert self._seen() in (_flat(before), _flat(after)), "half a commit is visible"
        self._commit()

    @rule(drop=st.integers(0, 3), step=st.none() | st.integers(1, 10))
    def maintain(self, drop: int, step: int | None) -> None:
        before = _flat(self.committed)
        kept = {key: rows for key, rows in self.committed.items() if key[0] != drop}
        named: dict[tuple[int, int], list[Row]] = {
            key: [(clip, status, f"/videos/{key[0]}.mp4") for clip, status, _ in rows] for key, rows in kept.items()
        }
        if step is not None:
            try:
                with crash_at(step):
                    self.writer.maintain(lambda clips: _without(clips, drop))
            except Crash:
                self._recover()
                assert self._seen() in (before, _flat(named)), "half a maintenance is visible"
        self.writer.maintain(lambda clips: _without(clips, drop))
        self.committed = named

    @rule()
    def run_again(self) -> None:
        self._recover()

    @invariant()
    def seen_is_committed(self) -> None:
        assert self._seen() == _flat(self.committed)

    def _published(self) -> dict[tuple[int, int], list[Row]]:
        """What is staged, once it is committed: accepted clips keep the names that they have."""
        names = {clip: name for rows in self.committed.values() for clip, _, name in rows}
        return {
            key: [(clip, status, names.get(clip) if status == "accepted" else None) for clip, status, _ in rows]
            for key, rows in self.staged.items()
        }

    def _commit(self) -> None:
        self.writer.commit()
        self.committed.update(self._published())
        self.staged.clear()
        assert self.writer.problems == ()

    def _recover(self) -> None:
        self.writer.close()
        self.writer = _open(self.root)

    def _seen(self) -> list[Row]:
        """The clips of the newest manifest; their latents and previews must be there, and no others."""
        state = manifests.newest(locate(self.root))
        assert state is not None
        clips, latents, previews = (
            parts.read_all(locate(self.root), table, state.parts(table), columns)
            for table, columns in (
                ("clips", ["clip_id", "status", "subject_id"]),
                ("latents", ["clip_id"]),
                ("previews", ["clip_id"]),
            )
        )
        rows = sorted(zip(*(column.to_pylist() for column in clips.columns), strict=True))
        assert sorted(latents["clip_id"].to_pylist()) == [row[0] for row in rows if row[1] == "accepted"]
        assert sorted(previews["clip_id"].to_pylist()) == [row[0] for row in rows if row[1] != "failed"]
        return rows


def _flat(
    spans: dict[tuple[int, int], list[Row]],
) -> list[Row]:
    return sorted(row for rows in spans.values() for row in rows)


Commits.TestCase.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCommits = Commits.TestCase


def test_an_error_half_way_leaves_a_writer_that_works(tmp_path: Path) -> None:
    with _open(tmp_path) as writer:
        for source in range(3):
            stage(tmp_path, source)
            writer.commit()
        stage(tmp_path, 1, status="failed")
        for step in range(1, 12):
            try:
                with crash_at(step):
                    writer.commit()
            except Crash:
                assert_whole(tmp_path)
        writer.commit()
        assert assert_whole(tmp_path) == 3
        assert len(rows_of(tmp_path, "latents")) == 2
    assert_glob_is_view(tmp_path)


@pytest.mark.slow
def test_kill_minus_nine_at_any_moment(tmp_path: Path) -> None:
    root, expected = tmp_path / "killed", tmp_path / "expected"
    random = np.random.default_rng(7)
    command = [sys.executable, commit_loop.__file__, str(root), str(SOURCES)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    seen = [0]
    kills = 0
    for delay in random.uniform(0.02, 0.12, size=3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"ready\n"
            end = time.monotonic() + delay
            while time.monotonic() < end:  # a reader while the run goes on
                seen.append(assert_whole(root))
            kills += run.poll() is None
            run.kill()
        seen.append(assert_whole(root))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    commit_loop.main(str(expected), SOURCES)
    assert kills >= 2
    assert seen == sorted(seen)
    assert _state(root) == _state(expected)
    assert_glob_is_view(root)
    assert os.listdir(root / "_work") == []
