"""The networks that hear: Wav2Vec2, Whisper, SyncNet (which also sees lips) and Silero's speech detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from benchmarks.networks.case import About, Case
from benchmarks.networks.faces import looped
from benchmarks.networks.material import MINUTE, Material
from models.weights.registry import weights
from stages.clip import FPS

_SECONDS = {"cpu": 10, "cuda": 60}
_WINDOWS = {"cpu": 8, "cuda": 128}


def wav2vec2(material: Material, folder: Path, device: torch.device) -> Case:
    from models.speech.wav2vec2 import _MARGIN, Wav2Vec2Features
    from stages.labels.wav2vec2 import Wav2Vec2Audio
    from tests.made import random_wav2vec2

    stage, minute = Wav2Vec2Audio(), material.minute()
    model = Wav2Vec2Features(random_wav2vec2.write(folder / "wav2vec2"), device)
    seconds = _SECONDS[device.type]
    sounds = [material.sound(seconds)] * (stage.batch if device.type == "cuda" else 1)
    heard = torch.from_numpy(np.stack(sounds)).to(device)
    even = (heard - heard.mean(1, keepdim=True)) / torch.sqrt(heard.var(1, correction=0, keepdim=True) + 1e-7)
    padded = torch.nn.functional.pad(even, (_MARGIN, _MARGIN))
    return Case(
        About(
            item=f"frame of sound, 40 ms, in sounds of {seconds} s",
            batch=len(sounds) * seconds * FPS,
            at_once=len(sounds),
            per_minute=MINUTE * FPS,
            stage="audio=wav2vec2",
            note="bare: transformers' forward over whole sounds; ours convolves block by block",
        ),
        ours=lambda: model(sounds),
        bare=looped(model._network, [padded], device),
        prepare=lambda: stage.items(minute),
    )


def whisper(material: Material, folder: Path, device: torch.device) -> Case:
    from models.speech.whisper import WhisperFeatures, log_mel
    from stages.labels.whisper import WhisperAudio

    stage, minute = WhisperAudio(), material.minute()
    model = WhisperFeatures(weights("whisper_tiny_en").path(), device)
    seconds = _SECONDS[device.type]
    sounds = [material.sound(seconds)] * (stage.batch if device.type == "cuda" else 1)
    spectra = torch.stack([log_mel(torch.from_numpy(each).to(device), 100 * seconds) for each in sounds])
    return Case(
        About(
            item=f"frame of sound, 40 ms, in sounds of {seconds} s",
            batch=len(sounds) * seconds * FPS,
            at_once=len(sounds),
            per_minute=MINUTE * FPS,
            stage=f"{stage.name}={stage.variant}",
            note="bare: the network on spectra that are there, without the half second of silence behind them",
        ),
        ours=lambda: model(sounds),
        bare=looped(model._network, [spectra], device),
        prepare=lambda: stage.items(minute),
    )


def syncnet(material: Material, folder: Path, device: torch.device) -> Case:
    from models.evaluation.syncnet import _AUDIO, _VIDEO, FRAMES, SIZE, SyncNet
    from tests.made import random_syncnet

    path = random_syncnet.write(folder / "syncnet_v2.model")
    model = SyncNet(path, device)
    count = _WINDOWS[device.type]
    rng = np.random.default_rng(0)
    lips = rng.integers(0, 256, (count, *_VIDEO), np.uint8)
    heard = rng.standard_normal((count, *_AUDIO), np.float32)
    seen, sound = torch.from_numpy(lips).to(device).float(), torch.from_numpy(heard).to(device)

    def both(faces: torch.Tensor) -> None:
        model._net.video(faces)
        model._net.audio(sound)

    return Case(
        About(
            item=f"window of {FRAMES} faces at {SIZE} x {SIZE} and 0.2 s of sound",
            batch=count,
            at_once=count,
            per_minute=MINUTE * FPS,
            note="for evaluation; no stage of a catalog asks it",
        ),
        ours=lambda: (model.video(lips), model.audio(heard)),
        bare=looped(both, [seen], device),
    )


def silero(material: Material, folder: Path, device: torch.device) -> Case:
    from models.speech.silero import _CONTEXT, CHUNK, SileroVad
    from stages.labels.speech import even_loudness

    model = SileroVad()
    sound = material.sound(MINUTE)
    count = len(sound) // CHUNK
    padded = np.concatenate([np.zeros(_CONTEXT, np.float32), sound])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + CHUNK)[::CHUNK]
    chunks = np.ascontiguousarray(windows[:count])
    state = np.zeros((1, 1, 128), np.float32)
    return Case(
        About(
            item="chunk of sound, 32 ms",
            batch=count,
            at_once=count,
            per_minute=count,
        ),
        ours=lambda: model(sound),
        bare=lambda: model._session.run(None, {"input": chunks, "h": state, "c": state}),
        prepare=lambda: even_loudness(sound),
    )
