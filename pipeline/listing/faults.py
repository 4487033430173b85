"""What an error says of a source: that the file is not as it should be, or that it cannot be reached at the moment.

The first is a verdict; the second is not, and the next run tries the source again.
"""

from __future__ import annotations

import errno
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from pipeline.child import ChildCrashed, ChildError, ChildTimeout

_PASSING = frozenset(
    getattr(errno, name)
    for name in [
        "EAGAIN",
        "EINTR",
        "EIO",
        "ENXIO",
        "EBUSY",
        "ENFILE",
        "EMFILE",
        "ENOSPC",
        "EDQUOT",
        "ENOMEM",
        "ESTALE",
        "EPIPE",
        "EREMOTEIO",
        "ETIMEDOUT",
        "ENODEV",
        "ECONNABORTED",
        "ECONNRESET",
        "ECONNREFUSED",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "ENETDOWN",
        "ENETUNREACH",
        "ENETRESET",
        "ENOTCONN",
        "ENOLINK",
        "ENOBUFS",
        "ECOMM",
        "EPROTO",
    ]
)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_PASSING_STATUS = frozenset({408, 425, 429})
_LOGIN_STATUS = frozenset({401, 407})
_CLIENTS = frozenset({"aiohttp", "aiobotocore", "botocore", "urllib3", "requests", "google", "gcsfs", "azure", "adlfs"})
"""Packages whose errors, where they carry no status, come from the way to the server and not from the file."""

_CREDENTIALS = re.compile(
    r"expired|credential|token.?refresh|request.?time.?too.?skewed|invalid.?client.?token|reauth", re.IGNORECASE
)
_SIGNATURES = frozenset({"x-amz-signature", "x-goog-signature", "signature", "sig"})

_CHECK = "check the path and its permissions"
_LATER = "run the same command again when it can be reached"
_LOGIN = "renew the credentials or the signed URL and run the same command again"


@dataclass(frozen=True)
class Fault:
    """reason: as in clips.reason. again: whether another try in a moment may go better. why, todo: in words."""

    reason: str
    again: bool
    why: str
    todo: str


class SourceFault(OSError):
    """A source that cannot be read, with its Fault; the message names the URI, the cause and the next step."""

    def __init__(self, uri: str, fault: Fault, tries: int = 1) -> None:
        tried = f"; tried {tries} times" if tries > 1 else ""
        super().__init__(f"{uri}: cannot be read ({fault.why}{tried}); {fault.todo}")
        self.fault = fault


def fault_of(error: BaseException, uri: str = "") -> Fault:
    """What the error, raised in reading `uri`, says.

    Passing: servers that answer 408, 425, 429 or 5xx, connections and names that fail, time limits, full disks, errors
    of the disk. Credentials: 401; 403 of a signed URL, or with words of expiry. All else is of the file: 404, 403.
    """
    if isinstance(error, SourceFault):
        return error.fault
    chain = list(_chain(error))
    for link in chain:
        status = _status(link)
        if status is not None:
            return _of_status(status, link, chain, uri)
    for link in chain:
        if isinstance(link, ChildTimeout):
            return Fault("unreachable", False, str(link), "run again with a larger --timeout, or when it can be read")
        if isinstance(link, ChildCrashed):
            return Fault("crashed", True, f"the process that read it {link}", _CHECK)
        if isinstance(link, ChildError):
            return Fault("error", False, _words(link), _CHECK)
    for link in chain:
        if isinstance(link, OSError) and link.errno in _FULL:
            folder = tempfile.gettempdir()
            return Fault("unreachable", True, _words(link), f"free space in {folder}, or name another folder by TMPDIR")
    for link in chain:
        if _of_credentials(link):
            return Fault("unreachable", False, _words(link), _LOGIN)
        if isinstance(link, ImportError):
            return Fault(
                "unreachable", False, _words(error), "install the package named and run the same command again"
            )
    for link in chain:
        if _is_passing(link):
            return Fault("unreachable", True, _words(link), _LATER)
    return Fault("unreadable", False, _words(error), _CHECK)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error of any client carries; one that aiohttp made up for a broken answer is none."""
    if type(error).__module__ == "aiohttp.http_exceptions":
        return None
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        response = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    for found in (
        getattr(error, "status", None),
        response,
        getattr(response, "status_code", None),
        getattr(error, "status_code", None),
        getattr(error, "code", None),
    ):
        if isinstance(found, int) and not isinstance(found, bool) and 400 <= found <= 599:
            return found
    return None


def _of_status(status: int, error: BaseException, chain: list[BaseException], uri: str) -> Fault:
    why = f"HTTP {status}: {_words(error)}"
    if status in _PASSING_STATUS or status >= 500:
        return Fault("unreachable", True, why, _LATER)
    expired = any(_CREDENTIALS.search(str(link)) for link in chain)
    if status in _LOGIN_STATUS or (expired and status in (400, 403)) or (status == 403 and _is_signed(uri)):
        return Fault("unreachable", False, why, _LOGIN)
    return Fault("unreadable", False, why, _CHECK)


def _is_signed(uri: str) -> bool:
    """Whether the URL carries a signature: such a URL is refused when its time is over."""
    return uri.startswith("http") and not _SIGNATURES.isdisjoint(name.lower() for name in parse_qs(urlsplit(uri).query))


def _of_credentials(error: BaseException) -> bool:
    """Whether a store refused who asks, rather than what was asked for."""
    named = type(error).__name__
    return _package(error) in _CLIENTS and bool(re.search("Credential|Token|Refresh|Auth|SSO", named))


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, FileNotFoundError):
        # the errors of a name server have numbers of their own
        return error.errno in _PASSING or isinstance(error, TimeoutError) or type(error).__name__.endswith("gaierror")
    if isinstance(error, TimeoutError | ConnectionError | InterruptedError):
        return True
    return _package(error) in _CLIENTS and not isinstance(error, ValueError)


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _words(error: BaseException) -> str:
    """The error on one line, with its type where its text does not say what it is."""
    text = " ".join(str(error).split())
    if isinstance(error, ChildError):
        return " ".join(str(error).splitlines()[0].split())
    if isinstance(error, OSError) and error.errno is not None:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
