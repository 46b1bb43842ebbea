"""A recorder that may fail without costing the run: what it cannot record is said once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlrun.record.recorder import EpochProgress, Recorder, RunInfo
from dlrun.record.terminal import say


class Guarded(Recorder):
    """Passes every call on to `inner` until one fails: then that is said on standard error, and none comes any more.

    A tracker's server or database may be away for a minute; the run's folder has everything.
    """

    def __init__(self, name: str, inner: Recorder):
        self.name, self.inner, self.failed = name, inner, False

    def _pass(self, place: str, *arguments: Any) -> Any:
        if self.failed:
            return None
        try:
            return getattr(self.inner, place)(*arguments)
        except Exception as error:
            self.failed = True
            said = (str(error).strip().splitlines() or [""])[0][:200]
            say(f"record={self.name} has failed in {place} and records no more of this run: {type(error).__name__}: "
                f"{said}", file=sys.stderr)
            return None

    def start(self, info: RunInfo) -> None:
        self._pass("start", info)

    def step(self, progress: EpochProgress) -> None:
        self._pass("step", progress)

    def work(self, what: str, done: int, of: int) -> None:
        self._pass("work", what, done, of)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        self._pass("epoch", row, best)

    def picture(self, tag: str, at: int, path: Path) -> None:
        self._pass("picture", tag, at, path)

    def histogram(self, tag: str, at: int, values: Any) -> None:
        self._pass("histogram", tag, at, values)

    def text(self, tag: str, at: int, text: str) -> None:
        self._pass("text", tag, at, text)

    def graph(self, graph_def: bytes) -> None:
        self._pass("graph", graph_def)

    def note(self, text: str) -> None:
        self._pass("note", text)

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        inner = self._pass("fold", name, after, together)
        return Recorder() if inner is None else Guarded(self.name, inner)

    def fold_done(self, name: str, result: Mapping[str, Any]) -> None:
        self._pass("fold_done", name, result)

    def flush(self) -> None:
        self._pass("flush")

    def outcome(self, result: Mapping[str, Any]) -> None:
        self._pass("outcome", result)

    def finish(self, result: Mapping[str, Any]) -> None:
        self._pass("finish", result)

    def close(self) -> None:
        self._pass("close")
