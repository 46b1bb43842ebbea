"""What verification costs: at most 2 % of a short run, and nothing in the loop of its steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dlrun.engine import checkpoint
from dlrun.engine.step import EagerStep
from dlrun.record import digest, manifest
from tests.helpers.fault_figures import remark

CHECKS = ((digest, "extend"), (digest, "of_stream"), (digest, "of_file"), (digest, "sealed"), (digest, "unsealed"),
          (manifest, "text"), (manifest, "changed"), (checkpoint, "verify"))


class Spent:
    """Seconds of the processor that the calling thread was in checks; one check that calls another counts once."""

    def __init__(self) -> None:
        self.seconds, self.calls = 0.0, 0
        self._own = threading.current_thread()
        self._inside = False

    def timed(self, check: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._inside or threading.current_thread() is not self._own:
                return check(*args, **kwargs)
            began, self._inside, self.calls = time.thread_time(), True, self.calls + 1
            try:
                return check(*args, **kwargs)
            finally:
                self._inside = False
                self.seconds += time.thread_time() - began

        return call


@contextmanager
def measured() -> Iterator[Spent]:
    spent = Spent()
    with pytest.MonkeyPatch.context() as patch:
        for module, name in CHECKS:
            patch.setattr(module, name, spent.timed(getattr(module, name)))
        yield spent


def test_no_step_is_verified(go, monkeypatch: pytest.MonkeyPatch) -> None:
    took, between = EagerStep.__call__, []
    with measured() as spent:
        def call(self: EagerStep, batch: Any, number: int) -> None:
            between.append(spent.calls)
            took(self, batch, number)

        monkeypatch.setattr(EagerStep, "__call__", call)
        go("dataset=iris", "model=softmax", "epochs=1", "batch_size=5")
    assert len(between) == 20 and len(set(between)) == 1 and spent.calls > between[-1]


@pytest.mark.faults
def test_verification_takes_two_percent_of_a_short_run_at_most(go) -> None:
    words = ["dataset=digits", "model=dense", "model.hidden=[64]", "epochs=5", "early_stop=patience",
             "early_stop.monitor=val/loss"]
    go(*words, "seed=0")  # what the first run of a process loads is none of the check's
    shares = []
    for seed in range(1, 6):
        with measured() as spent:
            began = time.thread_time()
            go(*words, f"seed={seed}")
            shares.append(spent.seconds / (time.thread_time() - began))
    share = sorted(shares)[2]
    remark("cost", f"Verification takes {100 * share:.1f} % of the processor's time of a run of 5 epochs on `digits` "
                   "(45 steps; the median of five runs), and nothing in the loop of its steps.")
    assert share <= 0.02
