"""A face model's evaluation from a catalog's frames: the tests, the table, the JSON file and the picture."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalogs.frames import open_frames
from models.face.presets import TINY
from pipeline.errors import UsageError
from pipeline.evaluation.faces.baselines import BASELINES, Method
from pipeline.evaluation.faces.detailed import SIDE, DetailedProtocol
from pipeline.evaluation.faces.eval_clips import Part, held_out
from pipeline.evaluation.faces.grid import write_grid
from pipeline.evaluation.faces.observer import FaceReading
from pipeline.evaluation.faces.pairs import take
from pipeline.evaluation.faces.protocol import OnProgress, Protocol, Result
from pipeline.evaluation.faces.table import Scores
from pipeline.evaluation.goals import scores_json, scores_text
from pipeline.faces.face_crop import Frames
from pipeline.report.writing import write_page

MODEL, RELATIVE, ENLARGED = "model", "relative", "enlarged"
"""What the checkpoint's columns are called."""


@dataclass(frozen=True)
class Evaluation:
    """What was scored: names of clips, how many subjects, how many frames; results by method."""

    clips: tuple[str, ...]
    subjects: int
    frames: int
    size: int
    expressions: str
    results: dict[str, Result]

    @property
    def scores(self) -> dict[str, Scores]:
        """By method."""
        return {name: result.scores for name, result in self.results.items()}

    def text(self) -> str:
        """As a person reads it."""
        judged = [name for name in self.results if name == MODEL]
        marks = "; + reached, - missed" if judged else ""
        return (
            f"{scores_text(self.scores, judged)}\n\n{len(self.clips)} clips of {self.subjects} people, {self.frames} "
            f"driven frames, {self.size} pixels; mouth, blink and smile from {self.expressions}{marks}"
        )

    def json(self) -> dict[str, Any]:
        """All figures, JSON-ready."""
        about = {"clips": self.clips, "subjects": self.subjects, "frames": self.frames, "size": self.size}
        return about | {"expressions": self.expressions} | scores_json(self.scores)


def evaluate_catalog(catalog: str, checkpoint: Path | None, part: Part) -> Evaluation:
    """Score a checkpoint on the clips of a catalog that its training kept out for `part`, beside the baselines.

    checkpoint: None scores the baselines alone, on every clip. UsageError: the model was trained on such clips, or
    there are none.
    """
    store = open_frames(catalog)
    methods, size, places = list(BASELINES), min(TINY.size, store.size), list(range(len(store)))
    if checkpoint is not None:
        recipe, size, models = _methods(checkpoint)
        places = held_out(store.clips, recipe, part, lambda text: print(text, file=sys.stderr, flush=True))
        methods = [*models, *methods]
    if size > store.size:
        raise UsageError(f"{catalog} holds frames of {store.size} pixels, the model draws {size}: extract them larger")
    return evaluate(store, places, size, methods, Telling())


def evaluate(
    store: Frames, places: Sequence[int], size: int, methods: Sequence[Method], on_progress: OnProgress
) -> Evaluation:
    """Put methods that draw `size` pixels to all tests, over the clips of a store at `places`."""
    clips = [take(store, place, size) for place in places]
    reading = FaceReading()
    protocol = Protocol(clips, reading, on_progress)
    own = [each for each in methods if "own" in each.tests]
    results = {each.name: protocol.run(each) for each in own}
    if store.size >= SIDE:
        # PyTorch takes seconds to import
        from pipeline.evaluation.metrics.perceptual import PerceptualDistance

        large = [take(store, place, SIDE) for place in places]
        detailed = DetailedProtocol(large, reading, PerceptualDistance(), on_progress)
        for each in methods:
            if "detailed" in each.tests:
                before = results.get(each.name, Result(Scores(), ()))
                results[each.name] = replace(before, scores=replace(before.scores, **detailed.run(each)))
        results = {name: replace(each, scores=_over_enlarged(each.scores, results)) for name, each in results.items()}
    return Evaluation(
        clips=tuple(each.clip.source_uri for each in clips),
        subjects=len({each.subject for each in clips}),
        frames=sum(len(each.drivers) for each in clips),
        size=size,
        expressions=reading.expressions,
        results={each.name: results[each.name] for each in methods if each.name in results},
    )


def _over_enlarged(scores: Scores, results: Mapping[str, Result]) -> Scores:
    """With the gain over the model's own small pictures, enlarged."""
    enlarged = results[ENLARGED].scores.detail_psnr if ENLARGED in results else None
    if enlarged is None or scores.detail_psnr is None:
        return scores
    return replace(scores, detail_gain=scores.detail_psnr - enlarged)


def write_evaluation(found: Evaluation, folder: Path) -> list[Path]:
    """Write scores.json, scores.txt and faces.png into a folder, made if need be; their paths."""
    texts = {"scores.json": json.dumps(found.json(), indent=2), "scores.txt": found.text()}
    for name, text in texts.items():
        write_page(text + "\n", folder / name)
    grid = write_grid({name: result.shown for name, result in found.results.items()}, folder / "faces.png")
    return [folder / "scores.txt", folder / "scores.json", grid]


class Telling:
    """Says on standard error how far an evaluation is: at once, then at most every so many seconds."""

    def __init__(self, every: float = 2.0) -> None:
        self._every, self._last = every, -math.inf

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            print(text, file=sys.stderr, flush=True)


def _methods(checkpoint: Path) -> tuple[dict[str, Any], int, list[Method]]:
    """(recipe, size of its pictures, the methods) of a face model's file: as it is; with motion from the source's own
    pose and expression, which differs where somebody else drives; and its small pictures enlarged."""
    # PyTorch takes seconds to import, and the baselines need none of it
    from models.face.checkpoint import read_recipe
    from models.face.presets import PRESETS
    from models.runtime.checkpoint import WrongWeights
    from models.runtime.device import device
    from pipeline.faces.driving import driver_of

    try:
        preset, recipe = read_recipe(checkpoint)
        drive = driver_of(checkpoint, device())
    except WrongWeights as error:
        raise UsageError(str(error)) from error
    return (
        recipe,
        PRESETS[preset].size,
        [
            Method(MODEL, drive.method, drive.method, drive.posed, drive.dynamics),
            Method(RELATIVE, None, drive.relative_method),
            Method(ENLARGED, drive.enlarged_method, drive.enlarged_method, tests=("detailed",)),
        ],
    )
