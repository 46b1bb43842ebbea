"""Losing the power after any call of a command that changes files, and giving the command again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dlrun.record import own_file
from tests.faults import children
from tests.faults.calls import Call
from tests.faults.disk import Disk, fingerprint, write
from tests.faults.kills import Scenario, difference, prepared
from tests.helpers.cases import Cases

HOWS = ("none-old", "all-old", "all-zeros", "all-torn", "all-pages", "first-any", "any-old", "any-new", "any-any",
        "any-any again")
State = dict[str, bytes | None]


def one_after_another(patch: pytest.MonkeyPatch) -> None:
    """Calls come in the same order each time, and what nobody waits for never."""
    patch.setattr(own_file, "_pool", Late)


class Late:
    """An executor that works when its result is asked for."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Late:
        """Keep it for later."""
        late = Late()
        late.result = lambda timeout=None: work(*arguments)  # type: ignore[method-assign]
        return late

    def result(self, timeout: float | None = None) -> Any:
        """What the work returns."""
        raise AssertionError("nothing was submitted")


def lose_power(cases: Cases, name: str, scenario: Scenario, place: Path, losses: int) -> None:
    """So many losses of power, each after another call or with another rest, and no two alike."""
    place.mkdir(parents=True, exist_ok=True)
    template, whole, calls = prepared(scenario, place)
    done = 0
    for case, state in states(name, template, place / "seen", calls):
        if not cases.new(case):
            done += 1
            continue
        if done == losses:
            break
        done += 1
        write(state, place / "after")
        again = children.command(scenario.again or scenario.command, place / "after")
        cases.add(case, *verdict(scenario, whole, place / "after", again))


def states(name: str, template: Path, root: Path, calls: list[Call]) -> Iterator[tuple[str, State]]:
    """What losses of power leave, in an order that is drawn, the same each time."""
    random = Random(name)
    points = [(number, how) for number in range(len(calls) + 1) for how in HOWS]
    random.shuffle(points)
    seen = set()
    for number, how in points:
        state = state_after(template, root, calls, number, how)
        if fingerprint(state) not in seen:
            seen.add(fingerprint(state))
            yield f"{name}: power lost after call {number}, {how}", state


def state_after(template: Path, root: Path, calls: list[Call], number: int, how: str) -> State:
    """What is there when the power was lost after `number` calls."""
    disk = Disk(template, root)
    for call in calls[:number]:
        disk.make(call)
    return disk.loses_power(how.partition(" ")[0], Random(f"{number} {how}"))


def verdict(scenario: Scenario, whole: Path, after: Path, again: children.Ended) -> tuple[str, str]:
    """In which way the end is not that of an undisturbed command, and what is no sentence."""
    if "Traceback" in again.text or again.code not in (*scenario.codes, 1, 2):
        return "", f"exit code {again.code}\n{again.text}"
    different = difference(scenario, whole, after)
    if different or again.code not in scenario.codes:
        return f"exit code {again.code}: {different}\n{again.text}", ""
    return "", ""
