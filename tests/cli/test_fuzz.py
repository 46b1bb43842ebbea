"""Whatever is typed or written, the answer is a sentence: no stack trace, no parser's jargon, exit code 0, 1 or 2."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from dlrun.cli import train
from dlrun.cli.route import route
from dlrun.config import places
from tests.cli.fuzz import command, yaml_text
from tests.helpers.cases import Cases

SHORT, LINES, FILES, PIECE = 24, 23_500, 1_000, 1_000
SECONDS = 3.0  # of the processor: other processes may have it meanwhile
JARGON = ("Traceback", "token recognition", "mismatched input", "extraneous input", "no viable alternative",
          "missing EQUAL", "hydra.cc", "NoneType", "object has no attribute", "unhashable", "ConfigKeyError")


@pytest.fixture(autouse=True)
def _nothing_trains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands stop where a run or a sweep would begin; torch, which some verbs load, is there already."""
    importlib.import_module("dlrun.inference.load")
    monkeypatch.setattr(train, "start", lambda checked, command: 0)
    monkeypatch.setattr("dlrun.record.plan.store", lambda plan: None)
    monkeypatch.setattr("dlrun.sweep.run.run_sweep", lambda plan, options: 0)
    (folder / "table.csv").write_text("a,b,y\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")


def answer(arguments: list[str]) -> tuple[str, str]:
    """Route a command; what is wrong with its answer, and its stack trace: nothing of both where it is as promised."""
    out, err = io.StringIO(), io.StringIO()
    places._extra.clear()  # a folder of configs belongs to the command that names it
    before = time.process_time()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = route(list(arguments))
    except (Exception, SystemExit):
        return "", f"{arguments}: {traceback.format_exc()}"
    seconds, said = time.process_time() - before, out.getvalue() + err.getvalue()
    wrong = [
        f"exit code {code}" if code not in (0, 1, 2) else "",
        *(word for word in JARGON if word in err.getvalue()),
        "an escape sequence" if "\x1b" in said else "",
        "no sentence" if code == 2 and not err.getvalue().strip() else "",
        f"{seconds:.1f} s" if seconds >= SECONDS else ""]
    return (f"{arguments}: {', '.join(filter(None, wrong))}: {err.getvalue()[-300:]}" if any(wrong) else ""), ""


def ask(what: Any, count: int, check: Callable[[Any], None]) -> None:
    """Call `check` with `count` examples, in pieces with a seed each: hypothesis remembers all of a piece."""
    for piece in range(-(-count // PIECE)):
        quiet = settings(max_examples=min(count, PIECE), deadline=None, database=None, phases=[Phase.generate],
                         suppress_health_check=list(HealthCheck))
        seed(12 + piece)(quiet(given(what)(check)))()


def ask_commands(count: int, cases: Cases) -> None:
    def check(arguments: list[str]) -> None:
        if cases.new(name := _name(arguments)):
            cases.add(name, *answer(arguments))

    ask(command, count, check)


def ask_files(count: int, cases: Cases) -> None:
    """Each file as a model and as an experiment, each by the commands that read it."""
    def check(text: str) -> None:
        if not cases.new(name := _name([text])):
            return
        for place in ("configs/model/mine.yaml", "experiments/mine.yaml"):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            Path(place).write_bytes(text.encode("utf-8", "surrogatepass"))
            os.utime(place, ns=(time.time_ns(), time.time_ns()))
        answers = [answer(arguments) for arguments in (
            ["model=mine", "dataset=digits"], ["experiment=mine", "dataset=digits"],
            ["-m", "experiment=mine", "seed=1,2"], ["list", "experiments"])]
        said = [f"{text!r}: {found}" for found in map("".join, answers) if found]
        traced = any(trace for _, trace in answers)
        cases.add(name, "" if traced else "\n".join(said), "\n".join(said) if traced else "")

    ask(yaml_text, count, check)


def _name(texts: list[str]) -> str:
    return hashlib.sha256(repr(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def test_any_command_line_gets_an_answer():
    cases = Cases()
    ask_commands(SHORT, cases)
    cases.close(least=SHORT // 2)


def test_any_yaml_file_gets_an_answer():
    cases = Cases()
    ask_files(SHORT // 8, cases)
    cases.close(least=2)


@pytest.mark.faults
@pytest.mark.timeout(14_400)
def test_many_command_lines_get_an_answer():
    cases = Cases("command lines", "command lines that were made up: exit code 0, 1 or 2, a sentence, less than 3 s")
    ask_commands(LINES, cases)
    cases.close(least=20_000)


@pytest.mark.faults
@pytest.mark.timeout(14_400)
def test_many_yaml_files_get_an_answer():
    cases = Cases("yaml files", "YAML files that were made up, as a model and as an experiment of four commands")
    ask_files(FILES, cases)
    cases.close(least=900)
