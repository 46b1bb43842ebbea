"""A worker of tests/engine/test_parallel.py: trains as one of several processes; the leader writes what came of it."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.distributed as dist

from dlrun.engine.fit import fit
from dlrun.engine.process_group import ProcessGroup
from tests.engine.make import made


def main(folder: str, *overrides: str) -> None:
    dist.init_process_group("gloo")
    components, training = made(Path(folder) / f"rank-{dist.get_rank()}", *overrides)
    processes = ProcessGroup()
    processes.join(training, components.model, components.rng)
    fit(training)
    if processes.leader:
        rows = (Path(folder) / "rank-0" / "metrics.jsonl").read_text()
        torch.save({"weights": dict(components.model.state_dict()), "rows": rows}, Path(folder) / "together.pt")
    dist.barrier()
    dist.destroy_process_group()
