"""HSEmotion: the published files, its package without its habits, and probabilities as another engine gives them."""

from __future__ import annotations

import socket
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from hsemotion_onnx import facial_emotions

from models.emotion.hsemotion import CLASSES, SIZES, HSEmotion, check, shape_of
from models.runtime.checkpoint import WrongWeights
from stages.labels.emotion import EMOTIONS
from tests.made import random_arcface, random_hsemotion

CPU = torch.device("cpu")
FILES = {"enet_b0_8_va_mtl": (224, 10), "enet_b0_8_best_afew": (224, 8), "enet_b2_8": (260, 8)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hsemotion")
    return {
        name: random_hsemotion.write(folder / f"{name}.onnx", size=size, outputs=outputs)
        for name, (size, outputs) in FILES.items()
    }


def faces(man: np.ndarray, woman: np.ndarray, size: int) -> list[np.ndarray]:
    return [cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA) for image in (man[60:300, 180:420], woman)]


def reference(path: Path, faces: list[np.ndarray]) -> np.ndarray:
    """Probabilities [N, 8] by OpenCV's engine."""
    net = cv2.dnn.readNetFromONNX(str(path))
    out = []
    for face in faces:
        pixels = (face / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        net.setInput(pixels.transpose(2, 0, 1)[None].astype(np.float32))
        power = np.exp(net.forward()[0, :8])
        out.append(power / power.sum())
    return np.stack(out)


@pytest.mark.parametrize("name", FILES)
def test_probabilities_are_those_of_another_engine_without_valence_and_arousal(
    files: dict[str, Path], name: str, man: np.ndarray, woman: np.ndarray
) -> None:
    size, _ = FILES[name]
    network = next(key for key, value in SIZES.items() if value == size)
    shown = faces(man, woman, size)
    found = np.stack(HSEmotion(files[name], CPU, network)(shown))
    assert (found.shape, found.dtype) == ((2, 8), np.float32)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(found, reference(files[name], shown), atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-3


def test_a_batch_equals_one_by_one(files: dict[str, Path], man: np.ndarray, woman: np.ndarray) -> None:
    model = HSEmotion(files["enet_b0_8_va_mtl"], CPU)
    shown = faces(man, woman, 224)
    np.testing.assert_allclose(model(shown), [model([face])[0] for face in shown], atol=1e-6)


def test_the_classes_are_in_the_package_s_order_and_ours(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CLASSES == EMOTIONS
    monkeypatch.setattr(facial_emotions, "get_model_path", lambda name: str(files[name]))
    for name in FILES:
        theirs = facial_emotions.HSEmotionRecognizer(name)
        assert tuple(word.lower() for word in theirs.idx_to_class.values()) == CLASSES
        assert theirs.img_size == FILES[name][0]
        assert theirs.is_mtl == (FILES[name][1] == 10)


def test_another_order_in_the_package_is_an_error(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    class Turned(facial_emotions.HSEmotionRecognizer):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.idx_to_class = dict(enumerate(reversed(self.idx_to_class.values())))

    monkeypatch.setattr(facial_emotions, "HSEmotionRecognizer", Turned)
    with pytest.raises(RuntimeError, match="hsemotion-onnx orders its classes as .*; install 0.3.1"):
        HSEmotion(files["enet_b2_8"], CPU, "b2")


def test_nothing_is_downloaded_printed_or_left_behind(
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def called(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", called)
    before = facial_emotions.get_model_path
    model = HSEmotion(files["enet_b0_8_va_mtl"], CPU)
    model([np.zeros((224, 224, 3), np.uint8)])
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert facial_emotions.get_model_path is before
    assert facial_emotions.ort is onnxruntime


@pytest.mark.parametrize("name", FILES)
def test_published_files_are_told_apart_by_their_shapes(files: dict[str, Path], name: str) -> None:
    assert shape_of(files[name]) == FILES[name]
    check(files[name])


@pytest.mark.parametrize(
    ("size", "outputs", "problem"),
    [
        (224, 7, r"output output is FLOAT \[any, 7\], expected FLOAT \[any, 8\]"),
        (260, 10, r"input input is FLOAT \[any, 3, 260, 260\], expected FLOAT \[any, 3, 224, 224\]"),
    ],
)
def test_other_models_of_the_family_are_wrong(tmp_path: Path, size: int, outputs: int, problem: str) -> None:
    """Seven classes lack contempt; and of B2 there is no file with valence and arousal."""
    path = random_hsemotion.write(tmp_path / "other.onnx", size=size, outputs=outputs)
    with pytest.raises(WrongWeights, match=rf"other\.onnx: {problem}; get the published file"):
        check(path)


def test_another_network_s_file_is_wrong(tmp_path: Path) -> None:
    path = random_arcface.write(tmp_path / "arcface.onnx", **random_arcface.SMALL)
    with pytest.raises(WrongWeights, match=r"input 0 is called input\.1, expected input"):
        check(path)


def test_the_file_must_hold_the_network_asked_for(files: dict[str, Path]) -> None:
    with pytest.raises(WrongWeights, match="enet_b2_8.onnx: holds b2, not b0; set emotion.network=b2 or get the other"):
        HSEmotion(files["enet_b2_8"], CPU)
