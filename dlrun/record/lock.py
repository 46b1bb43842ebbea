"""One process at a time works in a run's folder; the lock of a process that died is free by itself."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
import weakref
from datetime import datetime, timezone
from pathlib import Path

from dlrun.config.problem import ConfigError
from dlrun.record.own_file import cannot_write, own_handle
from dlrun.record.stored import Damaged, read_json

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # Windows locks bytes against reading too: lock one behind the text, so that the text stays readable

    def _take(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    _look = _take

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _look(handle: int) -> None:  # shared: two who look do not take each other for a run
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC)
LOOKS, LOOK_SECONDS = 5, 0.01  # a start tries again where a look of `at_work` may hold the lock for a moment


def _taken(handle: int, tries: int) -> bool:
    for left in range(tries, 0, -1):
        try:
            _take(handle)
            return True
        except OSError:
            if left > 1:
                time.sleep(LOOK_SECONDS)
    return False


class Busy(Exception):
    """The folder belongs to another process.  `since` is UTC in ISO form; `pid` is 0 where the text was unreadable."""

    def __init__(self, folder: Path, pid: int, host: str, since: str):
        self.folder, self.pid, self.host, self.since = folder, pid, host, since
        super().__init__(f"{folder}: process {pid} on {host} has been working on this run since {since}")


class Unwritable(ConfigError):
    """The folder can't be written: a disk that is read-only or full, no permission."""


class RunLock:
    """Hold ``<folder>/lock`` for as long as the block lasts; raises `Busy` where somebody else does.

    Raises Unwritable where the folder can't be written, ConfigError where the lock is a link.

    The operating system holds the lock, not the file: a file left behind by a killed process locks nothing, and the
    file is never deleted (deleting it would let two processes lock two files of the same name).
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        self._handle: int | None = None

    def __enter__(self) -> RunLock:
        path = self.folder / "lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = own_handle(str(path), os.O_RDWR | os.O_CREAT)
        except OSError as error:
            wrong = cannot_write(error)
            raise (Unwritable(wrong.problems) if error.errno in _UNWRITABLE else wrong) from None
        if not _taken(handle, LOOKS):
            os.close(handle)
            raise self._busy(path)
        since = datetime.now(timezone.utc).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(owner).encode())
        self._handle = handle
        _held.add(self)
        return self

    def is_there(self) -> bool:
        """Whether the file that is locked still lies in the folder."""
        try:
            now = os.stat(self.folder / "lock")
        except OSError:
            return False
        return self._handle is None or os.path.samestat(now, os.fstat(self._handle))

    def __exit__(self, *exc: object) -> None:
        self.release()

    def close(self) -> None:
        """`release`, for contextlib.closing."""
        self.release()

    def release(self) -> None:
        """Let go; a second call does nothing."""
        _held.discard(self)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _busy(self, path: Path) -> Busy:
        # The owner may be between truncating and writing: then the text is empty and the refusal has no name in it.
        try:
            owner = read_json(path)
        except (Damaged, OSError):
            owner = {}
        pid = owner.get("pid")
        return Busy(self.folder, pid if isinstance(pid, int) else 0, str(owner.get("host", "?")),
                    str(owner.get("since", "?")))


def at_work(folder: str | os.PathLike[str]) -> bool:
    """Whether a process of this host seems to work on a run; where it can, without touching the lock.

    The lock's text says who it may be.  Where that process lives, the lock itself is tried for a moment, as its number
    may have passed to another program; a start that meets that moment tries again.
    """
    path = Path(folder) / "lock"
    try:
        owner = read_json(path)
        pid, host = int(owner["pid"]), owner["host"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if host != socket.gethostname():
        return False
    if pid == os.getpid():  # it may have worked there before: its own locks are known
        return any(lock.folder.absolute() == path.parent.absolute() for lock in _held)
    if sys.platform != "win32":  # os.kill would end the process there
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:  # it lives, and is another user's
            pass
    try:
        handle = own_handle(str(path), os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:
        return True
    try:
        _look(handle)
        return False
    except OSError:
        return True
    finally:
        os.close(handle)


_held: weakref.WeakSet[RunLock] = weakref.WeakSet()


def require(folder: str | os.PathLike[str]) -> None:
    """Raise FileNotFoundError where the folder that this process has locked was removed, or replaced by another.

    Somebody may have started the run again there: what is written now would be mixed with what that one writes.
    """
    place = Path(folder).absolute()
    for lock in list(_held):
        if lock.folder.absolute() == place and not lock.is_there():
            raise FileNotFoundError(errno.ENOENT, "it was removed while the run worked in it", str(folder))


def _forget_in_child() -> None:
    # A forked child (a data loader's worker) shares the lock and would keep it when the run itself is killed.
    for lock in list(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
