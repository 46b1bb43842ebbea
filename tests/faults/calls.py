"""A layer between dlrun and the file system of one (forked) process: it sees every call that changes files in a folder.

`install` puts it in place for good.  Python's own functions are replaced, so that nothing is needed beside Python:
`open` for writing, and each write that reaches the operating system through it, os.open, os.write, os.ftruncate,
os.fsync, os.replace, os.rename, os.link, os.unlink, os.rmdir, os.mkdir.
"""

from __future__ import annotations

import builtins
import io
import itertools
import os
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call, before it is made.

    `kind` is open, write, truncate, fsync, fsyncdir, rename, link, unlink, rmdir or mkdir.  `handle` numbers the files
    opened for writing, 0 for another that is synced; `path` is what is changed, `other` the second name of rename and
    link; `at` is the offset of a write, or the new size.  An open says whether the file was `created` or
    emptied (`cut`).
    """

    kind: str
    path: str = ""
    other: str = ""
    handle: int = 0
    at: int = 0
    data: bytes = b""
    created: bool = False
    cut: bool = False

    def shown(self) -> str:
        """In words: ``write metrics.jsonl``."""
        return " ".join([self.kind, *(os.path.basename(path) for path in (self.path, self.other) if path)])


Seen = Callable[[Call, Callable[[bytes], Any] | None], None]  # the call; for a write what makes it, or a part of it


class Layer:
    """What `install` puts in place; `seen` is called before each call in the folder `root`."""

    def __init__(self, root: Path, seen: Seen):
        self._root, self._seen = os.path.abspath(root) + os.sep, seen
        self._numbers, self._lock = itertools.count(1), threading.RLock()
        self._handles: dict[int, tuple[int, str]] = {}  # open descriptors: number, path
        self._real = {name: getattr(os, name) for name in ("open", "write", "ftruncate", "fsync", "replace", "rename",
                                                           "link", "unlink", "remove", "rmdir", "mkdir", "close")}
        self._open = io.open

    def path(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The absolute path of what a call names; None where it lies elsewhere."""
        if isinstance(path, int):
            return None
        name = os.fsdecode(path)
        if dir_fd is not None:
            name = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), name)
        found = os.path.abspath(name)
        return found if (found + os.sep).startswith(self._root) else None

    def see(self, call: Call, write: Callable[[bytes], Any] | None = None) -> None:
        self._seen(call, write)

    def opened(self, path: str, flags: int, make: Callable[[], int]) -> int:
        """Open for writing."""
        with self._lock:
            there = os.path.lexists(path)
            if there and not flags & os.O_TRUNC:
                handle = make()  # nothing changes
            else:
                call = Call("open", path, handle=next(self._numbers), created=not there, cut=there)
                self.see(call)
                handle = make()
                self._handles[handle] = (call.handle, path)
                return handle
            call = Call("reopen", path, handle=next(self._numbers))
            self.see(call)
            self._handles[handle] = (call.handle, path)
            return handle

    def write(self, handle: int, data: Any, make: Callable[[Any], int]) -> int:
        """A write that reaches the operating system."""
        known = self._handles.get(handle)
        if known is None:
            return make(data)
        with self._lock:
            appends = bool(_flags(handle) & os.O_APPEND)
            at = os.fstat(handle).st_size if appends else os.lseek(handle, 0, os.SEEK_CUR)
            self.see(Call("write", known[1], handle=known[0], at=at, data=bytes(data)), make)
            return make(data)

    def truncate(self, handle: int, size: int, make: Callable[[], Any]) -> Any:
        known = self._handles.get(handle)
        if known is None:
            return make()
        with self._lock:
            self.see(Call("truncate", known[1], handle=known[0], at=size))
            return make()

    def closed(self, handle: int) -> None:
        self._handles.pop(handle, None)

    def install(self) -> None:
        """Replace the functions, in this process and for good."""
        real, layer = self._real, self

        def os_open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            found = layer.path(path, dir_fd) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) else None
            if found is None:
                return real["open"](path, flags, mode, dir_fd=dir_fd)
            return layer.opened(found, flags, lambda: real["open"](path, flags, mode, dir_fd=dir_fd))

        def close(handle: int) -> None:
            layer.closed(handle)
            real["close"](handle)

        def fsync(handle: Any) -> None:
            number = handle if isinstance(handle, int) else handle.fileno()
            with layer._lock:
                if number in layer._handles:
                    layer.see(Call("fsync", layer._handles[number][1], handle=layer._handles[number][0]))
                elif found := layer.path(os.readlink(f"/proc/self/fd/{number}")):
                    layer.see(Call("fsyncdir" if os.path.isdir(found) else "fsync", found))
                real["fsync"](number)

        def two(name: str, kind: str) -> Callable[..., None]:
            def call(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None,
                     **more: Any) -> None:
                one, other = layer.path(src, src_dir_fd), layer.path(dst, dst_dir_fd)
                with layer._lock:
                    if one is not None or other is not None:
                        layer.see(Call(kind, one or "", other or ""))
                    real[name](src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **more)
            return call

        def one(name: str, kind: str) -> Callable[..., None]:
            def call(path: Any, *args: Any, dir_fd: int | None = None, **more: Any) -> None:
                found = layer.path(path, dir_fd)
                with layer._lock:
                    if found is not None and os.path.lexists(found) != (kind == "mkdir"):  # else it changes nothing
                        layer.see(Call(kind, found))
                    real[name](path, *args, dir_fd=dir_fd, **more)
            return call

        os.open, os.close, os.fsync = os_open, close, fsync  # type: ignore[assignment]
        os.write = lambda handle, data: layer.write(handle, data, lambda part: real["write"](handle, part))
        os.ftruncate = lambda handle, size: layer.truncate(handle, size, lambda: real["ftruncate"](handle, size))
        os.replace, os.rename, os.link = two("replace", "rename"), two("rename", "rename"), two("link", "link")
        os.unlink, os.remove = one("unlink", "unlink"), one("remove", "unlink")
        os.rmdir, os.mkdir = one("rmdir", "rmdir"), one("mkdir", "mkdir")
        builtins.open = io.open = self._opener()  # type: ignore[assignment]
        shutil._USE_CP_SENDFILE = False  # type: ignore[attr-defined]  # copies pass through `write`
        try:
            from numpy.lib import format as numpy_format

            numpy_format.isfileobj = lambda file: False  # type: ignore[attr-defined]  # np.save too
        except ImportError:
            pass

    def _opener(self) -> Callable[..., Any]:
        layer, real_open = self, self._open

        class File(io.FileIO):
            """A raw file whose writes are seen."""

            def write(self, data: Any) -> int:
                return layer.write(self.fileno(), data, super().write)

            def truncate(self, size: int | None = None) -> int:
                to = self.tell() if size is None else size
                found: int = layer.truncate(self.fileno(), to, lambda: super(File, self).truncate(to))
                return found

            def close(self) -> None:
                if not self.closed:
                    layer.closed(self.fileno())
                super().close()

        def opened(file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None,
                   errors: str | None = None, newline: str | None = None, closefd: bool = True,
                   opener: Any = None) -> Any:
            found = layer.path(file) if set(mode) & set("wax+") else None
            if found is None:
                return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
            flags = {"w": os.O_TRUNC, "x": os.O_EXCL, "a": 0, "r": 0}[next(iter(set(mode) & set("wxar")))]
            plain = "".join(sign for sign in mode if sign not in "bt")
            if opener is not None:
                raw = File(file, plain, closefd, opener)  # the opener calls os.open
            else:
                made: list[File] = []

                def make() -> int:
                    made.append(File(file, plain))
                    return made[0].fileno()

                layer.opened(found, flags, make)
                raw = made[0]
            if buffering == 0:
                return raw
            buffer: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffer if "b" in mode else io.TextIOWrapper(buffer, encoding, errors, newline)

        return opened


def _flags(handle: int) -> int:
    import fcntl

    return fcntl.fcntl(handle, fcntl.F_GETFL)


def install(root: Path, seen: Seen) -> None:
    """From now on `seen` is called before every call of this process that changes a file below `root`."""
    Layer(root, seen).install()


def die_before(number: int, torn: bool = False) -> Seen:
    """Kill this process before call `number` (from 1), or, `torn`, when half of its bytes are written."""
    count = itertools.count(1)

    def seen(call: Call, write: Callable[[bytes], Any] | None) -> None:
        if call.kind != "reopen" and next(count) == number:
            if torn and write is not None:
                write(call.data[:len(call.data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

    return seen
