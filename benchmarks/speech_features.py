"""Which features of speech tell the mouths of people that no regression has seen, and what each costs.

For each of them, a ridge regression (benchmarks/mouths.py) from the sound of a catalog's clips to the opening of the
inner lips, their width and the jaw, in five folds by person, read off the landmarks that `jobs/extract.py --frames`
stores. Goals: Whisper's features tell the opening at .65 or better, .10 better than log-mel spectra, and take less than
10 ms of a core a second of sound.

    python benchmarks/speech_features.py --catalog CATALOG
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import torch
import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelling.findings import table
from benchmarks.mouths import Score, folds, score, told
from catalogs import view
from catalogs.arrays import unpack
from models.speech.whisper import WhisperFeatures
from models.weights.registry import weights
from pipeline.evaluation.metrics.mouth import MOUTH, mouth
from pipeline.listing.uris import local_path
from pipeline.machine import versions
from stages.clip import AUDIO_RATE, FPS
from stages.labels.mel import LogMel
from stages.labels.sound import as_long
from stages.video.pyav import read_header
from stages.video.sound import read_sound

OPENING, ABOVE_MEL, MILLISECONDS = 0.65, 0.10, 10.0
_FRAME = AUDIO_RATE // FPS
Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Bench:
    """Compare features of speech by the mouths they tell."""

    catalog: str
    """Folder of a catalog that was made with --frames; its sources must be where they were."""
    least_speech: float = 0.25
    """Clips with a smaller share of speech are left out, as those whose sound is music."""
    least_frames: int = 45
    """Clips with fewer frames are left out."""
    without: Annotated[tuple[str, ...], tyro.conf.arg(metavar="[NAME ...]")] = ()
    """Beginnings of file names of clips to be left out, such as videos that a network made."""


@dataclass(frozen=True)
class Spoken:
    """A clip: who it shows, its mouth [T, 3] (pipeline/evaluation/metrics/mouth.py) and its sound [640 T] at 16 kHz."""

    subject: str
    mouth: np.ndarray
    sound: np.ndarray


def spoken(args: Bench) -> list[Spoken]:
    """The accepted clips of a catalog with enough speech."""
    sql = f"""
        select source_uri, start_s, end_s, coalesce(subject_id, clip_id) subject, landmarks
        from clips join frames using (clip_id)
        where status = 'accepted' and speech_share >= {args.least_speech} and frames.frames >= {args.least_frames}
        order by source_uri, start_s
    """
    found = view.query(args.catalog, sql)
    points = unpack(found["landmarks"], 468 * 3)
    rows = found.drop_columns(["landmarks"]).to_pylist()
    clips = []
    for row, landmarks in zip(rows, points, strict=True):
        path = local_path(row["source_uri"])
        sound = read_sound(path, read_header(path), row["start_s"], row["end_s"])
        if landmarks is None or sound is None or Path(path).name.startswith(args.without):
            continue
        lips = mouth(landmarks.astype(np.float64).reshape(-1, 468, 3))
        clips.append(Spoken(row["subject"], lips, as_long(sound, len(lips))))
    return clips


def loudness(sound: np.ndarray) -> np.ndarray:
    """The log energy of every 10 ms, [T, 4] of a sound [640 T]."""
    return np.log10((sound.reshape(-1, 4, _FRAME // 4) ** 2).mean(2) + 1e-8).astype(np.float32)


def all_features() -> dict[str, Features]:
    """From a sound [640 T] to features [T, D], by name."""
    whisper = WhisperFeatures(weights("whisper_tiny_en").path(), torch.device("cpu"))
    mel = LogMel()
    return {
        "whisper": lambda sound: whisper([sound])[0],
        "mel": lambda sound: mel.features(sound, len(sound) // _FRAME),
        "loudness": loudness,
    }


def heard(features: Features, clips: Sequence[Spoken]) -> tuple[list[np.ndarray], float]:
    """The features of each clip, and the milliseconds of a core that a second of sound takes."""
    features(clips[0].sound)
    began = time.process_time()
    found = [features(clip.sound) for clip in clips]
    spent = time.process_time() - began
    return found, 1e3 * spent / (sum(len(clip.sound) for clip in clips) / AUDIO_RATE)


def main(args: Bench) -> int:
    """A table, then one line of JSON. 0, or 1 when a goal is missed, or 2 where there is too little to compare."""
    torch.set_num_threads(1)
    clips = spoken(args)
    people = [clip.subject for clip in clips]
    if len(set(people)) < 10:
        print(f"{args.catalog} has speech of {len(set(people))} people: at least ten are needed", file=sys.stderr)
        return 2
    wanted = [clip.mouth for clip in clips]
    fold = folds(people, [len(each) for each in wanted])
    scores: dict[str, Score] = {}
    cost: dict[str, float] = {}
    for name, features in all_features().items():
        found, cost[name] = heard(features, clips)
        scores[name] = score(wanted, told(found, wanted, fold), people)
        print(f"{name}: opening {scores[name].within['opening']:.3f}", file=sys.stderr, flush=True)
    rows = [
        (name, *(each.within[part] for part in MOUTH), each.by_person, each.median, each.in_time, cost[name])
        for name, each in scores.items()
    ]
    head = ("features", *MOUTH, "by person", "median clip", "within a frame", "ms a second")
    print("\n".join(table(head, rows)))
    whisper, mel = (scores[name].within["opening"] for name in ("whisper", "mel"))
    reached = {
        "opening": whisper >= OPENING,
        "above_mel": whisper - mel >= ABOVE_MEL,
        "milliseconds": cost["whisper"] < MILLISECONDS,
    }
    line = {
        "name": "speech_features",
        "scores": {name: asdict(each) for name, each in scores.items()},
        "milliseconds_per_second": {name: round(each, 2) for name, each in cost.items()},
        "goals": {"opening": f">= {OPENING}", "above_mel": f">= {ABOVE_MEL}", "milliseconds": f"< {MILLISECONDS:g}"},
        "missed": [name for name, good in reached.items() if not good],
        "clips": len(clips),
        "people": len(set(people)),
        "seconds": round(sum(map(len, wanted)) / FPS),
        "versions": versions(),
    }
    print(json.dumps(line))
    return 1 if line["missed"] else 0


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Bench, description=__doc__)))
