"""The plan of a face training: sizes, losses with the networks they need, and how long it will take, measured."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch

from models.face.discriminator import Discriminator
from models.face.model import FaceModel
from models.runtime.device import device
from pipeline.faces.job import FaceJob
from pipeline.faces.loop import opened, train
from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.reading import EXPRESSIONS, READER
from pipeline.faces.warping import WARPS
from pipeline.training.halt import NEVER, Halt

_ON_CPU, _ON_GPU = (2, 4), (10, 20)
"""Steps before it is measured, and while it is; a GPU's first ones find out how it is best done."""


@dataclass(frozen=True)
class Lesson:
    """What is trained before the first step: its steps, and the hours that they will take at the speed measured."""

    steps: int
    hours: float


@dataclass(frozen=True)
class FacePlan:
    """parameters: of each network. megabytes, gpu_megabytes: the most that this process took
    of the machine's memory and, if there is one, of the GPU's. losses: what each weighs. substitutes: by loss.

    clips, subjects: trained on; kept_out: subjects of test and validation. steps_per_second: of one worker, measured
    over a few steps without a discriminator. lessons: what is trained first, by name. hours: for that and for all
    steps, at the speeds measured.
    """

    preset: str
    parameters: Mapping[str, int]
    megabytes: float
    gpu_megabytes: float
    losses: Mapping[str, float]
    substitutes: Mapping[str, str]
    clips: int
    subjects: int
    kept_out: tuple[int, int]
    steps_per_second: float
    lessons: Mapping[str, Lesson]
    hours: float


def planned(job: FaceJob, halt: Halt = NEVER) -> FacePlan:
    """Build everything, take a few steps of each kind in a folder that is thrown away, and measure.

    Raises what `opened` and `train` raise; Stopped when halt says so.
    """
    store, split = opened(job, halt)
    trained = [clip.subject for clip in store.clips if split.part_of(clip) == "train"]
    times: list[float] = []
    before, measured = _ON_CPU if device().type == "cpu" else _ON_GPU
    steps = before + measured
    with tempfile.TemporaryDirectory() as folder:
        few = {name: min(steps, count) for name, count in _lessons(job).items()}
        short = replace(
            job.training,
            steps=steps,
            swaps=0.0,
            shown=0.0,
            adversarial=2.0,
            reader_steps=few[READER],
            warp_steps=few.get(WARPS, 0),
        )
        trial = replace(job, out=folder, training=short, workers=1, log=1, pictures=steps + 1)
        heard = _Heard()
        train(trial, lambda step, figures: times.append(time.perf_counter()), tell=heard, halt=halt)
    rate = measured / (times[-1] - times[before - 1])
    lessons = {
        name: Lesson(count, count * heard.seconds(name, few[name]) / 3600) for name, count in _lessons(job).items()
    }
    return FacePlan(
        preset=job.preset,
        parameters=_parameters(job),
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        gpu_megabytes=torch.cuda.max_memory_reserved() / 2**20 if device().type == "cuda" else 0.0,
        losses=_losses(job),
        substitutes=SUBSTITUTES,
        clips=len(trained),
        subjects=len(set(trained)),
        kept_out=job.training.kept_out,
        steps_per_second=rate,
        lessons=lessons,
        hours=job.training.steps / rate / 3600 + sum(lesson.hours for lesson in lessons.values()),
    )


def plan_text(plan: FacePlan) -> str:
    """The plan for a person to read."""
    total = sum(count for name, count in plan.parameters.items() if name != "discriminator")
    lines = [f"preset {plan.preset}, {total / 1e6:.1f} million parameters"]
    lines += [f"  {name:<15} {count / 1e3:>10,.0f} thousand" for name, count in plan.parameters.items()]
    test, validation = plan.kept_out
    kept = f"{test} subjects kept for scores, {validation} to choose by"
    lines += ["", f"{plan.clips} clips of {plan.subjects} subjects; {kept}"]
    lines += ["", "losses and what they weigh"]
    for name, weight in plan.losses.items():
        by = f"  {plan.substitutes[name]}" if name in plan.substitutes else ""
        lines.append(f"  {name:<15} {weight:>6g}{'  left out' if weight == 0 else by}")
    gpu = f", {plan.gpu_megabytes:,.0f} MB of the GPU's" if plan.gpu_megabytes else ""
    lines += [
        "",
        f"{plan.megabytes:,.0f} MB{gpu}",
        "trained first",
        *(f"  {name:<19} {lesson.steps:>6,} steps  {lesson.hours:>6.2f} h" for name, lesson in plan.lessons.items()),
        f"{plan.steps_per_second:.2f} steps/s on one worker: {plan.hours:.1f} h for all, what is trained first too; "
        "somewhat more once the discriminator is in",
        "nothing was kept: leave out --plan to train",
    ]
    return "\n".join(lines)


class _Heard:
    """Hears a lesson's first step and its last one, and when that was."""

    def __init__(self) -> None:
        self._at: dict[str, list[float]] = {}
        self._began = time.perf_counter()

    def __call__(self, text: str) -> None:
        self._at.setdefault(text.partition(":")[0], []).append(time.perf_counter())

    def seconds(self, name: str, steps: int) -> float:
        """What a step of a lesson takes that had so many; the first one, which finds out how, counts only alone."""
        first, *_, last = [self._began, *self._at[name]] if steps == 1 else self._at[name]
        return (last - first) / max(1, steps - 1)


def _lessons(job: FaceJob) -> dict[str, int]:
    """Steps of what is trained first, by name."""
    training = job.training
    found = {READER: training.reader_steps, EXPRESSIONS: training.reader_steps}
    if job.start is None and training.warp_steps and training.weights.correspondence:
        found[WARPS] = training.warp_steps
    return found


def _losses(job: FaceJob) -> dict[str, float]:
    """What each loss weighs; nothing where the preset has no use for it."""
    sizes = job.sizes
    left_out = {"invented": sizes.layers == 1, "pose": sizes.pose == "landmarks"}
    return {name: 0.0 if left_out.get(name) else weight for name, weight in asdict(job.training.weights).items()}


def _parameters(job: FaceJob) -> dict[str, int]:
    model = FaceModel(job.sizes)
    found = {name: sum(value.numel() for value in part.parameters()) for name, part in model.named_children()}
    critic = Discriminator(job.sizes.size)
    return {**found, "discriminator": sum(value.numel() for value in critic.parameters())}
