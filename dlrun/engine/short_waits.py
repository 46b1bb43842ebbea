"""How OpenMP's threads wait for one another where they have no core each: asleep, and in short turns.

While each thread has a core they best spin at a barrier.  On busy cores a thread that spins keeps the one that it waits
for from running.  Neither of the two settings here changes what is computed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import threading
from typing import Any

TURN = 100_000  # nanoseconds, the shortest that Linux takes; a process's share of the cores stays as it is
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # numbers of the system call; that of sched_getattr follows
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # struct sched_attr: size, policy, flags, nice, priority, runtime, ...
_SHARING = (0, 3)  # the policies SCHED_OTHER and SCHED_BATCH


class ShortWaits:
    """From `begin` to `end` threads of this process that wait for each other sleep, and take short turns."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._crowd: threading.Thread | None = None

    def begin(self) -> bool:
        """False where waiting stays as it is.

        That is where torch's OpenMP is not libgomp (macOS, Windows), where the environment says how threads wait, or
        where no more of them can be made.  Turns are set from Linux 6.12 on; an earlier one ignores them.
        """
        team = _libgomp()
        if team is None or not _can_start(team.size):
            return False

        def rest() -> None:
            team.start()
            self._over.wait()

        self._over.clear()
        self._crowd = threading.Thread(target=rest, name="dlrun-crowd", daemon=True)
        self._crowd.start()
        _take_turns(TURN)
        return True

    def end(self) -> None:
        """As it was before `begin`."""
        if self._crowd is not None:
            self._over.set()
            self._crowd.join()  # libgomp ends the team with the thread that started it
            self._crowd = None
            _take_turns(0)


class _Team:
    """Threads of libgomp's, one more than there are cores, that have nothing to do.

    libgomp lets threads spin 300,000 times when they wait, but only 100 times where it has more of them than there are
    cores (its manual says so of GOMP_SPINCOUNT), and those that rest count.
    """

    def __init__(self, names: Any):
        self.size = names.omp_get_num_procs() + 1
        self._start, self._nothing = names.GOMP_parallel, ctypes.cast(names.omp_get_num_threads, ctypes.c_void_p)

    def start(self) -> None:
        """Belongs to the thread that calls it, and ends with it."""
        self._start(self._nothing, None, ctypes.c_uint(self.size), ctypes.c_uint(0))


def _libgomp() -> _Team | None:
    """None where torch's OpenMP is another one, or the environment says how its threads wait.

    The names that a whole process sees are those that torch uses.  Libraries of Intel and LLVM have libgomp's as well.
    """
    if "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        return None
    try:
        names: Any = ctypes.CDLL(None)
        return None if hasattr(names, "__kmpc_fork_call") else _Team(names)
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library of all names
        return None


def _can_start(count: int) -> bool:
    """Whether so many more threads can be made; libgomp would end the process where one can not."""
    over, threads = threading.Event(), [threading.Thread(target=lambda: over.wait(), daemon=True) for _ in range(count)]
    started = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
    except RuntimeError:
        return False
    finally:
        over.set()
        for thread in started:
            thread.join()
    return True


def _take_turns(nanoseconds: int) -> None:
    """Set how long a turn on a core is for each thread that shares them; 0 is the system's own measure."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or not os.path.isdir("/proc/self/task"):
        return
    call, attributes = ctypes.CDLL(None).syscall, ctypes.create_string_buffer(_ATTRIBUTES.size)
    for thread in map(int, os.listdir("/proc/self/task")):
        if call(number + 1, thread, attributes, _ATTRIBUTES.size, 0) != 0:
            continue  # it has ended, or this system does not say
        size, policy, flags, nice, priority, _, *rest = _ATTRIBUTES.unpack(attributes)
        if policy in _SHARING:
            call(number, thread, _ATTRIBUTES.pack(size, policy, flags, nice, priority, nanoseconds, *rest), 0)
