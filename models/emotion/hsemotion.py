"""HSEmotion: eight emotions of a face, by EfficientNets trained on AffectNet.

Source: A. Savchenko, "Facial expression and attributes recognition based on multi-task learning of lightweight neural
networks" (arXiv 2103.17107); files and package from github.com/av-savchenko/face-emotion-recognition (Apache-2.0).

The package is hsemotion-onnx 0.3.1. Its sibling hsemotion loads whole pickled modules, which run code when they are
opened, and needs torchvision and timm for the same networks. Of hsemotion-onnx the recogniser is used as it is:
classes, preprocessing, softmax. What it does on its own is not: it knows files by name alone, downloads them from the
head of a Git branch into the home folder, unchecked, and lets ONNX Runtime take every core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from hsemotion_onnx import facial_emotions

from models.runtime.checkpoint import WrongWeights
from models.runtime.device import device as default_device
from models.runtime.onnx_file import Value, check_values, inputs_and_outputs, session

if TYPE_CHECKING:
    import torch

CLASSES = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""In the order of the networks' outputs. The va_mtl files give valence and arousal after them."""

SIZES = {"b0": 224, "b2": 260}
"""Side of the face in pixels, by EfficientNet."""

# names by which the package tells sizes and extra outputs apart; its other b0 files differ in their numbers alone
_NAMES = {
    (SIZES["b0"], 8): "enet_b0_8_best_vgaf",
    (SIZES["b0"], 10): "enet_b0_8_va_mtl",
    (SIZES["b2"], 8): "enet_b2_8",
}


def check(path: Path) -> None:
    """WrongWeights naming the first input or output that is not one of an eight-class file of HSEmotion."""
    shape_of(path)


def shape_of(path: Path) -> tuple[int, int]:
    """(side of the face in pixels, outputs a face: 8, or 10 with valence and arousal). Raises WrongWeights."""
    inputs, outputs = inputs_and_outputs(path)
    found = (inputs[0].shape[-1:] if inputs else ()) + (outputs[0].shape[-1:] if outputs else ())
    size, count = next((shape for shape in _NAMES if shape == found), (SIZES["b0"], len(CLASSES)))
    check_values(path, [Value("input", (None, 3, size, size))], [Value("output", (None, count))])
    return size, count


class HSEmotion:
    """Probabilities [8] float32 of the emotions in the order of CLASSES. float32 on every device."""

    def __init__(self, path: Path, device: torch.device | None = None, network: str = "b0") -> None:
        """network: one of SIZES, the one the file must hold. Raises WrongWeights."""
        shape = shape_of(path)
        if shape[0] != SIZES[network]:
            own = next(name for name, size in SIZES.items() if size == shape[0])
            raise WrongWeights(f"{path}: holds {own}, not {network}; set emotion.network={own} or get the other file")
        self._recogniser = _recogniser(path, _NAMES[shape], device or default_device())

    def __call__(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """From upright faces uint8 RGB [S, S, 3] in one batch, S the network's of SIZES."""
        _, scores = self._recogniser.predict_multi_emotions(items, logits=False)
        return list(scores[:, : len(CLASSES)])


def _recogniser(path: Path, name: str, device: torch.device) -> Any:
    """The package's recogniser for a network like `name`, with the numbers of our file and on our session."""
    ours = SimpleNamespace(InferenceSession=lambda file, providers: session(Path(file), device))
    with _replaced(facial_emotions, get_model_path=lambda _: str(path), ort=ours):
        recogniser = facial_emotions.HSEmotionRecognizer(name)
    names = tuple(recogniser.idx_to_class[i].lower() for i in range(len(recogniser.idx_to_class)))
    if names != CLASSES:
        raise RuntimeError(f"hsemotion-onnx orders its classes as {names}, expected {CLASSES}; install 0.3.1")
    return recogniser


@contextmanager
def _replaced(module: Any, **values: object) -> Iterator[None]:
    """`module` with other values under these names, for a moment."""
    kept = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(module, name, value)
