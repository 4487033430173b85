"""Acted emotions of two people: is each emotion's coefficient highest in its own clip?"""

from __future__ import annotations

import numpy as np

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.shelf import Shelf

# the emotion in the file's name and the coefficient it should raise; contempt has no class in the model
ACTED = {
    "angry": "anger",
    "disgusted": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprised": "surprise",
}
ACTORS = ("M030", "W009")
HELD = ("happy", "surprised")


def measure(shelf: Shelf, acted: tuple[str, ...] = tuple(ACTED)) -> Result:
    """Ranks (1 is highest) of the acted emotion within its clip, and of its clip among the actor's."""
    rows, findings, right = [], [], 0
    for actor in ACTORS:
        columns = tuple(ACTED[a] for a in acted)
        values = np.array([coefficients(shelf, actor, a) for a in acted])
        own = np.array([list(ACTED.values()).index(c) for c in columns])
        for i, name in enumerate(acted):
            in_clip = int((values[i] > values[i, own[i]]).sum()) + 1
            among = int((values[:, own[i]] > values[i, own[i]]).sum()) + 1
            right += in_clip == 1
            strongest = tuple(ACTED.values())[int(values[i].argmax())]
            rows.append(
                (f"{actor} {name}", float(values[i, own[i]]), in_clip, among, strongest, float(values[i].max()))
            )
            if name in HELD:
                findings.append(Finding(f"{actor}_{name}_rank_in_clip", in_clip, 1, "<="))
                findings.append(Finding(f"{actor}_{name}_rank_among_clips", among, 1, "<="))
    findings.append(Finding("acted_emotions_highest_in_clip", right))
    findings.append(Finding("acted_emotions", len(rows)))
    head = ("clip", "its coefficient", "rank in clip", "rank among clips", "strongest", "its value")
    return Result(tuple(findings), table(head, rows))


def coefficients(shelf: Shelf, actor: str, acted: str) -> np.ndarray:
    """The seven coefficients of one acted clip, in the order of ACTED."""
    emotion = shelf.clip(shelf.shared / "faces" / f"mead_{actor}_{acted}.mp4").columns["emotion"]
    return np.array([emotion[name] for name in ACTED.values()])
