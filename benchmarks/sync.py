"""How well the network that puts sound and face in step does on people whom its training has not seen, and by how much
the sound of a catalog's clips is late.

Windows of two seconds are held against the offset of the clip they are of, clips whose sound was moved by up to eight
frames against by how much, and each face is given another person's sound (pipeline/sync/scores.py). Goals, of clips
that are sure of their offset: 95 % of windows and of moved clips are told within a frame, at most 40 % of windows with
a stranger's sound.

    python benchmarks/sync.py --catalog CATALOG [--checkpoint model.safetensors]
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import torch
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelling.findings import Finding, Result, table, verdict_lines
from models.sync.checkpoint import load_sync, read_sync_recipe
from models.sync.offset import Offset
from models.weights.registry import weights
from pipeline.machine import versions
from pipeline.sync.clips import SyncClip, sync_clips
from pipeline.sync.offsets import told
from pipeline.sync.scores import GOALS, Share, SyncScores, sync_scores
from pipeline.sync.settings import SyncTraining
from pipeline.text import file_name
from pipeline.training.split import kept_out


@dataclass(frozen=True)
class Bench:
    """Score a sync network on the people that were kept from it, and tell the offsets of a catalog."""

    catalog: str
    """Folder of a catalog of talking people; with --frames the network sees landmarks too."""
    checkpoint: Path | None = None
    """File of the network; by default the project's own."""
    speech: float = 0.25
    """Share of speech that a clip must have."""
    sure: float = 0.15
    """How sure a clip's offset must be to count."""
    every: bool = False
    """List the offset of every clip."""


def scored(path: Path, clips: Sequence[SyncClip], sure: float) -> dict[str, SyncScores]:
    """By part, test and validation: the scores on the people whom the training of a file kept out for it."""
    _, recipe = read_sync_recipe(path)
    people = {part: kept_out(clips, recipe, part) for part in ("test", "validation")}
    network = load_sync(path)
    return {
        part: sync_scores(network, [clip for clip in clips if clip.subject in who], sure)
        for part, who in people.items()
    }


def judged(scores: SyncScores) -> Result:
    """The figures that have a goal."""
    return Result(
        (
            Finding("sure_windows", scores.sure_windows.within, GOALS["sure_windows"]),
            Finding("shifted", scores.shifted.within, GOALS["shifted"]),
            Finding("strangers", scores.strangers.within, GOALS["strangers"], "<="),
        )
    )


def people_table(scores: dict[str, SyncScores]) -> tuple[str, ...]:
    """A line for each part: shares told within one frame, and of how many."""

    def words(share: Share) -> str:
        return f"{share.within:.1%} of {share.count}"

    head = ("people", "windows", "of sure clips", "moved clips", "strangers", "clips", "persons")
    rows = [
        (part, *map(words, (each.windows, each.sure_windows, each.shifted, each.strangers)), each.clips, each.people)
        for part, each in scores.items()
    ]
    return table(head, rows)


def offsets_table(clips: Sequence[SyncClip], found: dict[str, Offset], sure: float) -> tuple[str, ...]:
    """How many clips are late by how much, and how many are not sure of it."""
    known = [found[clip.clip_id] for clip in clips if clip.clip_id in found]
    frames = [each.frames for each in known if each.sure >= sure]
    rows = [(f"{late:+d}", frames.count(late)) for late in sorted(set(frames))]
    return table(("late by", "clips"), [*rows, ("not sure", len(known) - len(frames))])


def main(args: Bench) -> int:
    """Tables, then one line of JSON. 0, or 1 when a goal is missed on the test's people, or 2 where there are none."""
    torch.set_num_threads(1)
    path = args.checkpoint or weights("sync_tiny").path()
    clips = sync_clips(args.catalog, SyncTraining(speech=args.speech)).clips
    scores = scored(path, clips, args.sure)
    if not scores["test"].sure_windows.count:
        print(f"{args.catalog} has no clip of a person who was kept out when {path} was trained", file=sys.stderr)
        return 2
    result, found = judged(scores["test"]), told(load_sync(path), clips)
    for lines in (people_table(scores), verdict_lines(result), offsets_table(clips, found, args.sure)):
        print("\n".join([*lines, ""]))
    if args.every:
        listed = [
            (file_name(clip.source_uri), clip.subject, f"{found[clip.clip_id].frames:+d}", found[clip.clip_id].sure)
            for clip in sorted(clips, key=lambda clip: clip.source_uri)
            if clip.clip_id in found
        ]
        print("\n".join([*table(("file", "person", "late by", "sync"), listed), ""]))
    line = {
        "name": "sync",
        "scores": {part: asdict(each) for part, each in scores.items()},
        "goals": {each.name: f"{each.sense} {each.limit:g}" for each in result.findings},
        "missed": [each.name for each in result.findings if not each.reached],
        "clips": len(clips),
        "people": len({clip.subject for clip in clips}),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 1 if line["missed"] else 0


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Bench, description=__doc__)))
