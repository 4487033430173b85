"""Windows of a catalog as the network takes them: standardised motion, and the conditions that go with it."""

from __future__ import annotations

import torch

from catalogs.windows import WindowBatch
from models.motion.conditions import Conditions
from models.motion.statistics import Statistics


def standardised(batch: WindowBatch, statistics: Statistics, previous: int) -> tuple[torch.Tensor, Conditions]:
    """x0 [N, W, D] and all that the catalog says of it.

    previous: K, the first frames of the batch. A window that begins with its clip, or less than K frames into it, has
    none before it. What there is none of is 0.
    """
    frames = batch.valid[:, previous:]
    motion = statistics.motion(torch.cat([batch.pose, batch.dynamics], 2)) * batch.valid[..., None]
    heard = batch.valid & batch.has_audio[:, None]
    audio = statistics.audio(batch.audio) * heard[..., None]
    conditions = Conditions(
        audio=audio[:, previous:],
        has_audio=heard[:, previous:],
        previous_motion=motion[:, :previous],
        previous_audio=audio[:, :previous],
        has_previous=batch.valid[:, :previous].all(1) & torch.tensor(previous > 0),
        gaze=statistics.gaze(batch.gaze) * batch.has_gaze[:, None],
        has_gaze=batch.has_gaze,
        distance=statistics.distance(batch.distance) * batch.has_distance[:, None],
        has_distance=batch.has_distance,
        emotion=statistics.emotion(batch.emotion) * batch.has_emotion[:, None],
        has_emotion=batch.has_emotion,
        frames=frames,
    )
    return motion[:, previous:], conditions
