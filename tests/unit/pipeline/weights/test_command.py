"""Fetching several weights at once: how it ends when it is stopped or something breaks."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.weights import fetch as fetching
from models.weights.download import Patience
from models.weights.registry import weights
from pipeline.weights.command import fetch
from tests.made.faulty_server import Answer, Site, faulty_site
from tests.made.weights import content, entry, known, own_store, register

NET = content(1.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with faulty_site() as site:
        yield site


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_store(tmp_path, monkeypatch)


def test_an_interrupt_does_not_wait_for_a_silent_server(
    site: Site, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Answer(NET, cut=40_000, stall=20)
    made = [entry(known(NET, site.serve(f"/{n}/net.pth", silent)), name=n) for n in ("one", "two")]
    register(monkeypatch, *made)
    # a shell starts what runs in the background with this signal ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(1.0, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            fetch(["one", "two"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 5
    assert weights("one").state == "missing"


def test_four_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four answers that each take half a second take less than two together."""
    names = ["one", "two", "three", "four"]
    slow = Answer(NET, cut=len(NET), stall=0.5)
    register(monkeypatch, *(entry(known(NET, site.serve(f"/{n}/net.pth", slow)), name=n) for n in names))
    start = time.monotonic()
    done, wrong = fetch(names)
    assert time.monotonic() - start < 1.9
    assert (len(done), wrong) == (4, [])


def test_a_full_disk_is_one_error_among_the_results(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, *(entry(known(NET, site.serve(f"/{n}", Answer(NET))), name=n) for n in ("one", "two")))
    real = fetching.take

    def full(each: object, *rest: object) -> object:
        if each.name == "one":  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device", "/disk/one")
        return real(each, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching, "take", full)
    done, wrong = fetch(["one", "two"])
    assert [text.split(":")[0] for text in done] == ["two"]
    assert wrong == ["[Errno 28] No space left on device: '/disk/one'"]


def test_a_bug_keeps_its_traceback(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, entry(known(NET, site.serve("/net.pth", Answer(NET)))))
    monkeypatch.setattr(fetching, "take", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        fetch(["made"])


def test_patience_covers_a_pause_of_half_a_minute() -> None:
    assert sum(Patience().pause * 2**i for i in range(Patience().attempts - 1)) == 15
    assert Patience().read == 30
