"""What the machine's NVIDIA GPUs are, without loading torch."""

from __future__ import annotations

import subprocess
from functools import cache


def asked(field: str) -> list[str]:
    """A field of each GPU as nvidia-smi has it; [] where none answers."""
    try:
        answer = subprocess.run(["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader,nounits"],
                                capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return answer.stdout.split() if answer.returncode == 0 else []


@cache
def gpu_memory() -> int | None:
    """Bytes of the NVIDIA GPU that has the least; None where none answers.  Asked once in a process."""
    sizes = [int(size) for size in asked("memory.total") if size.isdecimal()]
    return min(sizes) << 20 if sizes else None
