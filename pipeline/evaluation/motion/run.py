"""A motion generator's evaluation from a catalog: its clips, the table, the JSON file and the picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.motion.checkpoint import load_model, read_card
from models.motion.model import MotionModel
from models.runtime.checkpoint import WrongWeights
from models.runtime.device import device
from models.sync.checkpoint import load_sync, read_sync_recipe
from models.sync.network import SyncNetwork
from pipeline.errors import UsageError
from pipeline.evaluation.faces.eval_clips import Part
from pipeline.evaluation.faces.run import Telling
from pipeline.evaluation.goals import scores_json, scores_text
from pipeline.evaluation.motion.clips import TalkingClips, talking_clips
from pipeline.evaluation.motion.curves import Curves, write_curves
from pipeline.evaluation.motion.generated import Generator
from pipeline.evaluation.motion.parts import parts_of
from pipeline.evaluation.motion.protocol import MODEL, MotionProtocol
from pipeline.evaluation.motion.scores import MotionScores
from pipeline.report.writing import write_page
from pipeline.text import plural
from stages.clip import FPS


@dataclass(frozen=True)
class MotionEvaluation:
    """What was scored: clips by name, people, seconds; how many were left out, by why; scores by column; curves of a
    few clips. seeds, steps: samples of each clip, and steps of the sampler. taught: how many of the clips the sync
    network was trained on."""

    clips: tuple[str, ...]
    people: int
    seconds: float
    left_out: Mapping[str, int]
    scores: Mapping[str, MotionScores]
    curves: Sequence[Curves]
    seeds: int
    steps: int
    taught: int = 0

    def text(self) -> str:
        """As a person reads it."""
        left = ", ".join(f"{count} {why}" for why, count in self.left_out.items())
        taught = f"; the sync network was trained on {plural(self.taught, 'clip')} of these" if self.taught else ""
        return (
            f"{scores_text(self.scores, [MODEL])}\n\n{plural(len(self.clips), 'clip')} of "
            f"{plural(self.people, 'person', 'people')}, {self.seconds:.0f} seconds, {plural(self.seeds, 'seed')}, "
            f"{plural(self.steps, 'step')}; left out: {left or 'none'}; + reached, - missed{taught}"
        )

    def json(self) -> dict[str, Any]:
        """All figures, JSON-ready."""
        about = {"clips": self.clips, "people": self.people, "seconds": self.seconds, "left_out": dict(self.left_out)}
        about |= {"seeds": self.seeds, "steps": self.steps, "taught_to_sync": self.taught}
        return about | scores_json(self.scores)


def evaluate_motion(
    catalog: str, checkpoint: Path, part: Part = "test", sync: Path | None = None, seeds: int = 3, steps: int = 10
) -> MotionEvaluation:
    """Score a generator on clips of people that its training kept out, beside what needs no generator.

    sync: file of a sync network, None: nothing asks whether motion is in step. UsageError: the catalog has no such
    clips or is of other latents or sound; a file is no generator or no sync network.
    """
    recipe, model = _generator(checkpoint)
    on_progress = Telling()
    on_progress("reading the catalog")
    found = talking_clips(catalog)
    network, taught = (None, set()) if sync is None else _sync_network(sync, found)
    parts = parts_of(found, recipe, part, network, on_progress)
    if seeds < 1 or not 1 <= steps <= model.schedule.steps:
        raise UsageError(f"--seeds {seeds} --steps {steps}: give at least 1, and at most {model.schedule.steps} steps")
    tested = MotionProtocol(parts, network, on_progress).run(Generator(model, steps, seeds))
    return MotionEvaluation(
        clips=tuple(clip.source_uri for clip in parts.scored),
        people=len({clip.subject for clip in parts.scored}),
        seconds=sum(map(len, parts.scored)) / FPS,
        left_out=parts.left_out,
        scores=tested.scores,
        curves=tested.curves,
        seeds=seeds,
        steps=steps,
        taught=sum(clip.content in taught for clip in parts.scored),
    )


def write_motion_evaluation(found: MotionEvaluation, folder: Path) -> list[Path]:
    """Write scores.txt, scores.json and motion.png into a folder, made if need be; their paths."""
    texts = {"scores.txt": found.text(), "scores.json": json.dumps(found.json(), indent=2)}
    for name, text in texts.items():
        write_page(text + "\n", folder / name)
    return [*(folder / name for name in texts), write_curves(found.curves, folder / "motion.png")]


def _generator(checkpoint: Path) -> tuple[dict[str, Any], MotionModel]:
    try:
        return read_card(checkpoint)[2], load_model(checkpoint).to(device())
    except WrongWeights as error:
        raise UsageError(str(error)) from error


def _sync_network(path: Path, found: TalkingClips) -> tuple[SyncNetwork, set[str]]:
    """The network of a file, and the hashes of the files that it was trained on."""
    try:
        (audio, recipe), network = read_sync_recipe(path), load_sync(path)
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    here = {"variant": found.audio.get("variant", ""), "width": found.clips[0].sound.shape[1]}
    if {name: audio.get(name) for name in here} != here:
        raise UsageError(
            f"{path}: takes sound as {audio.get('variant')} has it, the catalog's is {here['variant']}: train a sync "
            "network on this catalog"
        )
    return network, set(recipe.get("content", ()))
