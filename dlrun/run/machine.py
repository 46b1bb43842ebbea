"""The machine as one run sees it: device, threads, memory; chosen once and stored with the run."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from dlrun.config.problem import problem
from dlrun.config.root import Config

SHARE = 0.5  # of the free memory that resident data may take


@dataclass(frozen=True)
class Machine:
    """`line` says it to a person; `threads` are torch's on the CPU."""

    device: torch.device
    threads: int
    line: str


def choose(config: Config, stored_threads: int | None = None) -> Machine:
    """The device and threads of a run; `stored_threads` are those of its first start, which decide its bits."""
    device = _device(config.device)
    threads = stored_threads or (cores() if config.threads == "auto" else config.threads)
    torch.set_num_threads(threads)
    if device.type == "cuda":
        # Equal bits on resume need algorithms that do not race; float32 means float32 (no TF32).
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        torch.backends.cudnn.allow_tf32 = False
        line = f"{device} ({torch.cuda.get_device_name(device)})"
    else:
        line = f"{device} ({threads} {'thread' if threads == 1 else 'threads'})"
    return Machine(device, threads, line)


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
            raise problem(f"device={name}", f"{here}; auto or cpu is wanted")
        return torch.device("cuda", index)
    if name == "mps" and not torch.backends.mps.is_available():
        raise problem("device=mps", "no MPS device is here; auto or cpu is wanted")
    return torch.device(name)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fits(bytes_wanted: int, device: torch.device) -> bool:
    """Whether data of that size may lie on the device for the whole run."""
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    elif hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        return bytes_wanted < 1 << 30
    return bytes_wanted <= SHARE * free
