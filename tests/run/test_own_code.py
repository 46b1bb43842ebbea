"""Code of a user's own that has changed since a run was trained by it: every command that the run meets says so."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.api.run import open_run
from dlrun.cli.route import route
from dlrun.config.content import content_hash
from dlrun.config.own_code import changed_modules, own_code
from dlrun.preflight.preflight import preflight
from tests.helpers.runs import custom

NET = """
import torch
from dlrun.api.kinds import register

class Net(torch.nn.Module):
    def __init__(self, outputs, input_shape):
        super().__init__()
        self.out = torch.nn.Linear(input_shape[0], outputs)
    def forward(self, x):
        return self.out(torch.tanh(x))

@register.loss("{loss}")
def absolute(outputs, targets):
    return torch.nn.functional.cross_entropy(outputs, targets)
"""
CHANGED = "mine.py has changed since"


@pytest.fixture
def words(folder: Path) -> list[str]:
    return ["dataset=iris", *custom(folder, NET.format(loss="own_absolute"), "Net"), "task.loss=own_absolute",
            "epochs=1"]


def edit() -> None:
    file = Path("mine.py")
    file.write_text(file.read_text().replace("tanh(x)", "tanh(2 * x)"))


def test_a_run_keeps_which_code_of_ones_own_it_was_trained_by(go: Callable, words: list[str]) -> None:
    provenance = json.loads((go(*words).folder / "provenance.json").read_text())
    assert provenance["own_code"] == {"mine": content_hash(Path("mine.py"))}
    assert "own_code" not in json.loads((go("dataset=iris", "model=linear", "epochs=1").folder
                                         / "provenance.json").read_text())


def test_a_program_that_is_learnt_as_text_is_data(folder: Path) -> None:
    text = folder / "text.py"
    text.write_text("print('a line of it')\n" * 100)
    assert own_code(preflight(["dataset=text", f"dataset.path={text}", "model=lstm"]).config) == {}


@pytest.mark.parametrize("stored", [{"x" * 300: "0"}, {"": "0"}, {"..": "0"}, {"a\0b": "0"}, {"\ud800": "0"}, [1], "x"])
def test_names_of_modules_that_no_file_has_are_passed_over(stored: object) -> None:
    assert changed_modules({"own_code": stored}) == []


def test_predictions_of_changed_code_say_so(go: Callable, words: list[str], tmp_path: Path, capsys) -> None:
    folder = str(go(*words).folder)
    rows = tmp_path / "new.csv"
    rows.write_text("sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n5.1,3.5,1.4,0.2\n")
    capsys.readouterr()
    assert route(["predict", folder, str(rows), "allow=mine"]) == 0
    assert CHANGED not in capsys.readouterr().err
    edit()
    assert route(["predict", folder, str(rows), "allow=mine"]) == 0
    said = capsys.readouterr()
    assert f"{CHANGED} this run was trained" in said.err and CHANGED not in said.out


def test_in_python_a_warning_says_so(go: Callable, words: list[str]) -> None:
    run = open_run(go(*words).folder, allow="mine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.load_model()
    edit()
    with pytest.warns(UserWarning, match=f"{CHANGED} this run was trained"):
        run.load_model()


def test_the_same_command_with_changed_code_says_why_it_trains_anew(go: Callable, words: list[str], capsys) -> None:
    before = go(*words)
    assert route([*words, "seed=1"]) == 0
    assert "a new run" not in capsys.readouterr().out, "another seed"
    edit()
    assert route(words) == 0
    assert (f"a new run: the code of mine is another than that of run {before.folder.name}, with the same settings"
            in " ".join(capsys.readouterr().out.split()))


def test_reports_and_plans_of_sweeps_name_the_file_that_has_changed(words: list[str], capsys) -> None:
    command = ["-m", *words, "seeds=2", "sweep.name=own", "launcher=inline"]
    assert route(command) == 0
    assert CHANGED not in capsys.readouterr().out
    edit()
    assert route([*command, "dry_run=true"]) == 0
    assert "2 are no longer in it (what they ran stays in its folders); mine.py has changed since" in " ".join(
        capsys.readouterr().out.split())
    assert route(["report", "own"]) == 0
    assert ("All runs were made by other code of your own than is here now: mine.py has changed since; the same "
            "command trains them anew.") in " ".join(capsys.readouterr().out.split())
