"""Large tensors of a step cost the system few pages: they come in pages of 2 MB, where the system gives such."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import resource, sys
import torch
from dlrun.assembly.allocator import keep_freed_memory, keep_large_tensors
if sys.argv[1] != "plain":
    assert keep_freed_memory()
if sys.argv[1] == "stays":
    keep_large_tensors(True)

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


def huge_pages() -> str:
    """When the system gives pages of 2 MB: ``[madvise]`` (where they are asked for), ``[always]``, ``[never]``."""
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return next((word for word in setting.read_text().split() if word[0] == "["), "") if setting.is_file() else ""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives memory back in its own way")
@pytest.mark.skipif(huge_pages() != "[madvise]", reason="with and without, pages are of one size here")
def test_a_step_like_the_last_one_asks_for_few_new_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)  # which a run in this process has set for its children
    pages = 10 * 4 * (40 << 20) // 4096
    assert faults("kept") < 0.1 * pages < 0.9 * pages < faults("plain")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives memory back in its own way")
def test_while_a_run_trains_large_tensors_stay_with_the_process_whatever_pages_are(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    pages = 10 * 4 * (40 << 20) // 4096
    assert faults("stays") < 0.1 * pages < 0.9 * pages < faults("kept")


def test_a_run_asks_for_it_until_it_ends(go, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("dlrun.run.session.keep_large_tensors", asked.append)
    monkeypatch.setattr("dlrun.assembly.machine.keep_large_tensors", asked.append)
    go("dataset=iris", "model=dense", "max_steps=2")
    assert asked == [True, False]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives memory back in its own way")
def test_every_run_keeps_it(go, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("dlrun.assembly.machine.keep_freed_memory", lambda: asked.append(True))
    go("dataset=iris", "model=dense", "max_steps=2")
    assert asked
