"""The machine as one run sees it: device, threads, memory; chosen once and stored with the run."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from dlrun.assembly.allocator import keep_freed_memory, keep_large_tensors
from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.record.cores import cores
from dlrun.record.provenance import cpu_model

_fills: Any = torch.utils.deterministic  # a module with a property, which mypy does not see
SHARE = 0.5  # of the free memory that resident data may take


@dataclass(frozen=True)
class Machine:
    """`line` says it to a person; `threads` are torch's on the CPU."""

    device: torch.device
    threads: int
    line: str


def choose(config: Config, stored_threads: int | None = None, auto_threads: int | None = None) -> Machine:
    """The device and threads of a run; `stored_threads` are those of its first start, which decide its bits.

    `auto_threads` are what threads=auto means for its net; all cores by default.
    """
    device = _device(config.device)
    if config.precision == "fp16" and device.type != "cuda":
        raise problem("precision=fp16", "it needs a CUDA device; none is here; bf16 runs anywhere")
    threads = stored_threads or (auto_threads or cores() if config.threads == "auto" else config.threads)
    torch.set_num_threads(threads)
    if device.type == "cuda":
        # Equal bits on resume need algorithms that do not race; float32 means float32 (no TF32).
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        torch.backends.cudnn.allow_tf32 = False
        torch.set_deterministic_debug_mode("warn")  # what has no such algorithm says so in a warning
        _fills.fill_uninitialized_memory = False  # nothing reads memory that it has not written
        line = f"{device} ({torch.cuda.get_device_name(device)})"
    else:
        line = f"{device} ({threads} {'thread' if threads == 1 else 'threads'})"
    return Machine(device, threads, line)


def speed_path(model: nn.Module, own: bool) -> str:
    """How the steps are executed; stored with the run, because another path gives other bits.

    Two-dimensional convolutions run 1.2 to 1.5 times as fast with channels last (benchmarks/layout.py); a class of the
    user's own (`own` False) may rely on the usual layout and keeps it.
    """
    images = own and any(weight.ndim == 4 for weight in model.parameters())
    return "eager, denormals flushed" + (", channels_last" if images else "")


def hardware(name: str) -> str:
    """The chip that a configured device means: equal chips give equal bits."""
    device = _device(name)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type}: {cpu_model()}"


@contextmanager
def isolated_torch_state() -> Iterator[None]:
    """What a run sets for the whole process, its own code or a user's, is afterwards as it was before.

    Within the block torch's defaults are its own, so that a job is the same alone and in a sweep.
    """
    keep_freed_memory()
    # Of a new tensor: torch 2.8's own get_default_device fails once the default was set to None.
    dtype, device, threads = torch.get_default_dtype(), torch.empty(0).device, torch.get_num_threads()
    state, flushed = torch.get_rng_state(), math.ldexp(sys.float_info.min, -1) * 1.0 == 0.0
    deterministic = torch.get_deterministic_debug_mode()
    filled = _fills.fill_uninitialized_memory
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    # Gradients that fade over hundreds of steps become denormal numbers, which a CPU handles five times as slowly.
    # torch's worker threads take this over when they are made: a process that has computed in parallel before its
    # first run keeps theirs as they were, and may get other last bits than the command line.
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        keep_large_tensors(False)
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)
        torch.set_rng_state(state)
        torch.set_deterministic_debug_mode(deterministic)
        _fills.fill_uninitialized_memory = filled


def begin_peak(device: torch.device) -> None:
    """Let the peak of memory be that of what comes now."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        with contextlib.suppress(OSError):  # another system than Linux
            handle = os.open("/proc/self/clear_refs", os.O_WRONLY)
            try:
                os.write(handle, b"5")  # the largest resident size begins anew
            finally:
                os.close(handle)


def peak_memory(device: torch.device) -> int | None:
    """The most bytes since `begin_peak`: of tensors on a GPU, else of the whole process; None where nobody counts."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        with open("/proc/self/status") as file:
            return next((1024 * int(line.split()[1]) for line in file if line.startswith("VmHWM:")), None)
    except OSError:  # another system than Linux
        return None


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(name.partition(":")[2] or 0)
        if index >= count:
            here = f"{count} CUDA devices are here" if count else "no CUDA device is here"
            raise problem(f"device={name}", f"{here}; expected auto or cpu")
        return torch.device("cuda", index)
    if name == "mps" and not torch.backends.mps.is_available():
        raise problem("device=mps", "no MPS device is here; expected auto or cpu")
    return torch.device(name)


def fits(bytes_wanted: int, device: torch.device) -> bool:
    """Whether data of that size may lie on the device for the whole run."""
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    elif hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        return bytes_wanted < 1 << 30
    return bytes_wanted <= SHARE * free
