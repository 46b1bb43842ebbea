"""A disk that loses its power: what of a sequence of calls is still there afterwards.

The model is the strictest that POSIX allows: the content of a file is on the disk when the file was synced, its name
when the folder was; in which order anything else gets there, nobody promises.  One call that changes names is there as
a whole or not at all.  ext4, XFS and btrfs promise more: what they may leave is among what is tried.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.calls import Call

PAGE = 4096
# What became of the content of a file that was not synced: as it was synced last, of its new size with zeros in place
# of what was written, written in part, pages of it in any order, all of it.
CONTENTS = ("old", "zeros", "torn", "pages", "new")


@dataclass(eq=False)
class File:
    """A file: its bytes when they were last on the disk, and what has been written since."""

    synced: bytes = b""
    writes: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, data), or (size, None)

    def left(self, how: str, random: Random) -> bytes:
        """The bytes that are there after a loss of power."""
        new = _written(self.synced, self.writes)
        if how == "old" or not self.writes:
            return self.synced
        if how == "torn":
            *whole, (at, data) = self.writes[:random.randint(1, len(self.writes))]
            return _written(self.synced, [*whole, (at, data and data[:random.randint(0, len(data))])])
        if how == "zeros":
            return _written(self.synced, [(at, data and bytes(len(data))) for at, data in self.writes])
        if how == "pages":
            old = self.synced.ljust(len(new), b"\0")
            return b"".join((new if random.random() < 0.5 else old)[at:at + PAGE] for at in range(0, len(new), PAGE))
        return new


def _written(content: bytes, writes: list[tuple[int, bytes | None]]) -> bytes:
    found = bytearray(content)
    for at, data in writes:
        if data is None:
            found = found[:at]
        found.extend(bytes(max(0, at - len(found))))
        if data is not None:
            found[at:at + len(data)] = data
    return bytes(found)


@dataclass(eq=False)
class Folder:
    """A folder: the names in it now, and those that are on the disk."""

    now: dict[str, File | Folder] = field(default_factory=dict)
    synced: dict[str, File | Folder] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Change:
    """What one call does to names: (folder, name, what has the name then: None for nothing)."""

    names: tuple[tuple[Folder, str, File | Folder | None], ...]

    def make(self, where: str) -> None:
        """Change the names `now`, or those `synced`."""
        for folder, name, node in self.names:
            names = getattr(folder, where)
            names.pop(name, None)
            if node is not None:
                names[name] = node


class Disk:
    """The disk below a folder, which is all synced at first, and what calls make of it that name it `root`."""

    def __init__(self, place: Path, root: Path | None = None):
        self._root = os.path.abspath(root or place)
        self._top = _read(place)
        self._handles: dict[int, File] = {}
        self._pending: list[Change] = []  # those of names that no folder was synced after, in their order

    def make(self, call: Call) -> None:
        """One call."""
        if call.kind in ("open", "reopen"):
            folder, name = self._at(call.path)
            if call.created:
                self._change((folder, name, File()))
            found = self._handles[call.handle] = self._file(call.path)
            if call.cut:
                found.writes.append((0, None))
        elif call.kind == "write":
            self._handles[call.handle].writes.append((call.at, call.data))
        elif call.kind == "truncate":
            self._handles[call.handle].writes.append((call.at, None))
        elif call.kind == "fsync":
            file = self._handles[call.handle] if call.handle else self._file(call.path)
            file.synced, file.writes = _written(file.synced, file.writes), []
        elif call.kind == "fsyncdir":
            self._sync(self._folder(call.path))
        else:
            self._names(call)

    def _names(self, call: Call) -> None:
        try:
            folder, name = self._at(call.path)
        except KeyError:
            assert call.kind == "mkdir", call.shown()
            return  # it fails, and its parents are made first
        if call.kind == "mkdir":
            self._change((folder, name, Folder()))
        elif call.kind in ("unlink", "rmdir"):
            found = folder.now.get(name)
            if not (call.kind == "rmdir" and isinstance(found, Folder) and found.now):  # else it fails
                self._change((folder, name, None))
        else:
            to, new = self._at(call.other)
            node = folder.now[name]
            if to.now.get(new) is node:  # two names of one file: rename does nothing, link fails
                return
            gone = ((folder, name, None),) if call.kind == "rename" else ()
            self._change(*gone, (to, new, node))

    def _change(self, *names: tuple[Folder, str, File | Folder | None]) -> None:
        change = Change(names)
        change.make("now")
        self._pending.append(change)

    def _sync(self, folder: Folder) -> None:
        left = []
        for change in self._pending:
            if any(one is folder for one, _, _ in change.names):
                change.make("synced")
            else:
                left.append(change)
        self._pending = left

    def _folder(self, path: str) -> Folder:
        folder = self._top
        for name in Path(path).relative_to(self._root).parts:
            found = folder.now[name]
            assert isinstance(found, Folder)
            folder = found
        return folder

    def _file(self, path: str) -> File:
        folder, name = self._at(path)
        found = folder.now[name]
        assert isinstance(found, File)
        return found

    def _at(self, path: str) -> tuple[Folder, str]:
        return self._folder(os.path.dirname(path)), os.path.basename(path)

    def loses_power(self, how: str, random: Random) -> dict[str, bytes | None]:
        """What is there afterwards: the bytes of each file by its path, None for a folder.

        `how` is "names-CONTENT": of the changes of names that are not synced none, all, the first ones or any are there
        ("none", "all", "first", "any"), and the content of all files is one of CONTENTS, or "any" for each its own.
        """
        names, content = how.split("-")
        some = self._pending[:random.randint(0, len(self._pending))] if names == "first" else self._pending
        made = [change for change in some if names in ("all", "first") or names == "any" and random.random() < 0.5]
        kept = {id(folder): (folder, dict(folder.synced)) for change in made for folder, _, _ in change.names}
        for change in made:
            change.make("synced")
        try:
            return dict(_left(self._top, "", content, random))
        finally:
            for folder, synced in kept.values():
                folder.synced = synced

    def now(self) -> dict[str, bytes | None]:
        """What is there without a loss of power."""
        return self.loses_power("all-new", Random(0))


def _read(place: Path) -> Folder:
    folder = Folder()
    for entry in sorted(place.iterdir()):
        folder.now[entry.name] = _read(entry) if entry.is_dir() else File(entry.read_bytes())
    folder.synced = dict(folder.now)
    return folder


def _left(folder: Folder, path: str, content: str, random: Random) -> Iterator[tuple[str, bytes | None]]:
    for name, node in sorted(folder.synced.items()):
        if isinstance(node, File):
            yield path + name, node.left(random.choice(CONTENTS) if content == "any" else content, random)
        else:
            yield path + name, None
            yield from _left(node, f"{path}{name}/", content, random)


def write(state: dict[str, bytes | None], place: Path) -> None:
    """Make a folder of what is left."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for path, data in state.items():
        if data is None:
            (place / path).mkdir()
        else:
            (place / path).write_bytes(data)


def fingerprint(state: dict[str, bytes | None]) -> str:
    """The same for the same state."""
    digest = hashlib.sha256()
    for path, data in sorted(state.items()):
        digest.update(f"{path}\0{-1 if data is None else len(data)}\0".encode() + (data or b""))
    return digest.hexdigest()
