"""The plan of a face training: sizes, losses with the networks they need, and how long it will take, measured."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from models.face.discriminator import Discriminator
from models.face.model import FaceModel
from pipeline.faces.job import FaceJob
from pipeline.faces.landmark_reading import ExpressionReading, LandmarkReading
from pipeline.faces.loss_networks import SUBSTITUTES
from pipeline.faces.prepare import opened
from pipeline.faces.train import train
from pipeline.faces.warping import WarpTask
from pipeline.training.halt import NEVER, Halt
from pipeline.training.plan import Stopwatch, megabytes


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
    watch = Stopwatch()
    first: defaultdict[str, Stopwatch] = defaultdict(Stopwatch)
    with tempfile.TemporaryDirectory() as folder:
        few = {name: min(watch.steps, count) for name, count in _lessons(job).items()}
        short = replace(
            job.training,
            steps=watch.steps,
            cross_start=0.0,
            mesh_start=0.0,
            gan_start=2.0,
            reader_steps=few[LandmarkReading.name],
            warp_steps=few.get(WarpTask.name, 0),
        )
        trial = replace(job, out=folder, training=short, workers=1, log=1, pictures=watch.steps + 1)
        train(trial, watch, tell=lambda text: first[text.partition(":")[0]](0, {}), halt=halt)
    lessons = {name: Lesson(count, count * first[name].seconds_a_step / 3600) for name, count in _lessons(job).items()}
    machine, gpu = megabytes()
    return FacePlan(
        preset=job.preset,
        parameters=_parameters(job),
        megabytes=machine,
        gpu_megabytes=gpu,
        losses=_losses(job),
        substitutes=SUBSTITUTES,
        clips=len(trained),
        subjects=len(set(trained)),
        kept_out=job.training.held_out_subjects,
        steps_per_second=1 / watch.seconds_a_step,
        lessons=lessons,
        hours=job.training.steps * watch.seconds_a_step / 3600 + sum(lesson.hours for lesson in lessons.values()),
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


def _lessons(job: FaceJob) -> dict[str, int]:
    """Steps of what is trained first, by name."""
    training = job.training
    found = {LandmarkReading.name: training.reader_steps, ExpressionReading.name: training.reader_steps}
    if job.init_from is None and training.warp_steps and training.weights.landmark_warp:
        found[WarpTask.name] = training.warp_steps
    return found


def _losses(job: FaceJob) -> dict[str, float]:
    """What each loss weighs; nothing where the preset has no use for it."""
    sizes = job.sizes
    left_out = {"source_fidelity": sizes.layers == 1, "pose": sizes.pose == "landmarks", "lip_readout": not sizes.lips}
    return {name: 0.0 if left_out.get(name) else weight for name, weight in asdict(job.training.weights).items()}


def _parameters(job: FaceJob) -> dict[str, int]:
    model = FaceModel(job.sizes)
    found = {name: sum(value.numel() for value in part.parameters()) for name, part in model.named_children()}
    critic = Discriminator(job.sizes.size)
    return {**found, "discriminator": sum(value.numel() for value in critic.parameters())}
