"""Memory that large tensors have left is taken again, without new pages of the system's."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CHILD = """
import resource, sys
import torch
if sys.argv[1] == "kept":
    from dlrun.assembly.allocator import keep_freed_memory
    assert keep_freed_memory()

def step():
    made = [torch.ones(10 << 20) for _ in range(4)]  # of 40 MB

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", CHILD, way], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives memory back in its own way")
def test_a_step_like_the_last_one_asks_for_no_new_pages() -> None:
    pages = 10 * 4 * (40 << 20) // 4096
    assert faults("kept") < 0.1 * pages < 0.9 * pages < faults("plain")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives memory back in its own way")
def test_every_run_keeps_it(go, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("dlrun.assembly.machine.keep_freed_memory", lambda: asked.append(True))
    go("dataset=iris", "model=dense", "max_steps=2")
    assert asked
