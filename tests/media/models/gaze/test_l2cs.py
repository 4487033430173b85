"""L2CS-Net: the published names and outputs, its file, and which output means which angle."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.gaze.l2cs import BINS, L2CS, SIZE, L2CSNet, angles, check
from models.runtime.checkpoint import WrongWeights, shapes_of
from tests.made import golden_rule, random_l2cs
from tests.made.random_resnet import Tensors, trunk

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_l2cs.write(tmp_path_factory.mktemp("l2cs") / "L2CSNet_gaze360.pkl")


@pytest.fixture(scope="module")
def tensors(file: Path) -> Tensors:
    return dict(torch.load(file, weights_only=True))


@pytest.fixture(scope="module")
def model(file: Path) -> L2CS:
    return L2CS(file, CPU)


@pytest.fixture(scope="module")
def faces(man: np.ndarray, woman: np.ndarray) -> list[np.ndarray]:
    return [cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA) for image in (man, woman)]


@pytest.fixture(scope="module")
def answers(model: L2CS, faces: list[np.ndarray]) -> list[np.ndarray]:
    """What the model says of both faces, in one batch."""
    return model(faces)


def test_names_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "golden/state_dict_shapes.json").read_text())["l2cs"]
    with torch.device("meta"):
        assert shapes_of(L2CSNet()) == {name: tuple(shape) for name, shape in published.items()}


def test_outputs_are_those_of_the_reference(shared: Path) -> None:
    golden = json.loads((shared / "golden/networks.json").read_text())["l2cs"]
    net = L2CSNet().eval()
    golden_rule.fill(net)
    assert sum(p.numel() for p in net.parameters()) == golden["parameters"]
    with torch.inference_mode():
        yaw, pitch = net.heads(net(torch.from_numpy(golden_rule.given("l2cs"))))
    assert (golden["first_output_is"], golden["second_output_is"]) == ("fc_yaw_gaze", "fc_pitch_gaze")
    assert yaw[:, :8].numpy() == pytest.approx(np.array(golden["first_output_first8"]), abs=1e-4)
    assert pitch[:, :8].numpy() == pytest.approx(np.array(golden["second_output_first8"]), abs=1e-4)


@pytest.mark.slow
def test_a_file_s_angles_are_those_of_an_independent_pass(
    answers: list[np.ndarray], tensors: Tensors, faces: list[np.ndarray]
) -> None:
    assert [(f.shape, f.dtype) for f in answers] == [((2,), np.float32)] * 2
    for face, own in zip(faces, answers, strict=True):
        large = cv2.resize(face.astype(np.float32) / 255, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        image = torch.from_numpy((large - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).float()
        features = trunk(tensors, image.permute(2, 0, 1)[None])[-1].mean((2, 3))[0]
        degrees = np.arange(-180.0, 180.0, 4.0)
        for value, head in zip(own, ("fc_yaw_gaze", "fc_pitch_gaze"), strict=True):
            logits = (tensors[f"{head}.weight"] @ features + tensors[f"{head}.bias"]).double().numpy()
            share = np.exp(logits - logits.max())
            assert float(value) == pytest.approx(float(share @ degrees / share.sum()), abs=1e-2)
    assert np.abs(answers[0] - answers[1]).max() > 0.1


def looking(path: Path, tensors: Tensors, yaw_bin: int, pitch_bin: int) -> L2CS:
    """A file whose heads choose these bins whatever they are shown."""
    heads = {}
    for head, index in (("fc_yaw_gaze", yaw_bin), ("fc_pitch_gaze", pitch_bin)):
        heads[f"{head}.weight"] = torch.zeros(BINS, 2048)
        heads[f"{head}.bias"] = torch.where(torch.arange(BINS) == index, 50.0, 0.0)
    torch.save(tensors | heads, path)
    return L2CS(path, CPU)


def test_the_first_head_is_theta_and_the_second_phi(tensors: Tensors, tmp_path: Path, faces: list[np.ndarray]) -> None:
    """Bin 50 is 20 degrees, to the image's left and up; bin 42 is -12, to the right and down."""
    assert looking(tmp_path / "a.pkl", tensors, 50, 42)(faces[:1])[0] == pytest.approx([20, -12], abs=1e-3)


def winning(degrees: float) -> torch.Tensor:
    """Logits [1, 90] of which the bins around an angle win so that it is their mean."""
    bins = torch.arange(-180.0, 180.0, 4.0)
    return -((bins - degrees) ** 2)[None] / 32


@pytest.mark.parametrize(
    "gaze", [(0, 0, -1), (1, 0, -1), (-1, 0, -1), (0, 1, -1), (0, -1, -1), (0.5, 0.3, -1), (-0.2, -0.6, -0.7)]
)
def test_a_direction_of_gaze360_comes_out_in_our_convention(gaze: tuple[float, float, float]) -> None:
    """Gaze360's axes: x to the image's left, y up, z away from the camera; the network's labels are GazeHub's."""
    left, up, away = np.array(gaze) / np.linalg.norm(gaze)
    yaw, pitch = np.degrees([np.arctan2(left, -away), np.arcsin(up)])
    theta, phi = np.radians(angles(winning(yaw), winning(pitch))[0].numpy().astype(float))
    ours = np.array([-np.cos(phi) * np.sin(theta), -np.sin(phi), -np.cos(phi) * np.cos(theta)])
    assert ours == pytest.approx([-left, -up, away], abs=1e-4)


@pytest.mark.parametrize(("first", "second"), [(20.0, 0.0), (-30.0, 10.0), (5.0, -25.0)])
def test_the_arrow_is_the_one_the_package_draws(first: float, second: float) -> None:
    """draw_gaze goes by (-sin(first) cos(second), -sin(second)) in pixels, x right and y down."""
    theta, phi = np.radians(angles(winning(first), winning(second))[0].numpy().astype(float))
    arrow = -np.sin(np.radians(first)) * np.cos(np.radians(second)), -np.sin(np.radians(second))
    assert (-np.cos(phi) * np.sin(theta), -np.sin(phi)) == pytest.approx(arrow, abs=1e-4)


def test_mirrored_logits_are_a_mirrored_gaze() -> None:
    """A mirrored face has its bins of yaw in reverse around 0, which is bin 45; pitch stays."""
    theta, phi = angles(winning(24.0), winning(-8.0))[0].tolist()
    assert angles(winning(24.0)[:, (90 - torch.arange(90)) % 90], winning(-8.0))[0].tolist() == pytest.approx(
        [-theta, phi], abs=1e-3
    )


@pytest.mark.slow
def test_a_batch_gives_what_one_by_one_gives(
    file: Path, faces: list[np.ndarray], answers: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.gaze.l2cs._CPU_FACES", 1)
    assert np.stack(L2CS(file, CPU)(faces[::-1])) == pytest.approx(np.stack(answers[::-1]), abs=1e-3)


def test_a_face_of_the_network_s_own_size_is_taken_as_it_is(
    model: L2CS, faces: list[np.ndarray], answers: list[np.ndarray]
) -> None:
    large = cv2.resize(faces[0], (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    assert model([large])[0] == pytest.approx(answers[0], abs=0.5)


def test_faces_that_are_not_square_are_refused(model: L2CS) -> None:
    with pytest.raises(ValueError, match=r"pictures of \[224, 200\]; square ones expected"):
        model([np.zeros((224, 200, 3), np.uint8)])


def test_a_right_file_passes_the_check(file: Path) -> None:
    check(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fc_yaw_gaze.weight": torch.zeros(28, 2048)}, r"fc_yaw_gaze\.weight is \[28, 2048\], expected \[90, 2048\]"),
        ({"fc_finetune.bias": None}, r"has no tensor fc_finetune\.bias \[3\]"),
        ({"fc.weight": torch.zeros(2)}, r"has a tensor fc\.weight that the network lacks"),
    ],
)
def test_a_wrong_file_is_named_with_its_first_difference(
    tensors: Tensors, tmp_path: Path, change: dict[str, torch.Tensor | None], message: str
) -> None:
    path = tmp_path / "l2cs.pkl"
    torch.save({name: value for name, value in (tensors | change).items() if value is not None}, path)
    for load in (check, lambda path: L2CS(path, CPU)):
        with pytest.raises(WrongWeights, match=message) as caught:
            load(path)
        assert str(path) in str(caught.value)


@pytest.mark.slow
def test_half_precision_is_near_float32(file: Path, faces: list[np.ndarray], answers: list[np.ndarray]) -> None:
    """The arithmetic of a GPU's trunk, on a CPU, which has it too and is slow with it."""
    half = np.stack(L2CS(file, CPU, half=True)(faces[:1]))
    assert half == pytest.approx(np.stack(answers[:1]), abs=0.2)
    assert (half != np.stack(answers[:1])).any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_half_precision_on_a_gpu_is_near_float32(
    file: Path, faces: list[np.ndarray], answers: list[np.ndarray]
) -> None:
    on_gpu = L2CS(file, torch.device("cuda"))
    assert np.stack(on_gpu(faces)) == pytest.approx(np.stack(answers), abs=0.2)
