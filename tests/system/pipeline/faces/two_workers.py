"""One of two workers that share a step's units; run by `torch.multiprocessing`."""

from __future__ import annotations

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from tests.made.training import SHARED, gradients, judges, parts, people, trainer


def work(rank: int, folder: str) -> None:
    """Two steps on one of two units each; leaves RANK.pt with what came out.

    first: the gradients of the first step; alone: those of one worker with both units, for comparison.
    """
    torch.set_num_threads(1)
    store = distributed.FileStore(f"{folder}/store", 2)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    pool = people()
    frozen = judges(pool)
    shared = trainer(SHARED, pool, frozen, DistributedDataParallel)
    seen, steps = {}, []
    for step in range(2):
        seen = shared.learn(iter([parts(pool, pool.sampler.units(step, 2), 2)[rank]]))
        steps.append(gradients(shared))
    total = torch.tensor(seen["total"])
    distributed.all_reduce(total)
    distributed.destroy_process_group()
    alone = trainer(SHARED, pool, frozen)
    alone.learn(iter(parts(pool, pool.sampler.units(0, 2))))
    found = {
        "first": steps[0],
        "gradients": steps[1],
        "alone": gradients(alone),
        "parameters": [value.detach() for value in shared.model.parameters()],
        "total": float(total) / 2,
    }
    torch.save(found, f"{folder}/{rank}.pt")
