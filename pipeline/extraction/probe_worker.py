"""Probes of sources, in one warm child process that does the native work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.child import Child
from pipeline.extraction.fetching import OnProgress
from pipeline.extraction.limits import Limits
from pipeline.extraction.lost import ADVICE, LOST, first_line, reason_of
from pipeline.extraction.probe import ProbeResult, SourceTask, probes_to_json, tasks_from_json
from pipeline.extraction.source_cache import SourceCache
from pipeline.listing.faults import SourceFault


class ProbeWorker:
    """Hashes files and reads their headers, each once, however many spans of it are listed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child = Child(limits.memory)
        self._files = SourceCache(self._child, limits.seconds, limits.patience)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A batch {"job": JSON of the jobs of one file} as {"probes": JSON of their probes}."""
        return {"probes": [probes_to_json(self.probe(tasks_from_json(str(text)))) for text in batch["job"]]}

    def close(self) -> None:
        """End the child and remove copies."""
        self._child.close()
        self._files.close()

    def probe(self, jobs: Sequence[SourceTask], on_progress: OnProgress | None = None) -> list[ProbeResult]:
        """The probes of the jobs of one file; what goes wrong is part of them. on_progress: see fetching.py."""
        uri, content = jobs[0].uri, None
        try:
            read = self._files.read(uri, on_progress)
            content = read.content
            header = self._header(uri)
            found = [ProbeResult.of(job, content, header["duration"]) for job in jobs]
            return [replace(found[0], bytes=read.bytes), *found[1:]]
        except SourceFault as error:
            reason, why = error.fault.reason, str(error)
        except _NoHeader as error:
            reason, why = error.reason, str(error)
        except Exception as error:
            reason, why = "error", f"{uri}: its probe stopped ({first_line(error)}); {ADVICE}"
        return [ProbeResult.failed(job, content, why, reason) for job in jobs]

    def _header(self, uri: str) -> dict[str, Any]:
        """The file's header. Raises _NoHeader."""
        path = self._files.local(uri)
        try:
            header = self._child.call("pipeline.extraction.header:header", path, seconds=self._limits.seconds)
        except LOST as error:
            why = str(error).splitlines()[0]
            said = f"{uri}: reading its header {why}; remove or transcode the file"
            raise _NoHeader(said, reason_of(error)) from error
        if "unreadable" in header:
            raise _NoHeader(header["unreadable"].replace(path, uri), "unreadable")
        return header


class _NoHeader(RuntimeError):
    """A file without a header that can be read; reason: as in clips.reason."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
