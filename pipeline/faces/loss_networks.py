"""The frozen networks of a training, and what stands in for those of the paper that are not at hand."""

from __future__ import annotations

from functools import partial

import torch

from models.face.dynamics import DynamicsEncoder
from models.face.expression_space import ARRAYS
from models.face.identity_network import IdentityNetwork
from models.face.mesh_expression import MeshExpression
from models.face.reader import FaceReader
from models.weights.registry import weights
from pipeline.errors import UsageError
from pipeline.faces.job import FaceJob
from pipeline.faces.landmark_reading import ExpressionReading, LandmarkReading
from pipeline.faces.mesh_reliability import reliability
from pipeline.faces.objective import LossNetworks
from pipeline.faces.training_clips import TrainingClips
from pipeline.training.checkpoint import load, outdated, save
from pipeline.training.pretraining import Pretraining

_RELIABILITY = 64
"""Units by which it is found how well the face mesh reads expressions."""
SUBSTITUTES = {
    "perceptual": "features of the landmark reader trained here, in place of VGG's",
    "gaze": "L1 where the eyes are, in place of a gaze network",
    "landmarks": "the reader's landmarks, a loss that the paper does not have",
    "landmark_warp": "where the face mesh's landmarks come from, a loss that the paper does not have",
    "pose": "the face mesh's poses, in place of a pretrained network's, of presets that learn z_pose",
    "mesh_expression": "expressions as MediaPipe's face mesh and iris network read them, which the paper lacks",
    "cross_mesh_expression": "the same across people",
    "source_fidelity": "what is not the source's where heads are turned anyhow, which the paper lacks",
    "identity": "dlib's face recognition (CC0, comes with pip), in place of ArcFace",
}
"""By loss, what profile `open` takes."""


def loss_networks(job: FaceJob, clips: TrainingClips, first: Pretraining) -> LossNetworks:
    """The networks kept in a job's folder, trained first where they are not there.

    The expression space that they look for is kept with them. UsageError: an older version wrote them, or they look for
    another space than the clips'. Other errors: `fit`.
    """
    path, training, preset = job.loss_networks, job.training, job.sizes
    space = {name: torch.from_numpy(array) for name, array in clips.space.arrays().items()}
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        reader = first.trained(LandmarkReading(clips, training), "off")
        assert isinstance(reader, FaceReader)
        dynamics = DynamicsEncoder(preset, picture_only=True)
        begin(dynamics, reader)
        first.trained(ExpressionReading(dynamics, preset.face, clips, training), "off")
        units = min(_RELIABILITY, training.reader_steps)
        check = partial(first.halt.check, "looking at how well the face mesh reads expressions")
        found = reliability(MeshExpression(clips.space), clips, units, preset.face, check)
        learned = {"reader": reader.state_dict(), "dynamics": dynamics.state_dict()}
        save({**learned, "reliability": found, "space": space, "seconds": first.clock.seconds}, path)
        first.forget(LandmarkReading.name, ExpressionReading.name)
    kept = load(path)
    if not {"reliability", "space"} <= set(kept):
        raise outdated(path)
    if any(not torch.equal(kept["space"][name], space[name]) for name in ARRAYS):
        raise UsageError(f"{path} judges by another expression space than this training has: give another folder")
    reader, dynamics = FaceReader(), DynamicsEncoder(preset, picture_only=True)
    reader.load_state_dict(kept["reader"])
    dynamics.load_state_dict(kept["dynamics"])
    identity = IdentityNetwork(weights("dlib_face_recognition").path()).eval()
    mesh = MeshExpression(clips.space)
    mesh.share *= kept["reliability"]
    networks = LossNetworks(reader.eval().requires_grad_(False), identity, dynamics.eval().requires_grad_(False), mesh)
    return networks.to(first.device)


def begin(encoder: DynamicsEncoder, reader: FaceReader) -> None:
    """Let the encoder of a small trunk begin with the reader's layers, which are alike."""
    layers = [layer for level in reader.levels for layer in level.children()]
    own = list(encoder.trunk.children())
    if [type(layer) for layer in own] == [type(layer) for layer in layers]:
        for mine, theirs in zip(own, layers, strict=True):
            mine.load_state_dict(theirs.state_dict())
