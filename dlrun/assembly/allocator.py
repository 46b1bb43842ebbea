"""Memory that tensors of a step have left serves those of the next one, in place of new pages of the system's.

A step's tensors live as long as the step.  glibc asks the system for what is above a threshold, 32 MB at most, and
gives it back at once: each page is cleared and mapped anew in each step, up to a third of the time of networks with
such activations (benchmarks/allocator.py).  Above 32 MB, the most that glibc takes for its threshold, a run asks for it
when its data are read: what reading has left goes back to the system, what a step leaves stays.  Large tensors come in
pages of 2 MB, which a system may refuse (transparent_hugepage/enabled).  No number changes.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # glibc's M_TRIM_THRESHOLD and its like
_LARGEST = 32 << 20  # bytes; glibc takes no larger threshold
_KEPT = 512 << 20  # bytes that may stay unused at the end of a process's memory
_USUAL = 65536  # pieces of memory of their own, glibc's default


@cache
def keep_freed_memory() -> bool:
    """Once in a process, before its first large tensor; False where the C library is not glibc."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch's: tensors of 2 MB and more in huge pages
    return _set(_MMAP_THRESHOLD, _LARGEST) and _set(_TRIM_THRESHOLD, _KEPT)


def keep_large_tensors(kept: bool) -> None:
    """Whether memory above 32 MB that is freed from now on stays with the process; what it has already is as it was."""
    _set(_MMAP_MAX, 0 if kept else _USUAL)


def _set(parameter: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(parameter, value))
