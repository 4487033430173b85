"""Who is who: subject_id for clips whose manifest names nobody, by clustering their identity vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

SAME_PERSON = 0.5
_EXACT = 4000
_LEADER = 0.2


def assign(
    clip_ids: Sequence[str], vectors: np.ndarray, named: Sequence[str | None], threshold: float = SAME_PERSON
) -> list[str]:
    """A subject for each of N clips, independent of their order.

    clip_ids [N], vectors [N, 128] (dlib's, Euclidean), named [N]: the subject a manifest gives, or None. Clips with a
    name keep it. The others are clustered with all (average linkage, cut at `threshold`): a cluster that holds named
    clips takes the name most of them have; else it is called `person_` and the first clip id's first 12 digits.
    """
    if len(clip_ids) == 0:
        return []
    order = np.argsort(np.array(clip_ids, dtype=str), kind="stable")
    labels = _clusters(np.asarray(vectors, np.float64)[order], threshold)
    members: dict[int, list[int]] = {}
    for place, label in zip(order, labels, strict=True):
        members.setdefault(int(label), []).append(int(place))
    out = [""] * len(clip_ids)
    for places in members.values():
        given = Counter(name for name in (named[i] for i in places) if name)
        own = f"person_{clip_ids[places[0]][:12]}"
        name = min(given, key=lambda key: (-given[key], key)) if given else own
        for i in places:
            out[i] = named[i] or name
    return out


def _clusters(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """Cluster labels [N]; above a few thousand clips near-equal vectors are merged first, which bounds memory."""
    if len(vectors) == 1:
        return np.zeros(1, int)
    if len(vectors) <= _EXACT:
        return fcluster(linkage(vectors, "average"), threshold, "distance")
    leader = _leaders(vectors, _LEADER)
    unique = np.unique(leader)
    centres = np.stack([vectors[leader == k].mean(0) for k in unique])
    if len(unique) > _EXACT:
        return _leaders(centres, threshold)[np.searchsorted(unique, leader)]
    return fcluster(linkage(centres, "average"), threshold, "distance")[np.searchsorted(unique, leader)]


def _leaders(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """Leader clustering [N]: each vector joins the nearest leader within `threshold` or becomes one."""
    leaders = np.empty_like(vectors)
    labels = np.empty(len(vectors), int)
    count = 0
    for i, vector in enumerate(vectors):
        if count:
            distance = np.linalg.norm(leaders[:count] - vector, axis=1)
            nearest = int(distance.argmin())
            if distance[nearest] <= threshold:
                labels[i] = nearest
                continue
        leaders[count] = vector
        labels[i] = count
        count += 1
    return labels
