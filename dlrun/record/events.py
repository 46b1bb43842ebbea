"""TensorBoard event files, a record at a time: length, checksum, protobuf, checksum (the TFRecord format).

`EventFile` does what tensorboard's EventFileWriter does, without its thread (a forked worker would hang on it), without
its import of TensorFlow where that is installed (seconds), and with a file name that sorts behind the existing ones.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlrun.record.own_file import open_own
from dlrun.record.stored import regular_handle

_FLUSH_SECONDS = 5.0


def event_files(folder: Path) -> list[Path]:
    """The event files of one run in the order in which TensorBoard reads them."""
    return sorted(folder.glob("events.out.tfevents.*"))


class EventFile:
    """A new event file in `folder`, written in order and flushed every few seconds."""

    def __init__(self, folder: Path):
        from tensorboard.compat.proto import event_pb2

        folder.mkdir(parents=True, exist_ok=True)
        # TensorBoard reads files in the order of their names: two starts within a second, or a clock that was set back,
        # must not put the new file before an old one.
        taken = [path.name.split(".")[3] for path in event_files(folder)]  # of another program's, perhaps no number
        stamp = max([int(time.time()), *(int(second) + 1 for second in taken if second.isdecimal())])
        self.path = folder / f"events.out.tfevents.{stamp:010d}.{socket.gethostname()}.{os.getpid()}"
        self._file = open(self.path, "xb")
        self._flushed = 0.0
        self.event(file_version="brain.Event:2", source_metadata=event_pb2.SourceMetadata(writer="dlrun"))

    def event(self, **fields: Any) -> None:
        """Write an event of now; `fields` as of tensorboard's Event (step, summary, session_log, ...)."""
        from tensorboard.compat.proto import event_pb2

        self.write_record(encode_record(event_pb2.Event(wall_time=time.time(), **fields).SerializeToString()))

    def write_record(self, record: bytes) -> None:
        """Write a whole record, such as `read_records` gave from another file."""
        self._file.write(record)
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Make what was written readable for others."""
        self._file.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        """Flush and close the file."""
        self._file.close()


def truncate_superseded(path: Path) -> None:
    """Empty a file whose content is in a newer one; delete it when it was empty already.

    Not deleted at once: an open TensorBoard without its fast loader would stop at the file that it cannot find.
    """
    if path.lstat().st_size:
        with open_own(path, "r+b") as file:
            file.truncate(0)
    else:
        path.unlink()


def masked_crc32c(data: bytes) -> int:
    """The CRC-32C of `data`, masked as the TFRecord format has it."""
    from google_crc32c import value

    crc: int = value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def encode_record(data: bytes) -> bytes:
    """The record of a serialised event."""
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked_crc32c(head)) + data + struct.pack("<I", masked_crc32c(data))


def read_records(path: Path) -> Iterator[tuple[bytes, Any]]:
    """(record, event) of every whole record; ends quietly at a torn one, as TensorBoard does."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto import event_pb2

    with open(path, "rb", opener=regular_handle) as file:
        while len(head := file.read(12)) == 12:
            length, check = struct.unpack("<QI", head)
            if masked_crc32c(head[:8]) != check:
                return
            body = file.read(length + 4)
            if len(body) < length + 4:
                return
            try:
                event = event_pb2.Event.FromString(body[:length])
            except DecodeError:
                return
            yield head + body, event
