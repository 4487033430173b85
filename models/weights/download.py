"""One URL to one file, over connections that break: resumed where the server allows it, tried again where it fails.

pooch, fsspec and torch.hub start from zero after a break, and huggingface_hub goes on with a file that changed
meanwhile (docs/weights.md has what was tried); so this is a loop around requests, which brings proxies, redirects and
timeouts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

import requests
import urllib3

from models.weights.store import WeightsMissing, write_text

_BLOCK = 1 << 18
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
_PASSING = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)


class FetchFailed(WeightsMissing):
    """A file that could not be fetched, or is not what was asked for: the URL, the cause, the next step."""


class Stopped(Exception):
    """The user stopped it; what has come so far is kept."""


class OnProgress(Protocol):
    """Hears how far a file is: bytes there, bytes in all (None: the server did not say), and what goes on."""

    def __call__(self, file: str, done: int, total: int | None, note: str = "") -> None: ...


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for a connection and for the next bytes; attempts in a row without new bytes; first pause."""

    connect: float = 15.0
    read: float = 30.0
    attempts: int = 5
    pause: float = 1.0


class _Passing(Exception):
    """A fault that may be gone at the next attempt."""


@dataclass
class _Part:
    """What has come so far, and by which mark the server will know whether it is still the same file."""

    path: Path

    @property
    def notes(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    def resumable(self, url: str) -> tuple[int, dict[str, str]]:
        """Bytes that can be kept, and what the server said of them; 0 where it gave no mark of the file's version."""
        if not (self.path.is_file() and self.notes.is_file()):
            return 0, {}
        said: dict[str, str] = json.loads(self.notes.read_text())
        return (self.path.stat().st_size, said) if said["url"] == url and said["mark"] else (0, {})

    def begin(self, url: str, response: requests.Response) -> None:
        """Start the file again, with the marks of this answer. A weak ETag cannot vouch for single bytes."""
        etag = response.headers.get("ETag", "")
        mark = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
        self.path.write_bytes(b"")
        write_text(
            self.notes, json.dumps({"url": url, "mark": mark, "total": response.headers.get("Content-Length", "")})
        )

    def drop(self) -> None:
        """Forget what has come."""
        self.path.unlink(missing_ok=True)
        self.notes.unlink(missing_ok=True)


@dataclass(frozen=True)
class Wanted:
    """A URL, the name of its file for people, and its size in bytes where that is known."""

    url: str
    name: str
    size: int | None = None


def download(wanted: Wanted, path: Path, on_progress: OnProgress, patience: Patience, stop: Event) -> bool:
    """Fetch a URL into `path`; True when bytes of an earlier connection are part of it.

    What came is kept in `path` (and its notes beside it) when it breaks off, and the next call goes on from there.
    Raises FetchFailed when it will not come, Stopped when `stop` is set.
    """
    part = _Part(path)
    furthest, failures = part.resumable(wanted.url)[0], 0
    with requests.Session() as session:
        while True:
            try:
                return _attempt(session, wanted, part, on_progress, patience, stop)
            except (_Passing, *_PASSING) as error:
                have = path.stat().st_size if path.is_file() else 0
                failures = 1 if have > furthest else failures + 1
                furthest = max(furthest, have)
                cause = _cause(error)
                if failures >= patience.attempts:
                    kept = f"{have} bytes are kept, " if have else ""
                    raise FetchFailed(
                        f"{wanted.url}: {cause}, {failures} times in a row; {kept}run the same command again to go on, "
                        "or set VASARI_WEIGHTS_MIRROR or HTTPS_PROXY (docs/weights.md)"
                    ) from error
                on_progress(wanted.name, have, wanted.size, f"{cause}; trying again")
                if stop.wait(patience.pause * 2 ** (failures - 1)):
                    raise Stopped from error
            except requests.exceptions.RequestException as error:
                raise FetchFailed(f"{wanted.url}: {_cause(error)}; {_elsewhere(wanted)}") from error


def forget(path: Path) -> None:
    """Remove what `download` has left at `path`."""
    _Part(path).drop()


def _attempt(
    session: requests.Session, wanted: Wanted, part: _Part, on_progress: OnProgress, patience: Patience, stop: Event
) -> bool:
    """One connection: the rest of the file, or all of it."""
    start, said = part.resumable(wanted.url)
    if start and said["total"] == str(start):
        return True
    headers = {"Accept-Encoding": "identity", "User-Agent": "vasari-weights"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": said["mark"]}
    timeout = (patience.connect, patience.read)
    with session.get(wanted.url, headers=headers, stream=True, timeout=timeout) as response:
        _refuse(response, wanted)
        if response.status_code == 416 or (response.status_code == 206 and not _goes_on(response, start, said)):
            part.drop()
            raise _Passing("the file on the server changed")
        if response.status_code == 200:
            start = 0
            part.begin(wanted.url, response)
        length = response.headers.get("Content-Length")
        total = start + int(length) if length and "Content-Encoding" not in response.headers else wanted.size
        if wanted.size is not None and total != wanted.size:
            part.drop()
            raise FetchFailed(
                f"{wanted.url}: the server offers {total} bytes, {wanted.name} has {wanted.size} as published; "
                f"{_elsewhere(wanted)}"
            )
        done = start
        with part.path.open("ab") as file:
            # iter_content would lose up to a block of what came before a break
            while block := response.raw.read1(_BLOCK, decode_content=True):
                file.write(block)
                done += len(block)
                on_progress(wanted.name, done, total)
                if stop.is_set():
                    raise Stopped
        if total is not None and done != total:
            raise _Passing(f"the connection ended after {done} of {total} bytes")
    return start > 0


def _goes_on(response: requests.Response, start: int, said: dict[str, str]) -> bool:
    """Whether a 206 answer is the rest of the same file: some servers heed Range and not If-Range."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    etag = response.headers.get("ETag", "")
    same = not (etag and said["mark"].startswith('"')) or etag == said["mark"]
    return bool(found and int(found[1]) == start and found[2] in ("*", said["total"] or found[2]) and same)


def _refuse(response: requests.Response, wanted: Wanted) -> None:
    """Raises FetchFailed for an answer that no second attempt will better, _Passing for one that it may."""
    status = response.status_code
    if status in _PASSING_STATUS:
        raise _Passing(f"the server answered {status} {response.reason}")
    if status not in (200, 206, 416):
        raise FetchFailed(f"{wanted.url}: the server answered {status} {response.reason}; {_elsewhere(wanted)}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        text = next(response.iter_content(4096), b"").decode(errors="replace")
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        said = f" titled {' '.join(title[1].split())!r}" if title else ""
        raise FetchFailed(
            f"{wanted.url}: the server sent a web page{said} in place of {wanted.name}: a login, a proxy or an error; "
            f"open the address in a browser to see; {_elsewhere(wanted)}"
        )


def _elsewhere(wanted: Wanted) -> str:
    return (
        f"set VASARI_WEIGHTS_MIRROR, or bring {wanted.name} here by other means and use: python jobs/weights.py add "
        "(docs/weights.md)"
    )


def _cause(error: BaseException) -> str:
    """The innermost words of an error that requests and urllib3 have wrapped several times."""
    while error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _cause(reason)
    last = error.args[-1] if error.args else ""
    text = str(last if isinstance(last, OSError) else error.args[0] if error.args else error)
    return text.split("): ", 1)[-1] if text.startswith("HTTP") else text or type(error).__name__
