"""Memory that tensors of a step have left serves those of the next one, in place of new pages of the system's.

A step's tensors live as long as the step.  glibc asks the system for what is above a threshold, 32 MB at most, and
gives it back at once: each page is cleared and mapped anew in each step, up to a third of the time of networks with
such activations (benchmarks/allocator.py).  What is above 32 MB still comes anew in each step, but in pages of 2 MB,
which a system may refuse (transparent_hugepage/enabled).  No number changes.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # glibc's M_MMAP_THRESHOLD and M_TRIM_THRESHOLD
_LARGEST = 32 << 20  # bytes; glibc takes no larger threshold
_KEPT = 512 << 20  # bytes that may stay unused at the end of a process's memory


@cache
def keep_freed_memory() -> bool:
    """Once in a process, before its first large tensor; False where the C library is not glibc."""
    if not sys.platform.startswith("linux"):
        return False
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch's: tensors of 2 MB and more in huge pages
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, _KEPT))
