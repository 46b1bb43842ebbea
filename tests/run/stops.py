"""Ends a run at an exact step, in this process: by a signal, or as if it had been killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlrun.engine.step import EagerStep


class Killed(BaseException):
    """No handler of a run's catches it, so nothing is written after it: what kill -9 leaves."""


@contextmanager
def signalled_after(step: int, number: int = signal.SIGTERM) -> Iterator[None]:
    """The signal comes while step `step` (counted from 1) is taken; before any handler it would end pytest."""

    def then() -> None:
        assert signal.getsignal(number) not in (signal.SIG_DFL, signal.default_int_handler)
        os.kill(os.getpid(), number)

    with _after(step, then):
        yield


@contextmanager
def killed_after(step: int) -> Iterator[None]:
    def then() -> None:
        raise Killed

    with _after(step, then), pytest.raises(Killed):
        yield


@contextmanager
def _after(step: int, then) -> Iterator[None]:
    took, came = EagerStep.__call__, []

    def call(self, batch, number):
        took(self, batch, number)
        if number + 1 == step:
            came.append(number)
            then()

    with pytest.MonkeyPatch.context() as patch:
        # The steps of the classifier that judges samples are none of the run's.
        untouched = type("Untouched", (EagerStep,), {"__call__": took})
        patch.setattr("dlrun.diagnostics.sample_classifier.EagerStep", untouched)
        patch.setattr(EagerStep, "__call__", call)
        yield
    assert came, f"the run never took step {step}"
