"""The frozen networks of a training, and what stands in for those of the paper that are not at hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from models.face.dynamics import DynamicsEncoder
from models.face.identity_network import IdentityNetwork
from models.face.presets import Preset
from models.face.reader import FaceReader
from models.runtime.device import CPU
from models.weights.registry import weights
from pipeline.errors import UsageError
from pipeline.faces.expression import ARRAYS
from pipeline.faces.job import outdated
from pipeline.faces.lessons import Notebook
from pipeline.faces.objective import Judges
from pipeline.faces.reading import EXPRESSIONS, READER, trained_dynamics, trained_reader
from pipeline.faces.settings import FaceTraining
from pipeline.faces.shown import ShownExpression, clear
from pipeline.faces.training_clips import Pool
from pipeline.training.checkpoint import load, save

_CLEAR = 64
"""Units by which it is found how well the face mesh reads expressions."""
SUBSTITUTES = {
    "perceptual": "features of the landmark reader trained here, in place of VGG's",
    "gaze": "L1 where the eyes are, in place of a gaze network",
    "landmarks": "the reader's landmarks, a loss that the paper does not have",
    "correspondence": "where the face mesh's landmarks come from, a loss that the paper does not have",
    "pose": "the face mesh's poses, in place of a pretrained network's, of presets that learn z_pose",
    "shown": "expressions as MediaPipe's face mesh and iris network (come with pip) read them, which the paper lacks",
    "shown_across": "the same across people",
    "invented": "what is not the source's where heads are turned anyhow, which the paper lacks",
    "identity": "dlib's face recognition (CC0, comes with pip), in place of ArcFace",
}
"""By loss, what profile `open` takes."""


def judges_at(
    path: Path,
    pool: Pool,
    training: FaceTraining,
    preset: Preset,
    tell: Callable[[str], None],
    device: torch.device = CPU,
    notebook: Notebook | None = None,
) -> Judges:
    """The judges kept at `path`, trained first, on a device, where they are not there; tell hears how far that is.

    The expression space that they judge by is kept with them. UsageError: an older version wrote them, or they judge by
    another space than the pool's. notebook, and other errors: `teach`.
    """
    notebook = notebook or Notebook()
    space = {name: torch.from_numpy(array) for name, array in pool.space.arrays().items()}
    if not path.exists():
        steps, units = training.reader_steps, training.reader_units
        how = training.seed, training.precision
        reader = trained_reader(pool, steps, units, heard(READER, steps, tell), *how, device, tell, notebook)
        dynamics = DynamicsEncoder(preset, sighted=True).to(device)
        begin(dynamics, reader)
        told = heard(EXPRESSIONS, steps, tell)
        trained_dynamics(dynamics, preset.face, pool, steps, units, told, *how, tell, notebook)
        units = min(_CLEAR, steps)
        check = partial(notebook.halt.check, "looking at how well the face mesh reads expressions")
        clearness = clear(ShownExpression(pool.space), pool, units, preset.face, check)
        learned = {"reader": reader.state_dict(), "dynamics": dynamics.state_dict()}
        save({**learned, "clear": clearness, "space": space}, path)
        notebook.close(READER, EXPRESSIONS)
    kept = load(path)
    if not {"clear", "space"} <= set(kept):
        raise outdated(path)
    if any(not torch.equal(kept["space"][name], space[name]) for name in ARRAYS):
        raise UsageError(f"{path} judges by another expression space than this training has: give another folder")
    reader, dynamics = FaceReader(), DynamicsEncoder(preset, sighted=True)
    reader.load_state_dict(kept["reader"])
    dynamics.load_state_dict(kept["dynamics"])
    identity = IdentityNetwork(weights("dlib_face_recognition").path()).eval()
    shown = ShownExpression(pool.space)
    shown.share *= kept["clear"]
    judges = Judges(reader.eval().requires_grad_(False), identity, dynamics.eval().requires_grad_(False), shown)
    return judges.to(device)


def begin(encoder: DynamicsEncoder, reader: FaceReader) -> None:
    """Let the encoder of a small trunk begin with the reader's layers, which are alike."""
    layers = [layer for level in reader.levels for layer in level.children()]
    own = list(encoder.trunk.children())
    if [type(layer) for layer in own] == [type(layer) for layer in layers]:
        for mine, theirs in zip(own, layers, strict=True):
            mine.load_state_dict(theirs.state_dict())


def heard(what: str, steps: int, tell: Callable[[str], None]) -> Callable[[int, float], None]:
    """A `Tell` that puts what is trained, the step and how far off it is into words."""
    return lambda step, error: tell(f"{what}: step {step} of {steps}, off by {error:.4f}")
