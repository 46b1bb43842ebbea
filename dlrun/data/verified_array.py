"""Cached arrays, verified before anybody sees them, or beside the work on them where somebody waits for the answer."""

from __future__ import annotations

import functools
import io
import os
import shutil
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dlrun.record import digest
from dlrun.record.stored import Damaged

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    import numpy as np

LARGE = 32 * 2**20  # bytes; from here on arrays are mapped into memory instead of read
Made = TypeVar("Made")


def read_array(file: Path, noted: dict[str, Any] | None) -> np.ndarray:
    """An array of the cache, mapped where it is large; raises Damaged.

    `noted` are its size and checksum; None for an array of an older dlrun, which had none.
    """
    import numpy as np

    size = file.stat().st_size
    if noted is not None and size != noted["bytes"]:
        raise Damaged(file, f"it has {size:,} bytes, and had {noted['bytes']:,}")
    try:
        if size >= LARGE:
            found: np.ndarray = np.load(file, mmap_mode="c", allow_pickle=False)
            if noted is not None:
                _verify(file, noted["crc32c"], at_once=found.dtype.kind == "i")
            return found
        data = file.read_bytes()
        if noted is not None and digest.hexadecimal(digest.extend(0, data)) != noted["crc32c"]:
            raise Damaged(file, "its checksum is wrong")
        found = np.load(io.BytesIO(data), allow_pickle=False)
        return found
    except FileNotFoundError:
        raise
    except Damaged:
        raise
    except (OSError, ValueError, EOFError) as error:
        raise Damaged(file, f"it is not readable ({error})") from None


# Mapped arrays that are being verified for `verified`; outside of it each is verified before anybody sees it.
_waiting: ContextVar[list[tuple[Path, Future[bool]]] | None] = ContextVar("waiting", default=None)


def _verify(file: Path, crc: str, at_once: bool) -> None:
    """Verify a mapped array, or begin to; `at_once` the numbers of classes, words and places, by which others allocate.
    """
    waiting = _waiting.get()
    if waiting is not None and not at_once:
        waiting.append((file, _pool().submit(_is_whole, file, crc)))
    elif not _is_whole(file, crc):
        raise Damaged(file, "its checksum is wrong")


@functools.cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # it brings logging, which a check of a command does without

    return ThreadPoolExecutor(1, "verify-cache")


def _forked() -> None:
    """A forked process has neither the thread nor what it was to verify."""
    if waiting := _waiting.get():
        waiting.clear()
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _is_whole(file: Path, crc: str) -> bool:
    try:
        return digest.hexadecimal(digest.of_file(file)) == crc
    except FileNotFoundError:
        return True  # the entry was removed; what is mapped stays
    except OSError:
        return False


def verified(make: Callable[[], Made], say: Callable[[str], None]) -> Made:
    """What `make` makes of data sets that it reads, whose large arrays are verified meanwhile, beside it.

    Where one is damaged its entry is removed, and `make` is called again, also where it has failed: it decodes the
    source files.
    """
    waiting: list[tuple[Path, Future[bool]]] = []
    before = _waiting.set(waiting)
    try:
        try:
            made = make()
        except Exception:
            if not _remove_damaged(waiting, say):
                raise
        else:
            if not _remove_damaged(waiting, say):
                return made
        return make()
    finally:
        _waiting.reset(before)


def _remove_damaged(waiting: list[tuple[Path, Future[bool]]], say: Callable[[str], None]) -> bool:
    """Remove the entries of arrays that are damaged; whether there are any."""
    damaged = [file for file, whole in waiting if not whole.result()]
    for file in damaged:
        say(decoded_again(Damaged(file, "its checksum is wrong")))
        shutil.rmtree(file.parent, ignore_errors=True)
    return bool(damaged)


def decoded_again(damaged: Damaged) -> str:
    """What is said of a damaged entry."""
    return f"the cached copy {damaged.path} is damaged ({damaged.wrong}); the source is decoded again"
