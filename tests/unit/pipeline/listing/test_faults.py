"""What errors in reading say of a source: a verdict, or that it cannot be reached now."""

from __future__ import annotations

import errno
import os
import socket
from types import SimpleNamespace

import aiohttp
import pytest
from yarl import URL

from pipeline.child import ChildCrashed, ChildError, ChildTimeout
from pipeline.listing.faults import SourceFault, fault_of

URI = "https://host/a.mp4"
SIGNED = f"{URI}?X-Amz-Date=20240101T000000Z&X-Amz-Signature=00"


def http(status: int, message: str = "") -> Exception:
    request = SimpleNamespace(real_url=URL(URI))
    return aiohttp.ClientResponseError(request, (), status=status, message=message)  # type: ignore[arg-type]


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


class ClientError(Exception):
    """As botocore's: the status is in a dictionary."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"An error occurred ({code})")
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


PASSING = [
    *(http(status) for status in (408, 425, 429, 500, 502, 503, 504, 599)),
    caused(FileNotFoundError(URI), http(503)),  # as fsspec says it
    caused(PermissionError("SlowDown"), ClientError("SlowDown", 503)),
    aiohttp.ClientConnectionError("cannot connect"),
    caused(aiohttp.ClientPayloadError("not enough data"), aiohttp.http.HttpProcessingError(code=400, message="short")),
    aiohttp.ServerDisconnectedError(),
    caused(OSError(f"{URI}: it went wrong"), TimeoutError()),
    socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    caused(FileNotFoundError(URI), socket.gaierror(socket.EAI_AGAIN, "Temporary failure")),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    TimeoutError(),
    *(OSError(code, os.strerror(code)) for code in (errno.EIO, errno.ESTALE, errno.ENOSPC, errno.EDQUOT, errno.EMFILE)),
]
BARRED = [
    (http(401), URI),
    (http(403), SIGNED),
    (http(403, "Request has expired"), URI),
    (caused(PermissionError("The provided token has expired"), ClientError("ExpiredToken", 400)), "s3://b/a.mp4"),
    (caused(ValueError("s3"), ImportError("Install s3fs to access S3")), "s3://b/a.mp4"),
]
LASTING = [
    (http(404), URI),
    (http(410), URI),
    (http(403), URI),
    (caused(PermissionError("Access Denied"), ClientError("AccessDenied", 403)), "s3://b/a.mp4"),
    (FileNotFoundError(URI), URI),
    (FileNotFoundError(errno.ENOENT, "No such file", "/a.mp4"), "/a.mp4"),
    (PermissionError(errno.EACCES, "Permission denied", "/a.mp4"), "/a.mp4"),
    (IsADirectoryError(errno.EISDIR, "Is a directory", "/a.mp4"), "/a.mp4"),
    (OSError(errno.ENAMETOOLONG, "File name too long"), "/a.mp4"),
    (ValueError("embedded null byte"), "/a.mp4"),
    (aiohttp.InvalidURL("http://["), "http://["),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_passes_is_tried_again(error: Exception) -> None:
    fault = fault_of(error, URI)
    assert (fault.reason, fault.again) == ("unreachable", True)


@pytest.mark.parametrize(("error", "uri"), BARRED, ids=repr)
def test_what_a_login_mends_is_no_verdict_but_not_tried_again_at_once(error: Exception, uri: str) -> None:
    fault = fault_of(error, uri)
    assert (fault.reason, fault.again) == ("unreachable", False)
    assert "run the same command again" in fault.todo


@pytest.mark.parametrize(("error", "uri"), LASTING, ids=repr)
def test_what_stays_is_a_verdict(error: Exception, uri: str) -> None:
    assert (fault_of(error, uri).reason, fault_of(error, uri).again) == ("unreadable", False)


def test_faults_of_the_child_that_reads() -> None:
    assert fault_of(ChildTimeout("took longer than 5 s")).reason == "unreachable"
    assert "--timeout" in fault_of(ChildTimeout("took longer than 5 s")).todo
    assert fault_of(ChildCrashed("died of SIGKILL")).reason == "crashed"
    assert fault_of(ChildError("LookupError: no\nTraceback")).reason == "error"
    assert fault_of(ChildError("LookupError: no\nTraceback")).why == "LookupError: no"


def test_a_full_disk_is_told_what_to_do(tmp_path: os.PathLike[str]) -> None:
    fault = fault_of(OSError(errno.ENOSPC, "No space left on device"))
    assert "free space in" in fault.todo
    assert "TMPDIR" in fault.todo
    error = SourceFault("/a.mp4", fault, 5)
    assert str(error).startswith("/a.mp4: cannot be read ([Errno 28] No space left on device; tried 5 times); free")
    assert fault_of(error) is fault
