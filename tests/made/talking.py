"""Talking people by a law: the sound's first number, two frames before, is how far the mouth is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from catalogs import Writer
from catalogs.schema import conform
from catalogs.staging import stage_span
from models.face.landmarks import INNER_MOUTH, canonical_size
from pipeline.evaluation.motion.clips import TalkingClip
from stages.columns import column
from tests.made.faces import canonical
from tests.made.sample_spans import FINGERPRINT, clip_row, source_key

LATE = 2
DYNAMICS, AUDIO = 5, 7
BLINK_EVERY = 50
RECIPE = {
    "stages": {
        "latents": {"variant": "face", "sha256": "aa"},
        "audio": {"variant": "whisper"},
        "frames": {"size": 96},
    }
}
_LIDS, _LESS = 0.3, 0.25
_LOWER, _CHIN, _LEFT, _RIGHT = INNER_MOUTH[11:], 152, 78, 308


def smooth(random: np.random.Generator, frames: int, count: int) -> np.ndarray:
    """[T, count] of deviation 1 that changes within some frames."""
    noise = random.normal(size=(frames + 4, count))
    found = np.stack([np.convolve(column, np.ones(5) / 5, "valid") for column in noise.T], 1)
    return (found - found.mean(0)) / found.std(0)


def lids(frames: int) -> np.ndarray:
    """[T]: open, but for a blink of three frames in the middle of every `BLINK_EVERY`."""
    return np.where((np.arange(frames) - BLINK_EVERY // 2) % BLINK_EVERY < 3, _LIDS - _LESS, _LIDS)


def talking(who: int, frames: int = 120, seed: int = 0, **more: Any) -> TalkingClip:
    """A clip of a person. z_dyn: opening, width and jaw of the mouth, the lids, and noise."""
    random = np.random.default_rng((who, seed))
    sound = smooth(random, frames, AUDIO)
    opening = np.roll(sound[:, 0], LATE)
    width, jaw = smooth(random, frames, 1)[:, 0], 0.7 * opening + 0.3 * smooth(random, frames, 1)[:, 0]
    closed = lids(frames)
    dynamics = np.stack([opening, width, jaw, closed / 0.1, random.normal(size=frames)], 1) + 0.1 * who
    rest = np.median(dynamics, 0)
    angles = np.array([-4.0, 3.0 * (who % 5 - 2), 0.0]) + 2 * smooth(random, frames, 3)
    place = [0.0, 0.0, 1.0] + 0.01 * smooth(random, frames, 3)
    return TalkingClip(
        clip_id=f"{who:08x}{seed:024x}",
        source_uri=f"/films/{who}_{seed}.mp4",
        subject_id=f"person {who}",
        content=f"content {who} {seed}",
        pose=np.concatenate([angles, place], 1).astype(np.float32),
        dynamics=(dynamics - rest).astype(np.float32),
        rest=rest.astype(np.float32),
        sound=sound.astype(np.float32),
        mouth=np.stack([0.5 + 0.2 * opening, 5 + 0.1 * width, 9 + 0.2 * jaw], 1),
        lids=closed,
        **{"gaze": (3.0 * (who % 5 - 2), 0.0), "distance": 1.0, "speech": 0.9, **more},
    )


def landmarks(clip: TalkingClip) -> np.ndarray:
    """The mesh [T, 468, 3] in crop units of a face whose mouth is as the clip's, from how the canonical one's is."""
    points = np.repeat(canonical()[None], len(clip), 0)
    opening, width, jaw = ((clip.mouth - clip.mouth.mean(0)) * canonical_size()).T
    points[:, list(_LOWER), 1] += 0.03 + opening[:, None]
    points[:, _CHIN, 1] += jaw
    points[:, _LEFT, 0] -= width / 2
    points[:, _RIGHT, 0] += width / 2
    return points


def talking_catalog(root: Path, clips: Sequence[TalkingClip]) -> None:
    """A catalog of these clips, with what the networks would have seen of them."""
    extra = pa.schema(
        [column("sound_offset", pa.int32(), "frames", "late"), column("sync", pa.float32(), "cosine", "how sure")]
    )
    with Writer.open(root, RECIPE, FINGERPRINT, columns={"clips": extra}) as writer:
        for source, clip in enumerate(clips):
            count = len(clip)
            row = clip_row(source, frames=count, subject_id=clip.subject_id, speech_share=clip.speech) | {
                "clip_id": clip.clip_id,
                "content": clip.content,
                "source_uri": clip.source_uri,
                "emotion": None,
                "gaze_theta": clip.gaze and clip.gaze[0],
                "gaze_phi": clip.gaze and clip.gaze[1],
                "distance": clip.distance,
                "sound_offset": clip.offset,
                "sync": clip.sync,
            }
            shared = {"clip_id": clip.clip_id, "frames": count}
            latents = {
                **shared,
                "pose": clip.pose,
                "gaze": np.zeros((count, 2)),
                "face_pose": clip.pose,
                "dynamics": clip.dynamics + clip.rest,
                "audio": clip.sound,
            }
            frames = {
                **shared,
                "size": 96,
                "crops": [b"no picture"] * count,
                "landmarks": landmarks(clip).reshape(count, -1),
                "eyes": np.stack([clip.lids, *[np.zeros(count)] * 2] * 2, 1),
                "seen": np.ones(count, bool),
                "camera": np.tile([0.0, 0.0, 1.0], (count, 1)),
            }
            tables = {
                "clips": conform("clips", [row], extra),
                "latents": conform("latents", [latents]),
                "frames": conform("frames", [frames]),
                "previews": conform("previews", []),
            }
            stage_span(root, source_key(source), 0, tables)
        writer.commit()
