"""A checkpoint is one file with all the state of a run; every stored key is read back.

It is written under another name, flushed to the disk and renamed, so a killed write leaves the old one.  It is a zip
archive, as torch.save writes it, whose comment holds the checksum of all bytes before: torch itself reads damaged
files without a word.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from dlrun.record import digest
from dlrun.record.own_file import replacing
from dlrun.record.stored import Damaged, regular_handle

if TYPE_CHECKING:
    from concurrent.futures import Future

_MARK = b"dlrun checkpoint crc32c "
_COMMENT = len(_MARK) + 9  # the checksum and a line feed
_PLAIN = (Tensor, nn.Parameter, bool, int, float, str, bytes, type(None))
_STYLES = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal, in sentences of torch's
_END, _END_SIZE = b"PK\5\6", 22  # how a zip archive without a comment ends; its last two bytes count the comment's


class Stateful(Protocol):
    """Something whose state is a part of the checkpoint."""

    def state(self) -> dict[str, Any]:
        """Tensors and plain values from which it goes on to the same bits."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave; takes every key out of it (`pop`), so that one that is not read is noticed."""


def save(path: Path, content: dict[str, Any], before: Path | None = None, after: Iterable[Future[None]] = ()) -> None:
    """Write tensors and plain values atomically, with their checksum; the file that was there becomes `before`.

    It takes its place when the results `after` have come, of `to_disk`.
    """
    with replacing(path, sync=True) as stream:
        summed = _Summed(stream)
        try:
            torch.save(_compact(content), summed)
        except RuntimeError as error:  # torch's own is of the position in its archive
            raise summed.failed or error from None
        stream.seek(-2, os.SEEK_END)
        stream.write(_COMMENT.to_bytes(2, "little") + _MARK + digest.hexadecimal(summed.crc).encode() + b"\n")
        if before is not None and path.is_file():
            _keep(path, before)
        for synced in after:
            synced.result()


def _compact(content: Any) -> Any:
    """The same without what only lies around a tensor: torch writes the whole memory that a view is of."""
    if isinstance(content, dict):
        return {key: _compact(value) for key, value in content.items()}
    if isinstance(content, Tensor) and content.untyped_storage().nbytes() > content.nbytes:
        return content.detach().clone()
    return content


class _Summed:
    """A file that sums up what is written to it."""

    def __init__(self, stream: IO[Any]):
        self._stream, self.crc = stream, 0
        self.failed: OSError | None = None  # what the disk said

    def write(self, data: bytes) -> int:
        self.crc = digest.extend(self.crc, data)
        try:
            return int(self._stream.write(data))
        except OSError as error:
            self.failed = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _keep(path: Path, before: Path) -> None:
    """Give a file a second name: `path` is there at every moment, where the file system knows links."""
    link = before.with_name(f".{before.name}.{os.getpid()}.tmp")
    try:
        link.unlink(missing_ok=True)
        os.link(path, link)
        os.replace(link, before)
        link.unlink(missing_ok=True)  # two names of one file: replacing one by the other does nothing
    except OSError:
        os.replace(path, before)


def verify(path: Path, then: str = "") -> bool:
    """Whether a file has a checksum, which is right; False for one of an older dlrun, whose records are tested.

    Raises Damaged (with `then`: what becomes of it) for a file that was cut or changed, FileNotFoundError without one.
    """
    try:
        with open(path, "rb", buffering=0, opener=regular_handle) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _COMMENT))
            comment = file.read(_COMMENT)
            if comment.startswith(_MARK) and comment.endswith(b"\n"):
                file.seek(0)
                crc = digest.of_stream(file, size - _COMMENT - 2)
                if file.read(2) == _COMMENT.to_bytes(2, "little"):
                    crc = digest.extend(crc, b"\0\0")
                if digest.hexadecimal(crc).encode() != comment[len(_MARK):-1]:
                    raise Damaged(path, "its checksum is wrong: it was damaged after it was written", then)
                return True
            file.seek(max(0, size - _END_SIZE))
            end = file.read(_END_SIZE)
        if not (end.startswith(_END) and end.endswith(b"\0\0")):
            raise Damaged(path, "its end is missing or damaged" if size else "it is empty", then)
        with zipfile.ZipFile(path) as archive:
            wrong = archive.testzip()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Damaged(path, f"it can't be read ({error.strerror or error})", then) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, RuntimeError, IndexError) as error:
        if isinstance(error, Damaged):
            raise
        raise Damaged(path, f"it is damaged ({error})", then) from None
    if wrong is not None:
        raise Damaged(path, f"it is damaged (its record {wrong})", then)
    return False


def read(path: Path, then: str = "force=true trains the run again") -> dict[str, Any]:
    """The content of a checkpoint on the CPU, verified; only tensors and plain values are unpickled.

    Raises Damaged, with `then` in its sentence, for a file that is not what was written.
    """
    verify(path, then)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch raises for a file that it cannot read
        said = _STYLES.sub("", str(error)).strip().splitlines() or [type(error).__name__]
        raise Damaged(path, f"it is not a checkpoint of dlrun's: {said[0][:200]}", then) from error
    if not isinstance(content, dict):
        raise Damaged(path, f"it is not a checkpoint of dlrun's: it holds a {type(content).__name__}", then)
    return content


def unreadable(value: Any, place: str = "") -> str:
    """``a deque in seen``: the first that `read` would not give back of a value that is to be saved; "" for none."""
    kind = type(value)
    if kind in _PLAIN:
        return ""
    if kind in (dict, OrderedDict):
        inner = [("the keys", key) for key in value]
        inner += [(f"{place}.{key}" if place else str(key), each) for key, each in value.items()]
    elif kind in (list, tuple):
        inner = [(place, each) for each in value]
    else:
        stream = io.BytesIO()
        try:
            torch.save(value, stream)
            stream.seek(0)
            torch.load(stream, weights_only=True)
        except Exception:  # whatever pickle and torch raise for it
            return f"a {kind.__name__} in {place}"
        return ""
    return next(filter(None, (unreadable(each, where) for where, each in inner)), "")


def gather(components: dict[str, Stateful]) -> dict[str, Any]:
    """The state of each component, by its name."""
    return {name: component.state() for name, component in components.items()}


def scatter(content: dict[str, Any], components: dict[str, Stateful]) -> None:
    """Give each component its state; raises ValueError for a component or a key that is missing or not read."""
    if set(content) != set(components):
        raise ValueError(f"the checkpoint holds {sorted(content)}, this run has {sorted(components)}")
    for name, component in components.items():
        state = dict(content[name])
        try:
            component.load(state)
        except KeyError as missing:
            raise ValueError(f"the checkpoint's {name} lacks {missing}") from None
        if state:
            raise ValueError(f"the checkpoint's {name} has unread keys {sorted(state)}")
