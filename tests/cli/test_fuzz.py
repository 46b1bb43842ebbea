"""Whatever is typed or written, the answer is a sentence: no stack trace, no parser's jargon, exit code 0, 1 or 2."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from dlrun.cli import train
from dlrun.cli.route import route
from tests.cli.fuzz import command, yaml_text

SHORT, LONG = 24, 20_000
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


def answer(arguments: list[str]) -> None:
    """Route a command and hold its answer to the promise."""
    out, err = io.StringIO(), io.StringIO()
    before = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = route(list(arguments))
    seconds, said = time.process_time() - before, out.getvalue() + err.getvalue()
    assert code in (0, 1, 2), (code, arguments)
    assert not [word for word in JARGON if word in err.getvalue()], (arguments, err.getvalue())
    assert "\x1b" not in said, arguments
    assert code != 2 or err.getvalue().strip(), arguments
    assert seconds < SECONDS, (seconds, arguments)


def lines(count: int):
    return settings(max_examples=count, deadline=None, database=None, derandomize=False, print_blob=False,
                    suppress_health_check=list(HealthCheck))


def check_commands(count: int) -> None:
    @seed(12)
    @lines(count)
    @given(command)
    def check(arguments):
        answer(arguments)

    check()


def check_files(count: int) -> None:
    @seed(12)
    @lines(count)
    @given(yaml_text, yaml_text)
    def check(model, experiment):
        for place, text in (("configs/model/mine.yaml", model), ("experiments/mine.yaml", experiment)):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            Path(place).write_bytes(text.encode("utf-8", "surrogatepass"))
            os.utime(place, ns=(time.time_ns(), time.time_ns()))
        for arguments in (["model=mine", "dataset=digits"], ["experiment=mine", "dataset=digits"],
                          ["-m", "experiment=mine", "seed=1,2"], ["list", "experiments"]):
            answer(arguments)

    check()


def test_any_command_line_gets_an_answer():
    check_commands(SHORT)


def test_any_yaml_file_gets_an_answer():
    check_files(SHORT // 8)


@pytest.mark.faults
def test_many_command_lines_get_an_answer():
    check_commands(LONG)


@pytest.mark.faults
def test_many_yaml_files_get_an_answer():
    check_files(LONG // 4)
