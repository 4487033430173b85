"""Settings are whole."""

from __future__ import annotations

from dataclasses import fields

from models.face import losses
from pipeline.faces.objective import loss_table
from pipeline.faces.settings import FaceTraining, LossWeights


def test_every_weight_is_of_a_loss_and_none_is_off() -> None:
    for each in fields(LossWeights):
        assert getattr(LossWeights(), each.name) > 0
        # the same as `expression`, but of what a frozen encoder reads off a picture; the same as `opening`, of others
        assert hasattr(losses, {"cross_dynamics": "counted", "cross_opening": "opening"}.get(each.name, each.name))


def test_the_loss_table_has_every_loss_and_says_when_it_begins() -> None:
    training = FaceTraining(steps=100, cross_start=0.03, mesh_start=0.1, gan_start=0.7, every=3, looked_at=2)
    table = loss_table(training)
    assert set(table) == {each.name for each in fields(LossWeights)}
    assert all(spec.weight == getattr(training.weights, name) for name, spec in table.items())
    starts = {name: (spec.start, spec.every) for name, spec in table.items()}
    assert starts["reconstruction"] == starts["pose"] == (0, 1)
    assert starts["transfer"] == starts["identity"] == starts["source_fidelity"] == (3, 3)
    assert starts["mesh_expression"] == starts["opening"] == (10, 2)
    assert starts["cross_mesh_expression"] == starts["cross_opening"] == (10, 3)
    assert starts["adversarial"] == starts["matching"] == (70, 1)
