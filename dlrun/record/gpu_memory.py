"""How much memory the machine's GPUs have, without loading torch."""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def gpu_memory() -> int | None:
    """Bytes of the NVIDIA GPU that has the least; None where none answers.  Asked once in a process."""
    try:
        answer = subprocess.run(["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
                                capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    sizes = [int(line) for line in answer.stdout.split() if line.isdecimal()] if answer.returncode == 0 else []
    return min(sizes) << 20 if sizes else None
