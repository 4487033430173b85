"""Clusters are those of average linkage, whatever the order of the vectors and the number of threads."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from pipeline.people.clustering import clusters


def people(count: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors [count * each, 128] at the distances of real ones, from clear and unclear looks; who."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), each)
    clear = random.lognormal(-1.3, 0.3, (len(who), 1))
    vectors = random.normal(size=(count, 128))[who] * 0.75 + random.normal(size=(len(who), 128)) * clear
    return (vectors / 16).astype(np.float32), who


def same(labels: np.ndarray) -> np.ndarray:
    """Which pairs of vectors are in one cluster."""
    return np.equal.outer(labels, labels)


def average_linkage(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """What takes the square of memory: scipy's."""
    tree = linkage(pdist(vectors.astype(np.float64)) ** 2, "average")
    return fcluster(tree, threshold**2, "distance")


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.5, 0.7])
def test_they_are_those_of_average_linkage(threshold: float) -> None:
    vectors, _ = people(40, 25)
    found = clusters(vectors, threshold)
    assert (same(found) == same(average_linkage(vectors, threshold))).mean() > 0.999
    assert set(found) == set(range(found.max() + 1))


def test_people_are_found() -> None:
    vectors, who = people(200, 10)
    found, true = same(clusters(vectors, 0.5)), same(who)
    assert not (found & ~true).any()
    assert found[true].mean() > 0.95  # the least clear looks stay alone


def test_neither_order_nor_threads_matter() -> None:
    vectors, _ = people(30, 30, seed=1)
    vectors[:60] = vectors[:6].repeat(10, axis=0)  # equal ones, of which any might be the nearest
    found = clusters(vectors, 0.45)
    order = np.random.default_rng(2).permutation(len(vectors))
    threads = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(1)
        assert (same(clusters(vectors[order], 0.45)) == same(found[order])).all()
    finally:
        faiss.omp_set_num_threads(threads)


def test_a_chain_of_neighbours_is_not_one_person() -> None:
    chain = np.zeros((40, 128))
    chain[:, 0] = np.arange(40) * 0.3  # each is near the next, the ends are 12 apart
    found = clusters(chain, 0.5)
    assert max(np.ptp(chain[found == label, 0]) for label in set(found)) <= 0.9
    assert len(set(found)) >= 10


def test_the_threshold_cuts() -> None:
    near = np.stack([np.zeros(128), np.eye(128)[0] * 0.4, np.eye(128)[1] * 0.5])
    assert [len(set(clusters(near, threshold))) for threshold in (0.3, 0.5, 0.7)] == [3, 2, 1]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_few_and_equal_vectors(count: int) -> None:
    assert clusters(np.ones((count, 128), np.float32), 0.5).tolist() == [0] * count
