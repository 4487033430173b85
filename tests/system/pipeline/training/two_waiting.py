"""One of two workers, of which one waits for what the first makes; run by `torch.multiprocessing`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from torch import distributed

from pipeline.training.distributed import PATIENCE, Workers
from pipeline.training.halt import Stopped


def work(rank: int, folder: str, what: str) -> None:
    """The first is slow, is stopped or dies at what it makes; the other leaves what it heard in `heard`."""
    store = distributed.FileStore(f"{folder}/store", 2)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=PATIENCE)
    made = Path(folder) / "made"

    def make() -> str:
        if rank == 0:
            time.sleep(2)
            if what == "stopped":
                raise Stopped("SIGTERM", "making")
            if what == "dead":
                os._exit(9)
            made.write_text("made")
        return made.read_text()

    try:
        heard = Workers(rank, 2).in_turn(make)
    except Stopped as stop:
        heard = stop.why
    except RuntimeError as error:
        heard = type(error).__name__
    if rank == 1:
        (Path(folder) / "heard").write_text(str(heard))
    distributed.destroy_process_group()  # its threads, left to the interpreter's end, may abort the process
