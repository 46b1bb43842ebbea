"""A run whose folder cannot be written any more: what it has saved stays, and a sentence says what is in the way."""

from __future__ import annotations

import errno
from pathlib import Path

from dlrun.record.folder import RunFolder
from dlrun.record.status import resuming

_NAMES = ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "ESTALE")
_OF_THE_MACHINE = {getattr(errno, name) for name in _NAMES if hasattr(errno, name)}  # Windows lacks some


class CannotWrite(Exception):
    """A full or failing disk, too many open files, or a folder that was removed; no fault of the run's own code."""


def cannot_write(error: BaseException, folder: RunFolder, force: bool = False) -> CannotWrite | None:
    """The sentence of an error that came from writing; None for any other.  `force` is the run's."""
    place = folder.path.absolute()
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, CannotWrite):
            return seen
        if isinstance(seen, OSError) and seen.errno is not None:
            file = Path(str(seen.filename)).absolute() if isinstance(seen.filename, (str, Path)) else place
            if seen.errno in _OF_THE_MACHINE or file == place or place in file.parents:
                named = seen.filename if isinstance(seen.filename, (str, Path)) else folder.path
                then = (f"what was saved before stays, and {resuming(force)} resumes from it" if place.is_dir() else
                        "the same command begins again")
                return CannotWrite(f"{named}: {seen.strerror}; {then}")
        seen = seen.__cause__ or seen.__context__
    return None
