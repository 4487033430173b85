"""Identity vectors: distances within and between people, and which clustering finds the people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from benchmarks.labelling.findings import Finding, Result, table
from benchmarks.labelling.mirror import ALL_SINGLE
from benchmarks.labelling.shelf import Shelf
from pipeline.people.clustering import clusters

THRESHOLDS = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
METHODS = ("ours", "average", "complete", "single")
# ours: pipeline/people/clustering.py; the others: scipy's
# who is in more than one clip: by index.csv, and where two clips show one recording or one generated portrait
# (news_450 and st_02, news_512 and vr_3, vasa_10 and vx_10); all others are taken for people of their own
PEOPLE = {
    "man A": ("news_450", "st_02", "st_03", "st_04"),
    "woman A": ("st_05", "st_06", "st_07"),
    "man B": tuple(f"st_{n:02d}" for n in range(8, 17)),
    "woman B": ("st_17", "st_18"),
    "newscaster": ("news_512", "vr_3"),
    "portrait": ("vasa_10", "vx_10"),
}
# of clips without a note nobody says whether two show one person: they are no evidence
UNKNOWN = ("st_01", *(f"st_{n}" for n in range(19, 26)))


def measure(shelf: Shelf, only: tuple[str, ...] = ()) -> Result:
    """Pairwise precision and recall of clusters of the clips' vectors over methods and thresholds."""
    names, vectors = [], []
    for folder, wanted in (("clips", ALL_SINGLE), ("faces", ())):
        for name, path in shelf.clips(folder, wanted):
            if name not in UNKNOWN and (not only or name in only):
                names.append(name)
                vectors.append(shelf.verdicts(path)[0].clip.columns["face_vector"])
    array = np.array(vectors)
    pairs = list(combinations(range(len(names)), 2))
    same = np.array([person(names[a]) == person(names[b]) for a, b in pairs])
    apart = np.array([np.linalg.norm(array[a] - array[b]) for a, b in pairs])
    rows, findings = [], []
    for method in METHODS:
        tree = None if method == "ours" else linkage(array, method)
        for threshold in THRESHOLDS:
            cluster = clusters(array, threshold) if tree is None else fcluster(tree, threshold, "distance")
            together = np.array([cluster[a] == cluster[b] for a, b in pairs])
            precision = float(same[together].mean()) if together.any() else 1.0
            recall = float(together[same].mean())
            rows.append((f"{method} {threshold:g}", precision, recall, len(set(cluster))))
            findings += [
                Finding(f"{method}_{threshold:g}_precision", precision),
                Finding(f"{method}_{threshold:g}_recall", recall),
            ]
    findings += [
        Finding("same_person_farthest", float(apart[same].max())),
        Finding("same_person_median", float(np.median(apart[same]))),
        Finding("two_people_nearest", float(apart[~same].min())),
        Finding("two_people_under_0.6", float((apart[~same] < 0.6).mean())),
    ]
    order = np.argsort(apart)
    near = [i for i in order if not same[i]][:12]
    far = [i for i in order[::-1] if same[i]][:6]
    lines = table(("clustering", "precision", "recall", "clusters"), rows)
    pair = table(
        ("pair", "distance", "same"),
        [(f"{names[pairs[i][0]]} {names[pairs[i][1]]}", float(apart[i]), str(bool(same[i]))) for i in (*near, *far)],
    )
    return Result(tuple(findings), (*lines, "", *pair))


def person(name: str) -> str:
    """Who is in a clip: a person of several clips, an actor, or somebody of this clip alone."""
    for who, clips in PEOPLE.items():
        if name in clips:
            return who
    return name.split("_")[1] if name.startswith("mead_") else name
