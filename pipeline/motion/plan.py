"""The plan of a training of motion: sizes, clips, memory, and how long it will take, measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from models.motion.model import MotionModel
from models.runtime.device import device
from pipeline.motion.job import MotionJob
from pipeline.motion.prepare import opened
from pipeline.motion.train import task_of
from pipeline.training.fit import Session, fit
from pipeline.training.halt import NEVER, Halt
from pipeline.training.plan import Stopwatch, megabytes


@dataclass(frozen=True)
class MotionPlan:
    """parameters: of the network. window, previous: W and K, in frames. losses: what each weighs. clips, subjects,
    minutes: trained on, epoch: windows of one; kept_out: subjects of test and validation, and clips by part.

    megabytes, gpu_megabytes: the most that this process took of the machine's memory and, if there is one, of the
    GPU's. steps_per_second: of one worker, measured over a few steps. hours: for all steps at that speed.
    """

    preset: str
    parameters: int
    window: int
    previous: int
    losses: Mapping[str, float]
    clips: int
    subjects: int
    minutes: float
    epoch: int
    kept_out: tuple[int, int]
    left_out: Mapping[str, int]
    batch: int
    megabytes: float
    gpu_megabytes: float
    steps_per_second: float
    hours: float


def planned(job: MotionJob, halt: Halt = NEVER) -> MotionPlan:
    """Open everything, take a few steps that are thrown away, and measure.

    Raises what `opened` and `fit` raise; Stopped when halt says so.
    """
    data = opened(job.catalog, job.where, job.training, job.sizes)
    clips, watch = data.train.clips, Stopwatch()
    halt.check("the plan")
    short = replace(job.training, steps=watch.steps, batch=job.training.batch // job.workers)
    task = task_of(replace(job, training=short, workers=1), data)
    fit(task, Session(device=device(), halt=halt, log=1, report=watch))
    machine, gpu = megabytes()
    return MotionPlan(
        preset=job.training.preset,
        parameters=sum(value.numel() for value in MotionModel(job.sizes, data.space).parameters()),
        window=job.sizes.window,
        previous=job.sizes.previous,
        losses=asdict(job.training.weights),
        clips=len(clips),
        subjects=len(set(clips.subject.tolist())),
        minutes=float((clips.end - clips.begin).sum()) / 25 / 60,
        epoch=len(data.train),
        kept_out=job.training.held_out_subjects,
        left_out={part: len(chosen) for part, chosen in data.clips.items() if part != "train"},
        batch=job.training.batch,
        megabytes=machine,
        gpu_megabytes=gpu,
        steps_per_second=1 / watch.seconds_a_step,
        hours=job.training.steps * watch.seconds_a_step / 3600,
    )


def plan_text(plan: MotionPlan) -> str:
    """The plan for a person to read."""
    test, validation = plan.kept_out
    left_out = ", ".join(f"{count} of {part}" for part, count in plan.left_out.items())
    steps = round(plan.hours * 3600 * plan.steps_per_second)
    gpu = f", {plan.gpu_megabytes:,.0f} MB of the GPU's" if plan.gpu_megabytes else ""
    lines = [
        f"preset {plan.preset}, {plan.parameters / 1e6:.1f} million parameters; "
        f"windows of {plan.window} frames and the {plan.previous} before them",
        "",
        f"{plan.clips} clips of {plan.subjects} subjects, {plan.minutes:.1f} minutes: {plan.epoch} windows an epoch, "
        f"{steps * plan.batch / max(1, plan.epoch):,.0f} epochs",
        f"{test} subjects kept for scores, {validation} to choose by; clips left out: {left_out}",
        "",
        "losses and what they weigh",
        *(f"  {name:<15} {weight:>6g}{'  left out' if weight == 0 else ''}" for name, weight in plan.losses.items()),
        "",
        f"{plan.megabytes:,.0f} MB{gpu}",
        f"{plan.steps_per_second:.2f} steps/s of one worker: {plan.hours:.1f} h for all {steps:,} steps "
        f"of {plan.batch} windows",
        "nothing was kept: leave out --plan to train",
    ]
    return "\n".join(lines)
