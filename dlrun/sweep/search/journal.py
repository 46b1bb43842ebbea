"""study.jsonl: Optuna's log of a search, whose every line has the checksum of all lines up to it.

Optuna's own reader reads it, too: the checksum is one more key.  Only the process that holds the sweep's lock opens it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from dlrun.record.digest import SEAL, extend, hexadecimal
from dlrun.record.own_file import open_own, sync_folder
from dlrun.record.stored import read_file

_SEALED = re.compile(rb'(.*),"' + SEAL.encode() + rb'":"([0-9a-f]{8})"\}')


class SealedJournal(BaseJournalBackend):
    """The lines of the file, read and verified once.

    Lines at the file's beginning that an older dlrun has written have no checksum: the first that has one covers them.
    Raises ValueError for a line that is not what was written, or is missing from the middle, and for a pipe.
    """

    def __init__(self, path: Path):
        self._path = path
        self._logs: list[dict[str, Any]] = []
        self._crc = 0
        sealed = False
        try:
            lines = read_file(path, bytes).split(b"\n")[:-1]  # half a line has been taken off
        except FileNotFoundError:
            lines = []
        for number, line in enumerate(lines, start=1):
            found = _SEALED.fullmatch(line)
            self._crc = extend(self._crc, line if found is None else found[1])
            if found is not None:
                sealed = True
                if found[2].decode() != hexadecimal(self._crc):
                    raise ValueError(f"the checksum of line {number} is wrong")
            elif sealed:
                raise ValueError(f"line {number} has no checksum")
            self._logs.append(_parsed(line, number))

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """The logs from a number on."""
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add logs; they are on the disk when this returns."""
        crc, lines = self._crc, []
        for log in logs:
            body = json.dumps(log, separators=(",", ":")).encode()[:-1]
            crc = extend(crc, body)
            lines.append(body + f',"{SEAL}":"{hexadecimal(crc)}"}}\n'.encode())
        with open_own(self._path, "ab") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        if not self._logs:
            for folder in self._path.parents[:4]:  # the sweep's, sweeps, output_dir, and what that lies in
                sync_folder(folder)
        self._crc = crc
        self._logs += [json.loads(line) for line in lines]


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        raise ValueError(f"line {number} is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError(f"line {number} is not a mapping")
    return found
