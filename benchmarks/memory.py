"""Peak memory of a whole run of dlrun against a plain PyTorch loop on the same data, each in its own process.

    python benchmarks/memory.py

The network is 784-1024-1024-10 with Adam (1.9 million parameters) on 60,000 rows, so that weights, optimizer state and
data all count.  Both sides include the interpreter and torch.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = 60_000
PLAIN = """
import sys, resource, numpy as np, torch
from torch import nn
from torch.nn import functional as F
data = np.load(sys.argv[1])
x, y = torch.from_numpy(data["x_train"]), torch.from_numpy(data["y_train"])
model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
optimizer = torch.optim.Adam(model.parameters(), fused=True)
for epoch in range(2):
    order = torch.randperm(len(x))
    for start in range(0, len(x), 128):
        index = order[start:start + 128]
        optimizer.zero_grad()
        F.cross_entropy(model(x[index].flatten(1).float() / 255), y[index]).backward()
        optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
OURS = """
import sys, resource
from dlrun.cli.main import main
main(["dataset=npz", f"dataset.path={sys.argv[1]}", "dataset.test=0", "validation=0.1", "model=dense",
      "model.hidden=[1024,1024]", "epochs=2", "verbosity=0", f"output_dir={sys.argv[2]}", "device=cpu"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(code: str, *args: str) -> float:
    """Megabytes."""
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def main() -> None:
    assert resource  # the children report it
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "made.npz"
        np.savez(data, x_train=rng.integers(0, 256, (ROWS, 28, 28), dtype=np.uint8), y_train=rng.integers(0, 10, ROWS))
        plain, ours = peak(PLAIN, str(data)), peak(OURS, str(data), folder)
        again = peak(OURS.replace("validation=0.1", "validation=0.11"), str(data), folder)
    print(f"plain {plain:.0f} MB   dlrun {ours:.0f} MB, ratio {ours / plain:.2f}; "
          f"with the data decoded before {again:.0f} MB, ratio {again / plain:.2f}")


if __name__ == "__main__":
    main()
