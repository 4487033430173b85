"""One worker's training of a sync network: first every clip's own offset, then the network itself, then its scores."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from catalogs import storage
from models.runtime.device import device as default_device
from models.sync.checkpoint import save_sync
from models.sync.network import SyncNetwork
from pipeline.sync.clips import SyncClip
from pipeline.sync.job import SyncJob
from pipeline.sync.offsets import corrected, offsets_found
from pipeline.sync.prepare import SyncParts, parts_of
from pipeline.sync.scores import sync_scores
from pipeline.sync.sync_task import SyncTask
from pipeline.text import plural
from pipeline.training.distributed import ALONE, Workers
from pipeline.training.fit import Session, fit
from pipeline.training.halt import NEVER, Halt
from pipeline.training.pretraining import Pretraining

Report = Callable[[int, dict[str, float]], None]
Tell = Callable[[str], None]


def _unheard(*_: object) -> None:
    pass


@dataclass(frozen=True)
class SyncNetworkTask(SyncTask):
    """The last of the trainings, whose network is kept. parts: what it learns from and is looked at with."""

    job: SyncJob = field(kw_only=True)
    parts: SyncParts = field(kw_only=True)

    def preview(self, average: nn.Module) -> tuple[dict[str, float], np.ndarray | None]:
        assert isinstance(average, SyncNetwork)
        found = sync_scores(average, self.parts.clips["validation"], self.training.sure)
        return {"watch/windows": found.windows.within, "watch/strangers": found.strangers.within}, None

    def save(self, average: nn.Module, card: Mapping[str, Any]) -> None:
        assert isinstance(average, SyncNetwork)
        with storage.put_alone(self.job.model) as draft:
            save_sync(average, self.parts.audio, card, draft)

    def saw(self) -> dict[str, Any]:
        offsets = {clip.clip_id: clip.offset for clip in self.clips}
        return {**super().saw(), **self.parts.seen(), "offsets": offsets}


def work(values: dict[str, Any], workers: Workers, halt: Halt, report: Report, tell: Tell) -> None:
    """What every worker of a launch does. values: of a SyncJob."""
    train(SyncJob.of_values(values), report, workers, tell, halt)


def train(
    job: SyncJob,
    report: Report = _unheard,
    workers: Workers = ALONE,
    tell: Tell = print,
    halt: Halt = NEVER,
) -> None:
    """Train until the last step; every worker calls this. Files are worker 0's. Raises Stopped, when what is learned is
    kept; what `parts_of` and `fit` raise."""
    device, training, parts = default_device(), job.training, parts_of(job)
    first = Pretraining(Path(job.out), device, halt, keep_s=job.keep_s, log=job.log, tell=tell)
    first = first.going_on(time.monotonic(), Path(job.out) / "state.pt")

    def taught(task: SyncTask) -> SyncNetwork:
        network = first.trained(task, "info_nce")
        assert isinstance(network, SyncNetwork)
        return network.cpu()

    clips = _in_step(job, parts, taught, workers, tell)

    def reported(step: int, figures: dict[str, float]) -> None:
        if workers.first:
            names = ("total", "watch/windows", "watch/strangers")
            said = "  ".join(f"{name} {figures[name]:.3f}" for name in names if name in figures)
            tell(f"step {step} of {training.steps}  {said}")
        report(step, figures)

    task = SyncNetworkTask(clips, training, "", job=job, parts=parts)
    about = {"training": asdict(training), "workers": job.workers, "command": job.command}
    session = Session(
        Path(job.out), device, workers, halt, first.clock, job.log, job.look, job.keep_s, about, reported, tell
    )
    network = fit(task, session)
    assert isinstance(network, SyncNetwork)
    if workers.first:
        kept_out = {part: parts.clips[part] for part in ("test", "validation")}
        scores = {part: asdict(sync_scores(network.cpu(), clips, training.sure)) for part, clips in kept_out.items()}
        with storage.put(job.scores) as draft:
            draft.write_text(json.dumps(scores, indent=1))


def _in_step(
    job: SyncJob, parts: SyncParts, taught: Callable[[SyncTask], SyncNetwork], workers: Workers, tell: Tell
) -> list[SyncClip]:
    """The clips trained on, each known to be as late as was found; all as they are without rounds."""
    training, clips = job.training, parts.clips["train"]
    if not training.rounds:
        return clips
    found = workers.in_turn(lambda: offsets_found(clips, training, taught))
    known = corrected(clips, found, training)
    if workers.first:
        counts = sorted(Counter(clip.offset for clip in known).items())
        tell(
            f"{plural(len(known), 'clip')} of {len(clips)} are sure of their sound's offset, in frames: "
            + ", ".join(f"{offset:+d} in {count}" for offset, count in counts)
        )
    return known
