"""Fetching entries: what is checked, what is kept, what is locked, and what is said when it goes wrong."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.weights.download import FetchFailed, Patience
from models.weights.entry import Weights
from models.weights.fetch import Fetcher, fetchable, groups
from models.weights.origins import File
from models.weights.registry import REGISTRY, weights
from models.weights.store import WeightsMissing, in_use
from tests.made.faulty_server import Answer, Site, faulty_site
from tests.made.weights import content, entry, git_blob, known, own_store, register, sha256

NET = content(1.0)
OTHER = content(2.0)
FAST = Patience(connect=2, read=0.5, attempts=3, pause=0.01)


@pytest.fixture
def site() -> Iterator[Site]:
    with faulty_site() as site:
        yield site


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    register(monkeypatch, *(entry(name=name) for name in ("made", "first", "second")))
    return own_store(tmp_path, monkeypatch)


class Heard(list[str]):
    """The notes that were told."""

    def __call__(self, file: str, done: int, total: int | None, note: str = "") -> None:
        if note:
            self.append(note)


def fetch(*entries: Weights, heard: Heard | None = None) -> list[str]:
    """Fetch entries of one group; all that was said."""
    fetcher = Fetcher(Heard() if heard is None else heard, FAST)
    return [text for taken in fetcher.fetch(entries) for text in taken.said]


def left_over(store: Path) -> list[str]:
    """What stands in the store besides what is kept: parts and unchecked files."""
    parts = [path.name for path in (store / "_parts").iterdir() if path.suffix != ".lock"]
    return parts + [path.name for path in store.glob("_new-*")]


def test_a_published_file_is_fetched_checked_kept_and_used(
    site: Site, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = entry(known(NET, site.serve("/net.pth", Answer(NET))))
    register(monkeypatch, made)
    said = fetch(made)
    assert said == [f"made: {store}/made/{sha256(NET)}/net.pth, sha256 {sha256(NET)}", "the published file"]
    assert weights("made").path().read_bytes() == NET
    assert weights("made").sha256 == sha256(NET)
    assert weights("made").state == "present"
    assert not (tmp_path / "weights.lock").exists()
    assert left_over(store) == []


def test_what_is_here_is_not_fetched_again(site: Site) -> None:
    made = entry(known(NET, site.serve("/net.pth", Answer(NET))))
    fetch(made)
    assert fetch(made)[0].endswith("was here already")
    assert len(site.requests) == 1


def test_what_was_damaged_here_is_fetched_again(site: Site, store: Path) -> None:
    made = entry(known(NET, site.serve("/net.pth", Answer(NET))))
    fetch(made)
    (store / "made" / sha256(NET) / "net.pth").write_bytes(b"damaged")
    heard = Heard()
    assert fetch(made, heard=heard)[1] == "the published file"
    assert f"was changed: sha256 {sha256(b'damaged')}, recorded {sha256(NET)}" in heard[0]
    assert made.path().read_bytes() == NET


def test_a_fetch_that_was_broken_off_goes_on_at_the_next_call(site: Site, store: Path) -> None:
    url = site.serve("/net.pth", Answer(NET, cut=40_000), Answer(NET, cut=0))
    made = entry(known(NET, url))
    with pytest.raises(FetchFailed, match="40000 bytes are kept"):
        fetch(made)
    assert made.state == "missing"
    site.serve("/net.pth", Answer(NET))
    fetch(made)
    assert site.requests[-1][1]["Range"] == "bytes=40000-"
    assert made.path().read_bytes() == NET
    assert left_over(store) == []


def test_a_wrong_file_is_refused_and_nothing_is_kept(site: Site, store: Path) -> None:
    url = site.serve("/net.pth", Answer(OTHER))
    made = entry(known(NET, url))
    with pytest.raises(FetchFailed) as error:
        fetch(made)
    assert str(error.value) == (
        f"weights made: {url} gave another file than the published one: net.pth has sha256 {sha256(OTHER)}, expected "
        f"{sha256(NET)}; nothing was kept. Run it again; if it stays so, get the file from https://made.invalid/page "
        "and run: python jobs/weights.py add made FILE"
    )
    assert made.state == "missing"
    assert left_over(store) == []
    assert len(site.requests) == 1


def test_parts_of_two_files_are_noticed_and_fetched_anew(site: Site) -> None:
    """A server whose file changed but whose ETag did not: only the hash tells."""
    url = site.serve("/net.pth", Answer(OTHER, cut=40_000), Answer(NET))
    heard = Heard()
    fetch(entry(known(NET, url)), heard=heard)
    assert "the parts do not fit together; starting again" in heard
    assert [headers.get("Range") for _, headers in site.requests] == [None, "bytes=40000-", None]
    assert entry(known(NET, url)).path().read_bytes() == NET


def test_a_web_page_that_says_it_is_a_file_is_refused(site: Site, store: Path) -> None:
    page = b"\n<!DOCTYPE HTML><html>confirm the download</html>"
    url = site.serve("/net.pth", Answer(page, headers={"Content-Type": "application/octet-stream"}))
    with pytest.raises(
        FetchFailed, match="gave another file than the published one: net.pth is a web page; nothing was"
    ):
        fetch(entry(File("net.pth", url)))
    assert left_over(store) == []


def test_git_s_blob_id_is_a_checksum(site: Site) -> None:
    good = entry(File("net.pth", site.serve("/net.pth", Answer(NET)), git_blob=git_blob(NET)))
    assert fetch(good)[1] == "the published file"
    bad = entry(File("net.pth", site.serve("/net.pth", Answer(OTHER)), git_blob=git_blob(NET)), name="second")
    with pytest.raises(FetchFailed, match=f"has Git blob id {git_blob(OTHER)}, expected {git_blob(NET)}"):
        fetch(bad)


def test_without_a_published_checksum_the_first_hash_seen_is_locked(site: Site, tmp_path: Path) -> None:
    url = site.serve("/net.pth", Answer(NET))
    said = fetch(entry(File("net.pth", url)))
    lock = tmp_path / "weights.lock"
    assert said[1:] == [
        "no checksum is published for it: recorded by its own hash",
        f"{lock}: made is locked to sha256 {sha256(NET)}; commit this file",
    ]
    assert json.loads(lock.read_text()) == {
        "made": {"files": {"net.pth": sha256(NET)}, "sha256": sha256(NET), "source": url}
    }


def test_a_later_difference_from_the_locked_hash_is_an_error(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.serve("/net.pth", Answer(NET))
    made = entry(File("net.pth", url))
    fetch(made)
    site.serve("/net.pth", Answer(OTHER))
    own_store(tmp_path / "another machine", monkeypatch)
    monkeypatch.setenv("VASARI_WEIGHTS_LOCK", str(tmp_path / "weights.lock"))
    with pytest.raises(FetchFailed) as error:
        fetch(made)
    assert str(error.value) == (
        f"weights made: {url} gave another file than {tmp_path}/weights.lock asks for: net.pth has sha256 "
        f"{sha256(OTHER)}, expected {sha256(NET)}; nothing was kept. If the change is right, take made out of the lock "
        "file and run: python jobs/weights.py fetch made"
    )
    assert made.state == "missing"


def test_a_file_of_the_right_hash_is_still_looked_into(site: Site, store: Path) -> None:
    wrong = content(1.0, {"layer.weight": (40, 501), "layer.bias": (40,)})
    url = site.serve("/net.pth", Answer(wrong))
    with pytest.raises(WeightsMissing) as error:
        fetch(entry(known(wrong, url)))
    assert f"not taken: {url}: tensor layer.weight is [40, 501], expected [40, 500]" in str(error.value)
    assert in_use("made") is None


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"pack/{name}.pth", data)
    return file.getvalue()


def members(url: str) -> tuple[Weights, Weights]:
    """Two entries that lie in one archive."""
    first = replace(known(NET, url, "first.pth"), member="pack/first.pth")
    second = replace(known(OTHER, url, "second.pth"), member="pack/second.pth")
    return entry(first, name="first"), entry(second, name="second")


def test_members_of_one_archive_are_fetched_with_one_download(site: Site, store: Path) -> None:
    pair = members(site.serve("/pack.zip", Answer(zipped(first=NET, second=OTHER))))
    assert groups(pair) == [list(pair)]
    fetch(*pair)
    assert [each.path().read_bytes() for each in pair] == [NET, OTHER]
    assert [each.path().name for each in pair] == ["first.pth", "second.pth"]
    assert len(site.requests) == 1
    assert left_over(store) == []


def test_an_archive_without_the_member_or_that_is_none(site: Site, store: Path) -> None:
    first, second = members(site.serve("/pack.zip", Answer(zipped(first=NET))))
    fetch(first)
    with pytest.raises(FetchFailed, match="no pack/second.pth can be taken out of it"):
        fetch(second)
    site.serve("/pack.zip", Answer(b"not a zip"))
    with pytest.raises(FetchFailed, match="no pack/second.pth can be taken out of it .*not a zip file"):
        fetch(second)
    assert left_over(store) == []


def test_an_archive_with_another_member_than_the_published_one(site: Site) -> None:
    first, _ = members(site.serve("/pack.zip", Answer(zipped(first=OTHER))))
    with pytest.raises(FetchFailed, match=f"first.pth has sha256 {sha256(OTHER)}, expected {sha256(NET)}"):
        fetch(first)


def test_several_files_of_one_entry_become_one_folder(site: Site, store: Path) -> None:
    config = b'{"layers": 1}'
    both = entry(
        known(config, site.serve("/config.json", Answer(config)), "config.json"),
        known(NET, site.serve("/net.pth", Answer(NET))),
    )
    fetch(both)
    folder = both.path()
    lines = f"{sha256(config)}  config.json\n{sha256(NET)}  net.pth\n"
    assert folder == store / "made" / sha256(lines.encode())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"config.json": config, "net.pth": NET}
    assert both.sha256 == folder.name


def test_a_mirror_stands_in_for_all_publishers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASARI_WEIGHTS_MIRROR", site.url + "/copies/")
    site.serve("/copies/made/net.pth", Answer(NET))
    site.serve("/copies/first/first.pth", Answer(NET))
    by_hand = entry(known(NET))
    first, second = members("https://nowhere.invalid/pack.zip")
    assert fetchable(by_hand)
    assert groups([first, second, by_hand]) == [[first], [second], [by_hand]]
    assert fetch(by_hand)[1] == "the published file"
    assert fetch(first)[1] == "the published file"
    with pytest.raises(FetchFailed, match="/copies/second/second.pth: the server answered 404"):
        fetch(second)


def test_without_a_mirror_what_lies_behind_a_form_is_named_with_the_next_step() -> None:
    by_hand = entry(known(NET))
    assert not fetchable(by_hand)
    with pytest.raises(FetchFailed) as error:
        fetch(by_hand)
    assert str(error.value) == (
        "weights made: cannot be fetched by a program; download net.pth by hand from https://made.invalid/page , then "
        "run: python jobs/weights.py add made net.pth"
    )


def test_a_locked_file_that_nobody_publishes_comes_from_a_mirror_or_by_hand(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = entry(known(NET, site.serve("/net.pth", Answer(NET))))
    locked = {"files": {"net.pth": sha256(OTHER)}, "sha256": sha256(OTHER), "source": "a colleague"}
    (tmp_path / "weights.lock").write_text(json.dumps({"made": locked}))
    with pytest.raises(FetchFailed) as error:
        fetch(made)
    assert f"asks for sha256 {sha256(OTHER)}, published is {sha256(NET)}; bring the locked file and run" in str(
        error.value
    )
    assert site.requests == []
    monkeypatch.setenv("VASARI_WEIGHTS_MIRROR", site.url)
    site.serve("/made/net.pth", Answer(OTHER))
    said = fetch(made)
    assert said[1] == "not the published file: recorded by its own hash"
    assert made.path().read_bytes() == OTHER
    assert made.state == "present, not the published file"


def test_a_second_process_waits_and_then_finds_the_file(site: Site) -> None:
    made = entry(known(NET, site.serve("/net.pth", Answer(NET, cut=40_000, stall=0.4), Answer(NET))))
    said: list[list[str]] = []
    heard = Heard()
    threads = [threading.Thread(target=lambda: said.append(fetch(made, heard=heard))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(texts[1:] for texts in said) == [[], ["the published file"]]
    assert "another process is fetching it; waiting" in heard
    assert len(site.requests) == 2


@pytest.mark.parametrize("name", sorted(name for name in REGISTRY if REGISTRY[name].files))
def test_every_published_entry_says_where_it_comes_from(name: str) -> None:
    found = REGISTRY[name]
    assert found.source.startswith("https://")
    assert found.origin.hash_from  # type: ignore[union-attr]
    for file in found.files:
        assert file.url is None or file.url.startswith(("https://", "http://www.robots.ox.ac.uk/"))
        assert file.size is not None
        assert file.sha256 is not None
        assert len(file.sha256) == 64
        assert os.path.basename(file.name) == file.name
    assert fetchable(found) is (name not in ("l2cs", "deep3d"))
