"""Files that dlrun writes into folders that may come from elsewhere: no link is followed, no pipe is waited for."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from dlrun.config.problem import ConfigError, Problem

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


@contextmanager
def replacing(path: str | os.PathLike[str], sync: bool = False) -> Iterator[IO[Any]]:
    """A new binary file that takes the place of `path` in one step when the block ends without an error.

    It lies beside `path`, since os.replace is atomic inside one file system only, under a name that nobody can have put
    a link at.  With `sync` it is on the disk before it takes the place.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "x+b") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


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
