"""The cases of a long test: counted for the figures, and remembered, so that one that was interrupted goes on.

``make test-faults`` names a folder in DLRUN_FAULTS_FROM.  What is remembered counts for the very dlrun that was tested.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import dlrun
from tests.helpers.fault_figures import store


class Cases:
    """The cases of one test, or of one part of it; without a `key`, of its quick variant, of which nothing is kept.

    `wrong` is without a word a wrong answer, `traces` are stack traces; each with a sentence that says where.
    """

    def __init__(self, key: str = "", what: str = "", part: str = "") -> None:
        self.key, self.what, self.part = key, what, part
        self.done: set[str] = set()
        self.wrong: list[str] = []
        self.traces: list[str] = []
        self.seconds, self._began = 0.0, time.monotonic()
        place = os.environ.get("DLRUN_FAULTS_FROM")
        self._file = None
        if place and key:
            name = "-".join(filter(None, [key, part])).replace("/", "-")
            self._file = Path(place) / _fingerprint() / f"{name}.jsonl"
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._recall(self._file)

    def _recall(self, file: Path) -> None:
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        for case, seconds in map(json.loads, lines):
            self.done.add(case)
            self.seconds += seconds

    def new(self, case: str) -> bool:
        """Whether a case is still to be done."""
        return case not in self.done

    def add(self, case: str, wrong: str = "", trace: str = "") -> None:
        """A case has been done.  One that was wrong is not remembered: the next start tries it again."""
        now = time.monotonic()
        seconds, self._began = now - self._began, now
        self.seconds += seconds
        self.done.add(case)
        if wrong or trace:
            print(f"\n{case}: {wrong or trace}", flush=True)
        if wrong:
            self.wrong.append(f"{case}: {wrong}")
        if trace:
            self.traces.append(f"{case}: {trace}")
        if self._file is not None and not (wrong or trace):
            with self._file.open("a") as file:
                file.write(json.dumps([case, round(seconds, 3)]) + "\n")

    def close(self, least: int) -> None:
        """Keep the figures; fails where a case was wrong, or there were too few."""
        if self.key:
            store(self.key, part=self.part, what=self.what, count=len(self.done),
                  wrong=len(self.wrong), traces=len(self.traces), seconds=self.seconds)
        found = [*self.wrong, *self.traces]
        assert not found, f"{len(found)} of {len(self.done)}:\n" + "\n".join(found[:20])
        assert len(self.done) >= least


def _fingerprint() -> str:
    """Which dlrun it is: the sizes and times of its files."""
    root = Path(dlrun.__file__).parent
    files = [(str(file.relative_to(root)), file.stat().st_size, file.stat().st_mtime_ns)
             for file in sorted(root.rglob("*.py"))]
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]
