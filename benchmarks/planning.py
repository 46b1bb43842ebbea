"""Time of planning a sweep of 1,000 jobs over values within the same groups, against Hydra's composition of each.

    python benchmarks/planning.py

Planning reads, composes and checks every job and finds its id; Hydra's part of the comparison only composes.
"""

from __future__ import annotations

import os
import tempfile
import time

from hydra import compose

from dlrun.config.compose.composer import hydra_started
from dlrun.record.plan import load, store
from dlrun.sweep.make import make_plan

GRIDS = {
    "values": ["optimizer.lr=range(0.001,0.0505,0.001)", "batch_size=32,64", "seeds=10"],
    "groups": ["model=dense,cnn,lenet", "optimizer=sgd,adam,rmsprop,adagrad", "model.dropout=0,0.25,0.5", "seeds=28"],
    "task":   ["model=dense", "task.class_weights=null,balanced", "model.dropout=range(0,0.5,0.01)", "seeds=10"],
    "table":  ["dataset=csv", "dataset.path=t.csv", "dataset.target=y", "model=dense", "optimizer.lr=0.1,0.01",
               "seeds=500"],
}

if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    with open("t.csv", "w") as table:
        table.write("a,b,y\n" + "".join(f"{row},{row % 7},{row % 3}\n" for row in range(2000)))
    with hydra_started():
        compose("config", overrides=["model=dense"])
        start = time.perf_counter()
        for seed in range(10):
            compose("config", overrides=["model=dense", f"seed={seed}"])
        each = (time.perf_counter() - start) / 10
        print(f"Hydra's composition of one job: {1e3 * each:.0f} ms")
        for name, overrides in GRIDS.items():
            start = time.perf_counter()
            plan = make_plan(overrides)
            planned = time.perf_counter()
            store(plan)
            assert load(plan.folder) == plan
            seconds, jobs = planned - start, len(plan.jobs)
            print(f"{name:7} {jobs:5,} jobs  {seconds:5.1f} s  {1e3 * seconds / jobs:4.1f} ms a job; "
                  f"composed one by one {each * jobs:5.1f} s, ratio {seconds / (each * jobs):.2f}; "
                  f"stored and read {time.perf_counter() - planned:.2f} s")
