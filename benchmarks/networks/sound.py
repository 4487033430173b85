"""The networks that hear: Wav2Vec2, Whisper, two that also see the face, and Silero's speech detector."""

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
_STRETCHES = {"cpu": 1, "cuda": 4}


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


def sync_tiny(material: Material, folder: Path, device: torch.device) -> Case:
    from models.face.presets import PRESETS
    from models.sync.checkpoint import load_sync, read_sync_recipe
    from models.sync.face_features import WIDTH
    from models.sync.network import similarity
    from models.sync.offset import MOST
    from models.sync.scorer import SyncScorer
    from stages.labels.latents import FaceLatents
    from stages.labels.sync import Sync

    stage, minute, random = Sync(), material.minute(), np.random.default_rng(0)
    path = weights("sync_tiny").path()
    network, model = load_sync(path).to(device), SyncScorer(path, device)
    widths = {"audio": read_sync_recipe(path)[0]["width"], "dynamics": PRESETS[FaceLatents().preset].dynamics}
    minute = minute.add_arrays(
        **{name: random.normal(size=(MINUTE * FPS, width)).astype(np.float32) for name, width in widths.items()}
    )
    items = stage.items(minute)
    whole = torch.from_numpy(items[0]).to(device)[None]

    def both(clip: torch.Tensor) -> torch.Tensor:
        return similarity(network.of_face(clip[..., -WIDTH:])[0], network.of_sound(clip[..., :-WIDTH])[0], MOST)

    return Case(
        About(
            item=f"frame, 40 ms, of a clip of {MINUTE} s",
            batch=MINUTE * FPS,
            at_once=MINUTE * FPS,
            per_minute=MINUTE * FPS,
            stage=f"{stage.name}={stage.variant}",
            note="bare: both towers and their cosines on a tensor that is there",
        ),
        ours=lambda: model(items),
        bare=looped(both, [whole], device),
        prepare=lambda: stage.items(minute),
    )


def syncnet(material: Material, folder: Path, device: torch.device) -> Case:
    from models.evaluation.syncnet import FRAMES, SIZE, TwoStreams
    from models.evaluation.syncnet_offset import SyncNetEmbeddings, heard_windows
    from models.runtime.checkpoint import load_into
    from stages.labels.syncnet import SyncNetOffset
    from tests.made import random_syncnet

    stage, minute = SyncNetOffset(), material.minute()
    path = random_syncnet.write(folder / "syncnet_v2.model")
    model, network = SyncNetEmbeddings(path, device), TwoStreams()
    load_into(network, path)
    network.to(device)
    stretches = stage.items(minute)[: _STRETCHES[device.type]]
    films = [
        torch.from_numpy(each["faces"]).to(device).permute(3, 0, 1, 2)[None].float().contiguous() for each in stretches
    ]
    heard = [torch.from_numpy(heard_windows(each["mfcc"])).to(device) for each in stretches]
    count = sum(map(len, heard))

    def both(sound: torch.Tensor) -> None:
        for film in films:
            network.film(film)
        network.audio(sound)

    return Case(
        About(
            item=f"window of {FRAMES} faces at {SIZE} x {SIZE} and 0.2 s of sound",
            batch=count,
            at_once=count // len(stretches),
            per_minute=MINUTE * FPS,
            stage=f"{stage.name}={stage.variant}",
        ),
        ours=lambda: model(stretches),
        bare=looped(both, [torch.cat(heard)], device),
        prepare=lambda: stage.items(minute),
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
