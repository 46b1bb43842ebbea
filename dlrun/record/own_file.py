"""Files that dlrun writes into folders that may come from elsewhere: no link is followed, no pipe is waited for.

Written is not on the disk: `to_disk` brings a folder there before something is written that relies on it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dlrun.config.problem import ConfigError, Problem

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_RANDOM = 8  # bytes in the name of a file that is being written
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))  # Windows has none of them


def open_own(path: str | os.PathLike[str], mode: str) -> IO[Any]:
    """`open` for a file that is changed in place; OSError where a link, a pipe or a device lies there."""
    return open(path, mode, opener=own_handle)


def own_handle(path: str, flags: int) -> int:
    """`os.open` for a regular file itself, created where there is none; OSError for anything else."""
    if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):
        raise OSError(errno.ELOOP, "it is a link", path)
    try:
        handle = os.open(path, flags | _FLAGS, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link", path) from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a regular file", path)
    return handle


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], sync: bool = False) -> Iterator[IO[Any]]:
    """A new binary file that takes the place of `path` in one step when the block ends without an error.

    It lies beside `path`, since os.replace is atomic inside one file system only, under a name that nobody can have put
    a link at.  With `sync` it is on the disk before it takes the place.  It is locked while it is written, by which
    `remove_halves` knows the files that nobody will finish.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, file = _begun(path)
    try:
        with file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
            if sys.platform != "win32":  # there an open file keeps its name, and cannot be removed either
                os.replace(temporary, path)
        if sys.platform == "win32":
            os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _begun(path: Path) -> tuple[Path, IO[Any]]:
    """A new file beside `path`, locked."""
    while True:
        temporary = path.with_name(f".{path.name}.{os.urandom(_RANDOM).hex()}.tmp")
        file = open(temporary, "x+b")
        _locked(file.fileno(), wait=True)
        if os.fstat(file.fileno()).st_nlink:  # else `remove_halves` came between
            return temporary, file
        file.close()


def write_new(path: Path, data: bytes) -> None:
    """Write a file in one step, whole or not at all; raises FileExistsError where one lies there, and leaves it."""
    temporary, file = _begun(path)
    try:
        with file:
            file.write(data)
        os.link(temporary, path)  # which, unlike a new name, takes nobody's place
    finally:
        temporary.unlink(missing_ok=True)


def of_this_user(found: os.stat_result) -> bool:
    """Whether a file is this user's, where files are somebody's."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def private_folder(folder: Path) -> Path:
    """Make a folder that only this user may open, or make it one; OSError where it is a link, or another user's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not (stat.S_ISDIR(found.st_mode) and of_this_user(found)):
        raise PermissionError(errno.EPERM, "it is not a folder of your own", str(folder))
    folder.chmod(0o700)
    return folder


def remove_halves(folder: str | os.PathLike[str], *names: str) -> None:
    """Remove what processes that were killed had written by `replacing` of the files `names`; others stay.

    What a living process writes is locked, and stays; all stays where it cannot be told.
    """
    half = re.compile(rf"\.({'|'.join(map(re.escape, names))})\.[0-9a-f]{{{2 * _RANDOM}}}\.tmp")
    try:
        found = [entry.path for entry in os.scandir(folder) if half.fullmatch(entry.name)]
    except OSError:
        return
    for path in found:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                os.unlink(path)
                continue
            handle = own_handle(path, os.O_RDWR)
            try:
                if _locked(handle):
                    os.unlink(path)
            finally:
                os.close(handle)


def _locked(handle: int, wait: bool = False) -> bool:
    """Lock an open file against `remove_halves`, until it is closed; whether that could be done."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    except OSError:  # another process has it, or the file system knows no locks
        return False


# What opening a file says that was removed, or is none of dlrun's: a link, a pipe, another user's.
_NOT_OWN = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EACCES, errno.EPERM)
_on_disk: dict[str, tuple[int, int, int]] = {}  # files by path, as they were when this process synced them


def to_disk(folder: Path, parents: int = 0, only: Iterable[str] | None = None) -> list[Future[None]]:
    """Begin to bring what a folder holds (of its files these `only`) to the disk, content and names.

    The names of that many folders above it (`parents`) come too.  All is there when all results have come; each raises
    the OSError of its file.  Threads wait for the disk, which takes many files in about the time of one.
    """
    found = [_pool().submit(sync_folder, str(above)) for above in list(folder.parents)[:parents]]
    for place, _, names in os.walk(folder) if only is None else [(str(folder), [], list(only))]:
        found += [_pool().submit(_sync, os.path.join(place, name)) for name in names if not name.endswith(".tmp")]
        found.append(_pool().submit(sync_folder, place))
    return found


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Return when the names in a folder are on the disk; where folders cannot be synced, nothing is done."""
    if sys.platform == "win32":  # NTFS keeps a journal of names
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # it was removed; it is not this user's
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # what network drives answer
            raise
    finally:
        os.close(handle)


def _sync(path: str) -> None:
    try:
        handle = own_handle(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError as error:
        if error.errno in _NOT_OWN:
            return
        raise
    try:
        now = os.fstat(handle)
        state = now.st_ino, now.st_size, now.st_mtime_ns
        if _on_disk.get(path) != state:
            os.fsync(handle)
            _on_disk[path] = state
    finally:
        os.close(handle)


@functools.cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # it brings logging, which reports do without

    return ThreadPoolExecutor(8, "to-disk")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # it has none of the threads


def cannot_write(error: OSError) -> ConfigError:
    """A file or folder that can't be written, in a sentence."""
    return ConfigError([Problem(str(error.filename or "output"), f"it can't be written: {error.strerror or error}")])


def refuse_links(*folders: Path) -> None:
    """Raise ConfigError for folders of a run or sweep that are links: what is written there would land elsewhere."""
    try:
        linked = [folder for folder in folders if folder.is_symlink()]
    except OSError as error:  # a name that is too long
        raise cannot_write(error) from None
    if linked:
        raise ConfigError([Problem(str(folder), f"it is a link to {os.readlink(folder)}, and dlrun writes to folders "
                                                "of its own only; remove the link, or choose another output_dir")
                           for folder in linked])
