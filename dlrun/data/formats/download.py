"""Getting files from the network: standard sets into the cache's own `data` folder, and published weights."""

from __future__ import annotations

import contextlib
import io
import socket
import sys
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

from dlrun.data import cache, paths

Files = TypeVar("Files")

# torchvision's own mirror of these is plain http; the files are the same, and so are their hashes.
_MIRRORS = {"FashionMNIST": ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",)}
PATIENCE = 20.0  # seconds without an answer


def found_or_downloaded(kind: str, torchvision_class: str, data_dir: str, needed: str, say: Callable[[str], None],
                        find: Callable[[Path], Files | None]) -> Files:
    """What `find` finds in the first of the data folders that has it, else after a download by torchvision's class.

    `needed` names the files in the message.  Raises ConfigError where they are not to be had.
    """
    found = next(filter(None, map(find, paths.roots(data_dir))), None)
    if found is None:
        download(kind, torchvision_class, data_dir, needed, say)
        found = next(filter(None, map(find, paths.roots(data_dir))), None)
    if found is None:
        raise paths.absent(kind, data_dir, needed, "the download did not bring them")
    return found


def download(kind: str, torchvision_class: str, data_dir: str, needed: str, say: Callable[[str], None]) -> None:
    """Download a set below `<cache>/data`.  Raises ConfigError, with the folders and files, where that fails."""
    from dlrun.data.formats.vision import torchvision

    into = cache.folder() / "data"
    say(f"{kind} is not in {data_dir}; downloading it into {into}")
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)  # torchvision's own download would wait for ever
    try:
        torchvision()
        from torchvision import datasets

        into.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()):
            _over_https(getattr(datasets, torchvision_class))(root=str(into), download=True)
    except (OSError, RuntimeError, ImportError) as error:  # no network, a wrong checksum, no torchvision
        raise paths.absent(kind, data_dir, needed, _short(error)) from None
    finally:
        socket.setdefaulttimeout(patience)


def fetch(url: str, place: Path, checksum: str) -> None:
    """Download a file whose SHA-256 begins with `checksum`; nothing lies at `place` until all of it has come and is
    right.  Raises OSError, with the reason, where that fails.
    """
    from torch.hub import download_url_to_file

    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        download_url_to_file(url, str(place), checksum, progress=sys.stderr.isatty())
    except (OSError, HTTPException, RuntimeError) as error:  # no network, a connection that was cut, a wrong checksum
        raise OSError(_short(error)) from None
    finally:
        socket.setdefaulttimeout(patience)


def _over_https(dataset: type) -> type:
    """torchvision's class, which checks what it gets by hashes, with sources that nobody on the way can change.

    Its class is given back under its own name, after which torchvision names the folder.  Raises ImportError where no
    source is left.
    """
    mirrors = getattr(dataset, "mirrors", None)
    if mirrors is not None:
        safe = [mirror for mirror in [*mirrors, *_MIRRORS.get(dataset.__name__, ())] if mirror.startswith("https://")]
        if not safe:
            raise ImportError("torchvision gets it without encryption only")
        return type(dataset.__name__, (dataset,), {"mirrors": safe})
    if not str(getattr(dataset, "url", "https://")).startswith("https://"):
        raise ImportError("torchvision gets it without encryption only")
    return dataset


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
