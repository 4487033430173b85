"""Which vectors belong together: average linkage by neighbour search, one way for ten vectors and for a million.

Two clusters are as far apart as the root of the mean squared distance of their pairs. With centroids c and variances v
that is |c - c'|^2 + v + v', which is a distance between points of one dimension more, so that a library's neighbour
search finds the nearest cluster, in memory that grows as the number of vectors and not as its square. Clusters merge
up to a limit that rises to the threshold in STEPS, each pair after its distance was worked out anew: that is average
linkage but for the order of merges that lie within one step. A cluster can only move away from others by merging, so
only those whose nearest one merged are searched for again.
"""

from __future__ import annotations

import faiss
import numpy as np

STEPS = 16
_NEAREST = 4  # itself and three more: float32 finds them, float64 says which is the nearest
_BLOCK = 16_384


def clusters(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """Cluster labels [N], from 0, of vectors [N, D]: at most `threshold` between the halves of each merge.

    They depend on the set of vectors alone, not on its order nor on the number of threads.
    """
    if len(vectors) == 0:
        return np.zeros(0, int)
    # sorted, and equal ones together: float32 cannot tell which of many equals is nearest
    points, place, weight = np.unique(np.asarray(vectors, np.float64), axis=0, return_inverse=True, return_counts=True)
    merging = _Merging(points - points.mean(axis=0), weight.astype(np.float64))
    for step in range(1, STEPS + 1):
        merging.up_to((threshold * step / STEPS) ** 2)
    return np.unique(merging.roots(), return_inverse=True)[1][place.reshape(-1)]


class _Merging:
    """Clusters while they merge: each goes by the number of one of its points, which is the smallest in it."""

    def __init__(self, points: np.ndarray, weight: np.ndarray) -> None:
        count = len(points)
        self._centre, self._weight, self._variance = points, weight, np.zeros(count)
        self._parent = np.arange(count)
        self._alive = np.ones(count, bool)
        self._nearest = np.zeros(count, int)
        self._apart = np.zeros(count)  # squared distance to the nearest one, or less
        self._stale = np.ones(count, bool)
        self._coordinates = np.hstack([points, np.zeros((count, 1))]).astype(np.float32)

    def up_to(self, limit: float) -> None:
        """Merge until no two clusters have a squared distance of `limit` or less."""
        while self._alive.sum() > 1:
            self._search(np.flatnonzero(self._alive & self._stale & (self._apart <= limit)))
            near = np.flatnonzero(self._alive & ~self._stale & (self._apart <= limit))
            if not len(near):
                return
            merged = np.zeros(len(self._alive), bool)
            for a, b in self._pairs(near):
                self._merge(a, b, limit, merged)
            self._stale |= merged | merged[self._nearest]

    def roots(self) -> np.ndarray:
        """The cluster of every point."""
        while (self._parent[self._parent] != self._parent).any():
            self._parent = self._parent[self._parent]
        return self._parent

    def _search(self, wanted: np.ndarray) -> None:
        """Find the nearest cluster of each of those wanted."""
        alive = np.flatnonzero(self._alive)
        there = self._coordinates[alive]
        for start in range(0, len(wanted), _BLOCK):
            asked = wanted[start : start + _BLOCK]
            query = self._coordinates[asked]
            query[:, -1] = 0
            _, found = faiss.knn(query, there, min(_NEAREST, len(alive)))
            others = alive[found]
            apart = self._squared(asked[:, None], others)
            apart[others == asked[:, None]] = np.inf
            first = np.lexsort((others, apart), axis=1)[:, :1]
            self._nearest[asked] = np.take_along_axis(others, first, 1)[:, 0]
            self._apart[asked] = np.take_along_axis(apart, first, 1)[:, 0]
        self._stale[wanted] = False

    def _squared(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Mean squared distance of the pairs of clusters a and b, of any shapes that go together."""
        between = ((self._centre[a] - self._centre[b]) ** 2).sum(axis=-1)
        return between + self._variance[a] + self._variance[b]

    def _pairs(self, near: np.ndarray) -> list[list[int]]:
        """Each of `near` with the cluster nearest to it, once each, the closest pairs first."""
        other = self._nearest[near]
        pairs = np.unique(np.stack([np.minimum(near, other), np.maximum(near, other)], axis=1), axis=0)
        apart = self._squared(pairs[:, 0], pairs[:, 1])
        return pairs[np.argsort(apart, kind="stable")].tolist()

    def _merge(self, a: int, b: int, limit: float, merged: np.ndarray) -> None:
        """Merge the clusters that a and b are in by now, if these are within the limit."""
        a, b = sorted((self._root(a), self._root(b)))
        if a == b:
            return
        between = float(((self._centre[a] - self._centre[b]) ** 2).sum())
        if between + self._variance[a] + self._variance[b] > limit:
            return
        weight = self._weight[a] + self._weight[b]
        share = self._weight[b] / weight
        self._centre[a] += share * (self._centre[b] - self._centre[a])
        self._variance[a] += share * (self._variance[b] - self._variance[a]) + share * (1 - share) * between
        self._weight[a] = weight
        self._coordinates[a] = [*self._centre[a], np.sqrt(self._variance[a])]
        self._parent[b], self._alive[b] = a, False
        merged[[a, b]] = True

    def _root(self, a: int) -> int:
        while self._parent[a] != a:
            a = int(self._parent[a])
        return a
