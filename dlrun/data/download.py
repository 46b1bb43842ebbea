"""Getting the standard sets from the network, into the cache's own `data` folder, checked by torchvision."""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Callable

from dlrun.data import cache, paths

_CLASSES = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}
PATIENCE = 20.0  # seconds without an answer


def download(kind: str, data_dir: str, wanted: str, say: Callable[[str], None]) -> None:
    """Download a set below `<cache>/data`.  Raises ConfigError, with the folders and files, where that fails."""
    from dlrun.data.vision import torchvision

    into = cache.folder() / "data"
    say(f"{kind} is not in {data_dir}; downloading it into {into}")
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)  # torchvision's own download would wait for ever
    try:
        torchvision()
        from torchvision import datasets

        into.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()):
            getattr(datasets, _CLASSES[kind])(root=str(into), download=True)
    except (OSError, RuntimeError, ImportError) as error:  # no network, a wrong checksum, no torchvision
        raise paths.absent(kind, data_dir, wanted, _short(error)) from None
    finally:
        socket.setdefaulttimeout(patience)


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
