"""Batches read by processes beside the one that trains, as torch's DataLoader starts them."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from dlrun.record.cores import cores

MOST = 8
PR_SET_PDEATHSIG = 1  # of Linux's prctl
_ASKED = (signal.SIGINT, signal.SIGTERM)  # what asks a run to save and end


def reading_processes() -> int:
    """How many processes may read: one fewer than there are cores for this run, one at least; 0 where none can be had.

    They are forked, so that any object can be read in them.
    """
    if not sys.platform.startswith("linux") or multiprocessing.current_process().daemon:
        return 0
    ours = int(os.environ.get("OMP_NUM_THREADS") or cores())  # a sweep says how many a job has
    return max(1, min(MOST, ours // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) - 1))


def read_by_processes(read: Callable[..., Any], requested: Iterator[tuple[Any, ...]], processes: int) -> Iterator[Any]:
    """``read(*each)`` for each that is requested, in their order; two for each process are read ahead."""
    loader = torch.utils.data.DataLoader(
        _Calls(read), batch_size=None, sampler=_Once(requested), num_workers=processes, collate_fn=_as_it_is,
        multiprocessing_context="fork", worker_init_fn=partial(_leave_signals, os.getpid()),
        generator=torch.Generator())  # torch's own would move
    # A signal that comes while they begin waits: it would end one that does not ignore it yet.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED)
    try:
        batches: Any = iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield from batches
    finally:
        batches._shutdown_workers()  # else, where one has died, Python would wait for the others for ever at its end


class _Calls(torch.utils.data.Dataset[Any]):
    def __init__(self, read: Callable[..., Any]):
        self._read = read

    def __getitem__(self, each: tuple[Any, ...]) -> Any:
        return self._read(*each)


class _Once(torch.utils.data.Sampler[Any]):
    """What is requested, as it comes: asked for in the process that trains."""

    def __init__(self, requested: Iterator[Any]):
        self._requested = requested

    def __iter__(self) -> Iterator[Any]:
        return self._requested


def _as_it_is(value: Any) -> Any:
    return value  # arrays: torch would put tensors into shared memory, of which a container has little


def _leave_signals(parent: int, number: int) -> None:
    """A signal to the whole group (Ctrl-C, Slurm's SIGTERM) is for the process that trains: it saves, then ends these.

    They end with it, at once: they hold its lock of the run's folder as long as they live.
    """
    for asked in _ASKED:
        signal.signal(asked, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before that was said
        os._exit(1)
