"""Killing a command before each of its calls that change files, and doing it again."""

from __future__ import annotations

import shutil
import signal
import traceback
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults import children
from tests.faults.calls import Call, die_before, install
from tests.faults.same import assert_same
from tests.helpers.cases import Cases


@dataclass
class Scenario:
    """`before` are commands that prepare the folder, `command` is killed, `again` (None: the same) is run after it.

    `compare` is given the folder of the undisturbed command and that of the killed one.
    """

    command: list[str]
    before: Sequence[list[str]] = ()
    again: list[str] | None = None
    compare: Callable[[Path, Path], None] = assert_same
    whole: list[str] | None = None  # what an undisturbed folder is made by; None: `before`, then `command`
    codes: tuple[int, ...] = (0,)  # of `again`


def kill_at_every_call(cases: Cases, name: str, scenario: Scenario, place: Path, every: int = 1, first: int = 1,
                       only: Callable[[list[Call]], Container[int]] | None = None) -> None:
    """Kill before each call (or each `every`-th from `first`), and within each write; of some numbers `only`."""
    place.mkdir(parents=True, exist_ok=True)
    template, whole, found = prepared(scenario, place)
    calls = [call for call in found if call.kind != "reopen"]
    numbers = range(1, len(calls) + 1) if only is None else only(calls)
    points = [(number, torn) for number, call in enumerate(calls, start=1) if number in numbers
              for torn in ((False, True) if call.kind == "write" else (False,))]
    for number, torn in points[first - 1::every]:
        case = f"{name}: killed before call {number}{' (half written)' if torn else ''}"
        if not cases.new(case):
            continue
        copy(template, place / "killed")
        die = partial(install, place / "killed", die_before(number, torn))
        ended = children.command(scenario.command, place / "killed", die)
        if ended.code != -signal.SIGKILL:  # a thread's calls may come later: the last ones may not be reached
            assert ended.code == 0 and number > len(calls) - 10, (number, ended)
            continue
        again = children.command(scenario.again or scenario.command, place / "killed")
        there = f"of {len(calls)}, {calls[number - 1].shown()}:"
        wrong = difference(scenario, whole, place / "killed")
        if "Traceback" in again.text or again.code not in scenario.codes:
            cases.add(case, trace=f"{there} exit code {again.code}\n{again.text}")
        else:
            cases.add(case, wrong and f"{there} {wrong}\n{ended.text}\n{again.text}")


def difference(scenario: Scenario, whole: Path, other: Path) -> str:
    """In which way a folder is not that of the undisturbed command; "" where it is."""
    try:
        scenario.compare(whole, other)
    except (AssertionError, ValueError, OSError, KeyError, RuntimeError) as found:  # a file may be none of dlrun's
        frame = traceback.extract_tb(found.__traceback__)[-1]
        return f"{frame.line}\n{str(found)[:600]}" or type(found).__name__
    return ""


def prepared(scenario: Scenario, place: Path) -> tuple[Path, Path, list[Call]]:
    """The folder that the command finds, that of an undisturbed one, and the calls that this makes."""
    template, whole, seen = place / "template", place / "whole", place / "seen"
    template.mkdir()
    for arguments in scenario.before:
        ended = children.command(arguments, template)
        assert ended.code == 0, ended.text
    copy(template, place / "warm")
    children.warm(scenario.command, place / "warm")
    copy(template, whole)
    ended = children.command(scenario.whole or scenario.command, whole)
    assert ended.code == 0, ended.text
    copy(template, seen)
    return template, whole, calls_of(scenario.command, seen)


def calls_of(command: list[str], place: Path) -> list[Call]:
    """The calls of an undisturbed command in a folder that is ready."""
    def work() -> list[Call]:
        import os

        from dlrun.cli.route import route

        found: list[Call] = []
        os.chdir(place)
        install(place, lambda call, write: found.append(call))
        assert route(list(command)) == 0
        return found

    found: list[Call] = children.returned(work, place.with_name("seen.log"))
    return found


def copy(one: Path, other: Path) -> None:
    """Make `other` a copy of `one`."""
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(one, other)


def fresh(place: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place
