"""Groups of parameters: every one in one, at the rate of what it belongs to."""

from __future__ import annotations

from dataclasses import replace

import torch

from models.face.model import FaceModel
from models.face.presets import BASE, TINY
from pipeline.faces.rates import groups
from pipeline.faces.settings import FaceTraining

TRAINING = FaceTraining(taught_rate=0.5, warp_rate=0.25, flow_rate=0.125)


def test_every_parameter_is_in_one_group() -> None:
    for preset in (TINY, BASE):
        with torch.device("meta"):
            model = FaceModel(preset)
        inside = [each for group in groups(model, TRAINING) for each in group.parameters]
        assert len(inside) == len(set(inside))
        assert set(inside) == set(model.parameters())


def test_where_the_drawing_alone_learns_encoders_are_in_no_group() -> None:
    """Each group is still there, with the parameters that are left: what is kept of an optimiser goes by its groups."""
    for preset in (TINY, BASE):
        with torch.device("meta"):
            model = FaceModel(preset)
        found, all_of_them = (groups(model, replace(TRAINING, learns=learns)) for learns in ("drawing", "all"))
        assert [group.share for group in found] == [group.share for group in all_of_them]
        inside = {each for group in found for each in group.parameters}
        names = {name for name, each in model.named_parameters() if each not in inside}
        still = ("appearance.", "identity.", "dynamics.", "pose.")
        assert names == {name for name, _ in model.named_parameters() if name.startswith(still)}
        assert {part.partition(".")[0] + "." for part in names} == {*still} - ({"pose."} if preset is TINY else set())


def test_what_is_taught_first_takes_its_share() -> None:
    model = FaceModel(TINY)
    share = {each: group.share for group in groups(model, TRAINING) for each in group.parameters}
    of = {name: share[each] for name, each in model.named_parameters()}
    assert {of[name] for name in of if name.startswith("dynamics.")} == {0.5}
    assert {of[name] for name in of if name.startswith(("to_canonical.out", "from_canonical.out"))} == {0.125}
    warps = [name for name in of if "_canonical." in name and ".out." not in name]
    assert {of[name] for name in (*warps, "identity.out.weight")} == {0.25}
    base = FaceModel(replace(TINY, pose="learned"))
    pose = {id(each) for each in base.pose.parameters()} if base.pose is not None else set()
    assert pose
    assert pose <= {id(each) for each in groups(base, TRAINING)[2].parameters}
    assert {of[name] for name in of if name.startswith(("decoder.", "appearance.", "canonical."))} == {1.0}
