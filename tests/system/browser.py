"""Pages in a real browser: headless Chromium, driven through its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import aiohttp
import pytest

from tests.root import ROOT

OUTPUT = ROOT / "output"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]

OVERLAPS = """
[...document.querySelectorAll('svg')].flatMap(svg => {
  const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
  return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([b, q]) =>
    p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1
  ).map(([b]) => svg.getAttribute('aria-label') + ': ' + a + ' over ' + b));
})
"""
OUTSIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN = "[...document.images].filter(image => !image.complete || !image.naturalWidth).length"

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH (Debian: apt-get install chromium)")


@dataclass
class Page:
    """A page of the browser: what it requested and complained about, and its DevTools commands."""

    socket: aiohttp.ClientWebSocketResponse
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loads: int = 0
    number: int = 0

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer; events that come meanwhile are noted."""
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": parameters})
        while True:
            message = json.loads((await self.socket.receive(timeout=60)).data)
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self._note(message["method"], message["params"])

    async def open(self, path: Path) -> None:
        """Load a file and wait until it and its images are there."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.send(f"{domain}.enable")
        before = self.loads
        await self.send("Page.navigate", url=path.as_uri())
        while self.loads == before:
            await self.value("1")
            await asyncio.sleep(0.05)

    async def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def look(self, width: int, scheme: str = "light") -> None:
        """Show the page `width` pixels wide, in the light or dark colour scheme."""
        await self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )

    async def screenshot(self, file: Path) -> bytes:
        """The whole page as PNG, written to `file`."""
        answer = await self.send("Page.captureScreenshot", captureBeyondViewport=True)
        data = base64.b64decode(answer["data"])
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        return data

    def _note(self, event: str, about: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif event == "Page.loadEventFired":
            self.loads += 1
        elif event == "Log.entryAdded":
            self.complaints.append(f"{about['entry']['level']}: {about['entry']['text']}")
        elif event == "Runtime.consoleAPICalled":
            self.complaints.append(f"console.{about['type']}: {about['args']}")
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {about['exceptionDetails']['text']}")

    @property
    def outside(self) -> list[str]:
        """Requests for anything but files of this test and data inside the page."""
        return [url for url in self.requests if not url.startswith(("data:", "file:///"))]


@contextmanager
def chromium(profile: Path) -> Iterator[str]:
    """A running browser with a fresh profile; gives the address of its DevTools."""
    assert CHROMIUM is not None
    with Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"], stdout=DEVNULL, stderr=DEVNULL
    ) as browser:
        try:
            ready = profile / "DevToolsActivePort"
            limit = time.monotonic() + 60
            while not (ready.exists() and ready.read_text().count("\n")):
                assert browser.poll() is None, "chromium ended at once"
                assert time.monotonic() < limit, "chromium did not start within a minute"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{ready.read_text().splitlines()[0]}"
        finally:
            browser.terminate()


def browse(profile: Path, steps: Callable[[Page], Awaitable[None]]) -> None:
    """Run `steps` on the first page of a fresh browser."""

    async def session(address: str) -> None:
        async with aiohttp.ClientSession() as client:
            async with client.get(f"{address}/json/list") as answer:
                pages = [target for target in await answer.json() if target["type"] == "page"]
            async with client.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                await steps(Page(socket))

    with chromium(profile) as address:
        asyncio.run(asyncio.wait_for(session(address), timeout=120))
