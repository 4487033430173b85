"""Downloads from a real server that breaks off, stalls, lies, redirects, and changes its file."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from models.weights.download import FetchFailed, Patience, Stopped, Wanted, download, forget
from tests.made.faulty_server import Answer, Site, faulty_site

FILE = bytes(range(256)) * 2000
OTHER = bytes(reversed(FILE))
FAST = Patience(connect=2, read=0.4, attempts=3, pause=0.01)
WHOLE = Answer(FILE)
DATED = {"Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}


@pytest.fixture
def site() -> Iterator[Site]:
    with faulty_site() as site:
        yield site


class Heard(list[tuple[str, int, int | None, str]]):
    """Everything that was told of the progress."""

    def __call__(self, file: str, done: int, total: int | None, note: str = "") -> None:
        self.append((file, done, total, note))

    @property
    def notes(self) -> list[str]:
        return [note for *_, note in self if note]


def get(url: str, path: Path, heard: Heard | None = None, size: int | None = None, stop: Event | None = None) -> bool:
    return download(Wanted(url, "net.pth", size), path, Heard() if heard is None else heard, FAST, stop or Event())


def ranges(site: Site) -> list[tuple[str | None, str | None]]:
    """Range and If-Range of every request."""
    return [(headers.get("Range"), headers.get("If-Range")) for _, headers in site.requests]


def test_a_file_comes_whole_and_its_progress_is_told(site: Site, tmp_path: Path) -> None:
    heard = Heard()
    assert not get(site.serve("/net.pth", WHOLE), tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == FILE
    assert heard[-1] == ("net.pth", len(FILE), len(FILE), "")
    assert site.requests[0][1]["Accept-Encoding"] == "identity"


def test_a_proxy_is_asked_in_place_of_the_publisher(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a proxy the server gets the whole address; no name is looked up here."""
    url = "http://publisher.invalid/net.pth"
    site.serve(url, replace(WHOLE, cut=100_000), WHOLE)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, site.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert get(url, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE
    assert [path for path, _ in site.requests] == [url, url]
    assert ranges(site)[1] == ("bytes=100000-", '"1"')


def test_a_connection_that_breaks_off_is_taken_up_where_it_stopped(site: Site, tmp_path: Path) -> None:
    heard = Heard()
    url = site.serve("/net.pth", replace(WHOLE, cut=100_000), replace(WHOLE, cut=50_000), WHOLE)
    assert get(url, tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == FILE
    assert ranges(site) == [(None, None), ("bytes=100000-", '"1"'), ("bytes=150000-", '"1"')]
    assert len(heard.notes) == 2
    assert all(note.endswith("trying again") for note in heard.notes)


def test_a_server_that_falls_silent_is_left_and_asked_again(site: Site, tmp_path: Path) -> None:
    heard = Heard()
    assert get(site.serve("/net.pth", replace(WHOLE, cut=70_000, stall=3), WHOLE), tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == FILE
    assert ranges(site)[1] == ("bytes=70000-", '"1"')
    assert "timed out" in heard.notes[0]


def test_a_later_call_goes_on_with_what_an_earlier_one_has_kept(site: Site, tmp_path: Path) -> None:
    part = tmp_path / "part"
    url = site.serve("/net.pth", replace(WHOLE, cut=100_000), replace(WHOLE, cut=0))
    with pytest.raises(FetchFailed, match="3 times in a row; 100000 bytes are kept, run the same command again"):
        get(url, part)
    site.serve("/net.pth", WHOLE)
    assert get(url, part)
    assert part.read_bytes() == FILE
    assert ranges(site)[-1] == ("bytes=100000-", '"1"')


def test_a_part_of_another_url_is_not_gone_on_with(site: Site, tmp_path: Path) -> None:
    part = tmp_path / "part"
    with pytest.raises(FetchFailed):
        get(site.serve("/old.pth", replace(WHOLE, cut=100_000), replace(WHOLE, cut=0)), part)
    assert not get(site.serve("/net.pth", Answer(OTHER)), part)
    assert part.read_bytes() == OTHER


def test_a_whole_file_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", WHOLE)
    get(url, tmp_path / "part")
    assert get(url, tmp_path / "part")
    assert len(site.requests) == 1
    forget(tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ignores_range_sends_it_all_again(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", replace(WHOLE, cut=100_000), replace(WHOLE, ranges=False))
    assert not get(url, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE
    assert ranges(site)[1] == ("bytes=100000-", '"1"')


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(site: Site, tmp_path: Path) -> None:
    changed = Answer(OTHER, headers={"ETag": '"2"'})
    assert not get(site.serve("/net.pth", replace(WHOLE, cut=100_000), changed), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == OTHER


def test_a_server_that_heeds_range_but_not_if_range_is_seen_through(site: Site, tmp_path: Path) -> None:
    changed = Answer(OTHER, headers={"ETag": '"2"'}, if_range=False)
    heard = Heard()
    assert not get(site.serve("/net.pth", replace(WHOLE, cut=100_000), changed), tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == OTHER
    assert heard.notes[-1] == "the file on the server changed; trying again"


def test_a_file_that_became_shorter_than_its_part_is_fetched_from_its_start(site: Site, tmp_path: Path) -> None:
    short = Answer(b"short", if_range=False)
    get(site.serve("/net.pth", replace(WHOLE, cut=100_000), short), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == b"short"


def test_a_date_vouches_for_a_file_where_there_is_no_strong_etag(site: Site, tmp_path: Path) -> None:
    weak = Answer(FILE, headers={"ETag": 'W/"1"', **DATED})
    assert get(site.serve("/net.pth", replace(weak, cut=100_000), weak), tmp_path / "part")
    assert ranges(site)[1] == ("bytes=100000-", DATED["Last-Modified"])


def test_without_any_mark_of_its_version_a_file_is_fetched_from_its_start(site: Site, tmp_path: Path) -> None:
    unmarked = Answer(FILE, headers={})
    assert not get(site.serve("/net.pth", replace(unmarked, cut=100_000), unmarked), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE
    assert ranges(site) == [(None, None), (None, None)]


def test_it_goes_on_as_long_as_new_bytes_come(site: Site, tmp_path: Path) -> None:
    """Ten breaks, and three without new bytes would end it."""
    pieces = [replace(WHOLE, cut=50_000)] * 10
    assert get(site.serve("/net.pth", *pieces, WHOLE), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE


def test_it_gives_up_on_a_server_that_always_breaks_off_at_the_same_byte(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", replace(WHOLE, cut=100_000, ranges=False))
    with pytest.raises(FetchFailed, match=rf"^{url}: .*, 3 times in a row"):
        get(url, tmp_path / "part")
    assert len(site.requests) == 3


def test_a_file_without_a_length_that_ends_early_is_noticed_by_its_size(site: Site, tmp_path: Path) -> None:
    silent = replace(WHOLE, length=False)
    heard = Heard()
    assert get(site.serve("/net.pth", replace(silent, cut=1000), silent), tmp_path / "part", heard, size=len(FILE))
    assert (tmp_path / "part").read_bytes() == FILE
    assert heard.notes == ["the connection ended after 1000 of 512000 bytes; trying again"]


def test_a_file_sent_in_chunks_without_a_length(site: Site, tmp_path: Path) -> None:
    chunks = replace(WHOLE, chunked=True)
    heard = Heard()
    assert get(site.serve("/net.pth", replace(chunks, cut=30_000), chunks), tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == FILE
    assert heard[-1] == ("net.pth", len(FILE), None, "")
    assert len(heard.notes) == 1


def test_another_size_is_refused_before_the_file_comes(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", WHOLE)
    heard = Heard()
    with pytest.raises(FetchFailed, match=f"{url}: the server offers 512000 bytes, net.pth has 511999 as published"):
        get(url, tmp_path / "part", heard, size=len(FILE) - 1)
    assert heard == []
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_ends_it_at_once(site: Site, tmp_path: Path, status: int) -> None:
    url = site.serve("/net.pth", Answer(b"no", status))
    with pytest.raises(
        FetchFailed, match=rf"{url}: the server answered {status} .*; set VASARI_WEIGHTS_MIRROR, or bring"
    ):
        get(url, tmp_path / "part")
    assert len(site.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(site: Site, tmp_path: Path, status: int) -> None:
    heard = Heard()
    get(site.serve("/net.pth", Answer(b"later", status), WHOLE), tmp_path / "part", heard)
    assert (tmp_path / "part").read_bytes() == FILE
    assert heard.notes[0].startswith(f"the server answered {status}")


def test_a_web_page_in_place_of_the_file_is_refused_with_its_title(site: Site, tmp_path: Path) -> None:
    page = b"<!DOCTYPE html><html><head><title>Sign in to\n the network</title></head></html>"
    url = site.serve("/net.pth", Answer(page, headers={"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(FetchFailed, match="sent a web page titled 'Sign in to the network' in place of net.pth"):
        get(url, tmp_path / "part")
    assert len(site.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_followed_also_by_what_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.serve("/cdn/net.pth", replace(WHOLE, cut=100_000), WHOLE)
    url = site.serve("/net.pth", Answer(status=302, headers={"Location": "/cdn/net.pth"}, ranges=False))
    assert get(url, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE
    assert [path for path, _ in site.requests] == ["/net.pth", "/cdn/net.pth"] * 2
    assert ranges(site)[3] == ("bytes=100000-", '"1"')


def test_a_redirect_in_a_circle_is_an_error(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", Answer(status=302, headers={"Location": "/net.pth"}))
    with pytest.raises(FetchFailed, match="Exceeded 30 redirects"):
        get(url, tmp_path / "part")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/net.pth"
    with pytest.raises(FetchFailed, match=rf"^{url}: .*Connection refused.*, 3 times in a row; run the same command"):
        get(url, tmp_path / "part")


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="ftp://host/net.pth: No connection adapters were found"):
        get("ftp://host/net.pth", tmp_path / "part")


def test_stopped_by_the_user_it_ends_soon_and_keeps_what_has_come(site: Site, tmp_path: Path) -> None:
    stop = Event()

    class StopAtOnce(Heard):
        def __call__(self, *told: object, **note: object) -> None:
            stop.set()

    url = site.serve("/net.pth", WHOLE)
    with pytest.raises(Stopped):
        get(url, tmp_path / "part", StopAtOnce(), stop=stop)
    kept = (tmp_path / "part").stat().st_size
    assert 0 < kept < len(FILE)
    assert json.loads((tmp_path / "part.json").read_text()) == {"url": url, "mark": '"1"', "total": str(len(FILE))}
    assert get(url, tmp_path / "part")
    assert ranges(site)[1] == (f"bytes={kept}-", '"1"')


def test_the_usual_variables_name_a_proxy(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", site.url)
    site.serve("http://weights.invalid/net.pth", WHOLE)
    get("http://weights.invalid/net.pth", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == FILE
