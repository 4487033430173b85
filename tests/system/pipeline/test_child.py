"""A child process may hang, die or talk: the call it was on is lost, the next one is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.child import Child, ChildCrashed, ChildError, ChildTimeout
from pipeline.program import ROOT

LONG = 60.0


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.close()


def pid(child: Child) -> int:
    return child.call("os:getpid", seconds=LONG)


def test_answers_come_from_one_warm_process(child: Child) -> None:
    first = pid(child)
    assert first != os.getpid()
    assert child.call("operator:add", 2, 3, seconds=LONG) == 5
    assert child.call("pickle:dumps", "x" * 3_000_000, seconds=LONG).count(b"x") >= 3_000_000
    assert pid(child) == first


def test_an_exception_comes_back_as_text_and_the_process_stays(child: Child) -> None:
    first = pid(child)
    with pytest.raises(ChildError) as caught:
        child.call("json:loads", "no json", seconds=LONG)
    assert str(caught.value).splitlines()[0] == "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    assert "in raw_decode" in str(caught.value)
    with pytest.raises(ChildError, match="ModuleNotFoundError: No module named 'nothing_here'"):
        child.call("nothing_here:f", seconds=LONG)
    assert pid(child) == first


def test_a_hang_ends_at_the_limit_and_a_fresh_process_answers_next(child: Child) -> None:
    first = pid(child)
    start = time.monotonic()
    with pytest.raises(ChildTimeout, match=r"^took longer than 0\.3 s$"):
        child.call("time:sleep", 1000, seconds=0.3)
    assert time.monotonic() - start < 5
    assert gone(first)
    assert pid(child) != first


def test_a_segfault_is_named_and_costs_its_call_alone(child: Child) -> None:
    assert child.call("operator:add", 1, 1, seconds=LONG) == 2
    with pytest.raises(ChildCrashed, match=r"^died of SIGSEGV"):
        child.call("ctypes:string_at", 0, seconds=LONG)
    assert child.call("operator:add", 2, 2, seconds=LONG) == 4


def test_an_exit_is_reported_with_its_code_and_last_words(child: Child) -> None:
    child.call("os:write", 2, b"the library\n gave up\n", seconds=LONG)
    with pytest.raises(ChildCrashed, match=r"^exited with code 3; last words: the library gave up$"):
        child.call("os:_exit", 3, seconds=LONG)


def test_a_process_killed_between_calls_is_replaced(child: Child) -> None:
    first = pid(child)
    os.kill(first, signal.SIGKILL)
    time.sleep(0.2)
    assert child.call("operator:add", 2, 2, seconds=LONG) == 4


def test_what_is_printed_does_not_reach_the_pipe(child: Child) -> None:
    assert child.call("os:write", 1, b"from native code\n", seconds=LONG) == 17
    assert child.call("os:system", "echo from a process of its own", seconds=LONG) == 0
    assert child.call("builtins:print", "from Python " * 10_000, seconds=LONG) is None
    assert child.call("operator:add", 2, 2, seconds=LONG) == 4


def test_memory_beyond_the_limit_is_an_error_of_the_call() -> None:
    child = Child(memory=2 << 30)
    try:
        assert child.call("builtins:bytearray", 1 << 20, seconds=LONG) == bytes(1 << 20)
        first = pid(child)
        with pytest.raises(ChildError, match="MemoryError"):
            child.call("builtins:bytearray", 3 << 30, seconds=LONG)
        assert pid(child) == first
    finally:
        child.close()


def test_close_ends_the_process_and_may_come_twice(child: Child) -> None:
    first = pid(child)
    child.close()
    child.close()
    assert gone(first)


def test_a_hung_child_ends_with_its_parent() -> None:
    code = (
        "from pipeline.child import Child\n"
        "child = Child()\n"
        "print(child.call('os:getpid', seconds=60), flush=True)\n"
        "child.call('time:sleep', 1000, seconds=1000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    assert not gone(orphan)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while not gone(orphan) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gone(orphan)


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_child_asks_its_parent_and_goes_on_with_the_answer(child: Child) -> None:
    asked: list[tuple] = []

    def answer(*question: int) -> int:
        asked.append(question)
        return sum(question)

    assert child.call("tests.made.faulty:questions", 3, seconds=LONG, asked=answer) == [1, 3, 6]
    assert asked == [(0, 1), (1, 2), (3, 3)]
    assert child.call("operator:add", 1, 1, seconds=LONG) == 2


def test_a_question_without_an_answer_is_an_error_in_the_child(child: Child) -> None:
    def refuse(*question: int) -> int:
        raise LookupError("no GPU answers")

    first = pid(child)
    with pytest.raises(ChildError, match="AskFailed: LookupError: no GPU answers"):
        child.call("tests.made.faulty:questions", 1, seconds=LONG, asked=refuse)
    assert pid(child) == first


def test_a_question_answered_too_late_is_told_from_other_errors(child: Child) -> None:
    def late(*question: int) -> int:
        raise TimeoutError("no answer in 5 s")

    with pytest.raises(ChildError, match="AskOverdue: TimeoutError: no answer in 5 s"):
        child.call("tests.made.faulty:questions", 1, seconds=LONG, asked=late)


def test_the_time_an_answer_takes_does_not_count(child: Child) -> None:
    def slow(*question: int) -> int:
        time.sleep(0.4)
        return 0

    assert child.call("tests.made.faulty:questions", 0, seconds=LONG, asked=slow) == []  # the module is imported now
    assert child.call("tests.made.faulty:questions", 3, seconds=1.0, asked=slow) == [0, 0, 0]
    with pytest.raises(ChildTimeout):
        child.call("tests.made.faulty:ask_and_hang", seconds=0.5, asked=slow)
