"""A web server that does what bad connections and bad servers do, for tests of downloads."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    cut: bytes of the body after which the connection breaks off. stall: seconds of silence before that. ranges: whether
    Range is heeded; if_range: whether If-Range is. length: whether Content-Length is said. chunked: sent in chunks.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    cut: int | None = None
    stall: float = 0.0
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    chunked: bool = False


@dataclass
class Site:
    """The answers of each path in their order, the last one for ever; and the requests that came."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, Message]] = field(default_factory=list)

    def serve(self, path: str, *answers: Answer) -> str:
        """Answer requests for `path` so; its URL."""
        self.answers[path] = list(answers)
        return self.url + path

    def next(self, path: str, headers: Message) -> Answer:
        """The answer to a request that has come."""
        self.requests.append((path, headers))
        waiting = self.answers.get(path, [Answer(b"no such file", 404)])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Nothing on standard error."""

        def do_GET(self) -> None:
            answer = site.next(self.path, self.headers)
            status, body, start = answer.status, answer.body, 0
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            marks = (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
            if asked and answer.ranges and (not answer.if_range or self.headers.get("If-Range") in marks):
                start = int(asked[1])
                status = 206 if start < len(body) else 416
            rest = body[start:] if status != 416 else b""
            self.send_response(status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            if answer.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                pieces = [rest[i : i + 10_000] for i in range(0, len(rest), 10_000)]
                rest = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
            elif answer.length:
                self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest if answer.cut is None else rest[: answer.cut])
            self.wfile.flush()
            if answer.cut is not None:
                time.sleep(answer.stall)
            self.close_connection = answer.cut is not None or not answer.length

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing on standard error when a client has gone."""


@contextmanager
def faulty_site() -> Iterator[Site]:
    """A site on 127.0.0.1 without any page yet."""
    site = Site("")
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
