"""Lines of progress: each renews itself on a terminal, and a log never holds a carriage return."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import termios

import pytest

from pipeline.cli.progress import ProgressLines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_whole_lines_now_and_then_and_what_is_told_at_once() -> None:
    out = io.StringIO()
    lines = ProgressLines(out, every=1000)
    lines.tell(lambda: pytest.fail("it is not time, and nothing is made that is not said"))
    lines.tell(lambda: "a 1", "a", at_once=True)
    lines.tell(lambda: "b 1", "b")
    lines.tell(lambda: "a 2", "a", last=True)
    lines.close()
    assert out.getvalue() == "a 1\na 2\n"
    assert (lines.said("a"), lines.said("b")) == (True, False)


def test_quiet_says_nothing_anywhere() -> None:
    for out in (io.StringIO(), Terminal()):
        lines = ProgressLines(out, every=0, quiet=True)
        lines.tell(lambda: "a", at_once=True)
        lines.tell(lambda: "b", last=True)
        lines.close()
        assert out.getvalue() == ""


def test_a_line_of_a_terminal_renews_itself_until_the_last() -> None:
    out = Terminal()
    lines = ProgressLines(out)
    for text in ("1 of 2", "2 of 2"):
        lines.tell(lambda text=text: text, at_once=True)
    assert out.getvalue() == "\r1 of 2\r2 of 2"
    lines.tell(lambda: "done", last=True)
    assert out.getvalue().endswith("\n")


def on_a_terminal(rows: int, columns: int) -> list[str]:
    """What a real terminal of this size is sent for a line of 50 letters and a last one, between carriage returns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with os.fdopen(slave, "w") as out, os.fdopen(master, "rb", buffering=0) as screen:
        lines = ProgressLines(out)
        lines.tell(lambda: "0123456789" * 5, at_once=True)
        lines.tell(lambda: "the end", last=True)
        said = b""
        while not said.endswith(b"\n"):  # a terminal passes on what it is sent when it can
            assert select.select([screen], [], [], 10)[0], said
            said += screen.read(1000)
        return said.decode().replace("\r\n", "\n").split("\r")


def test_what_is_wider_than_the_terminal_is_cut_there() -> None:
    """A line that wrapped could not be renewed: the terminal would fill with its first rows."""
    shown = on_a_terminal(24, 20)
    assert shown[1].startswith("0123456789")
    assert max(map(len, shown)) <= 20
    assert shown[-1].startswith("the end")


def test_a_terminal_that_does_not_know_its_size_is_told_all_the_same() -> None:
    shown = on_a_terminal(0, 0)
    assert shown[1] == "0123456789" * 5
    assert shown[-1].startswith("the end")
