"""Progress of downloads in words, on a terminal and elsewhere."""

from __future__ import annotations

import io
import re

import pytest

from pipeline.weights.download_lines import DownloadLines, line, megabytes


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "unknown"), (0, "0 bytes"), (1596, "1596 bytes"), (229_032, "0.2 MB"), (377_607_901, "378 MB")],
)
def test_sizes_for_people(size: int | None, text: str) -> None:
    assert megabytes(size) == text


def test_a_line_says_share_speed_time_left_and_what_goes_on() -> None:
    assert line("net.pth", 50_000_000, 200_000_000, 25e6, "") == "net.pth  50 MB of 200 MB (25%)  25.0 MB/s  6 s left"
    assert line("net.pth", 200_000_000, 200_000_000, 25e6, "") == "net.pth  200 MB of 200 MB (100%)  25.0 MB/s"
    assert line("net.pth", 50_000_000, None, 0.0, "trying again") == "net.pth  50 MB  trying again"


def test_elsewhere_than_on_a_terminal_it_is_said_now_and_then() -> None:
    out = io.StringIO()
    tell = DownloadLines(out, every=1000)
    for done in range(0, 100, 10):
        tell("a", done, 100)
    tell("b", 1, None)
    tell("a", 60, 100, "broken; trying again")
    tell("a", 100, 100)
    lines = out.getvalue().splitlines()
    assert [text.split("  ")[:2] for text in lines] == [
        ["a", "0 bytes of 100 bytes (0%)"],
        ["b", "1 bytes"],
        ["a", "60 bytes of 100 bytes (60%)"],
        ["a", "100 bytes of 100 bytes (100%)"],
    ]
    assert lines[2].endswith("broken; trying again")


def test_on_a_terminal_each_file_keeps_its_line() -> None:
    out = Terminal()
    tell = DownloadLines(out)
    tell("a", 0, 100)
    tell("b", 0, 100)
    tell("a", 100, 100)
    tell.close()
    assert re.sub(r"  [\d.]+ MB/s", "", out.getvalue()) == (
        "\ra  0 bytes of 100 bytes (0%)"
        "\n\rb  0 bytes of 100 bytes (0%)\x1b[A"
        + "\ra  100 bytes of 100 bytes (100%)" * 2
        + "\n\rb  0 bytes of 100 bytes (0%)\n"
    )
