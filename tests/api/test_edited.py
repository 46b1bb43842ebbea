"""Code of a user's own that is edited while the process lives: what trains is what the run's id says."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dlrun
from dlrun.registry.sources import running_code
from tests.helpers.runs import custom

NET = """
import torch

class Net(torch.nn.Module):
    def __init__(self, outputs, input_shape):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(input_shape[0], {width}), torch.nn.Linear({width}, outputs))
    def forward(self, x):
        return self.layers(x)
"""
DATA = """
import numpy as np

def rows():
    x = np.random.default_rng(0).normal(size=({rows}, 2)).astype("float32")
    return x, x[:, 0]
"""
LAYER = """
from dataclasses import dataclass
from typing import ClassVar
import torch
from dlrun.api.kinds import Layer, register

@register.layer("scaled")
@dataclass(frozen=True)
class Scaled(Layer):
    def build(self, shape, rng, parts):
        return torch.nn.Linear(shape[0], shape[0], bias={bias})
"""
WATCH = """
from dlrun.api.kinds import Callback

class Watch(Callback):
    def __init__(self, unit=1):
        self.unit = unit
    def epoch(self, row, best):
        self.stop(f"{said} {{self.unit}}")
"""
SMALL: dict[str, Any] = {"threads": 1, "device": "cpu", "progress": False, "epochs": 1, "dataset": "iris"}


def width(hidden: int) -> int:
    return 4 * hidden + hidden + 3 * hidden + 3


def imported(name: str) -> ModuleType:
    """A file of the working folder as the user's program imports it."""
    importlib.invalidate_caches()
    return importlib.import_module(name)


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # an edit within a second, in as many letters
    (folder / "configs" / "model").mkdir(parents=True)
    return folder


def test_an_edited_module_that_dlrun_has_imported_trains_as_it_is_now(here: Path) -> None:
    words = custom(here, NET.format(width=2), "Net")
    first = dlrun.train(*words, **SMALL)
    (here / "mine.py").write_text(NET.format(width=5))
    second = dlrun.train(*words, **SMALL)
    assert [run.result["parameters"] for run in (first, second)] == [width(2), width(5)]
    (here / "mine.py").write_text(NET.format(width=2))
    assert dlrun.train(*words, **SMALL).folder == first.folder


def test_an_edited_module_that_the_program_has_imported_is_refused_until_it_is_reloaded(here: Path) -> None:
    (here / "nets.py").write_text(NET.format(width=2))
    nets = imported("nets")
    dlrun.train(model=nets.Net, **SMALL)
    (here / "nets.py").write_text(NET.format(width=5))
    for _ in range(2):
        with pytest.raises(dlrun.ConfigError, match=r"nets.py has changed .* importlib.reload\(nets\)"):
            dlrun.train(model=nets.Net, **SMALL)
    assert dlrun.train(model="linear", **SMALL).status == "finished", "what has nothing to do with it goes on"
    old = nets.Net
    importlib.reload(nets)
    assert dlrun.train(model=old, **SMALL).result["parameters"] == width(5)


def test_edited_data_are_read_as_they_are_now(here: Path) -> None:
    (here / "configs" / "dataset").mkdir()
    (here / "configs" / "dataset" / "drawn.yaml").write_text("_target_: drawn.rows\ntest: 0.5\n")
    found = []
    for count in (40, 60):
        (here / "drawn.py").write_text(DATA.format(rows=count))
        run = dlrun.train(**{**SMALL, "dataset": "drawn"}, model="linear", allow="drawn")
        found.append(sum(run.result["rows"].values()))
    assert found == [40, 60]


@pytest.mark.parametrize("allow", ["kinds_of_mine", "[kinds_of_mine.*]"])
def test_kinds_of_an_edited_file_of_a_package_are_those_of_now(here: Path, allow: str) -> None:
    (here / "kinds_of_mine").mkdir()
    (here / "kinds_of_mine" / "__init__.py").write_text("from kinds_of_mine import layer\n")
    found = []
    for bias in (True, False, True):
        (here / "kinds_of_mine" / "layer.py").write_text(LAYER.format(bias=bias))
        run = dlrun.train("model.layers=[scaled,{dense: out}]", f"allow={allow}", model="sequential", **SMALL)
        found.append(run.result["parameters"])
    assert found == [16 + 4 + 15, 16 + 15, 16 + 4 + 15]


def test_a_module_that_registers_what_an_allowed_one_imports_is_imported_anew(here: Path) -> None:
    (here / "door.py").write_text("import behind\n")
    found = []
    for bias in (True, False):
        (here / "behind.py").write_text(LAYER.format(bias=bias))
        run = dlrun.train("model.layers=[scaled,{dense: out}]", allow="door", model="sequential", **SMALL)
        found.append(run.result["parameters"])
    assert found == [16 + 4 + 15, 16 + 15]


def test_an_edit_behind_a_module_in_between_is_imported_anew(here: Path) -> None:
    (here / "outer.py").write_text("import middle\n")
    (here / "middle.py").write_text("from inner import BIAS\n" + LAYER.format(bias="BIAS"))
    found = []
    for bias in (True, False):
        (here / "inner.py").write_text(f"BIAS = {bias}\n")
        run = dlrun.train("model.layers=[scaled,{dense: out}]", allow="outer", model="sequential", force=True, **SMALL)
        found.append(run.result["parameters"])
    assert found == [16 + 4 + 15, 16 + 15]


def test_a_class_made_of_a_module_s_own_under_its_name_is_itself(here: Path) -> None:
    (here / "seen.py").write_text(WATCH.format(said="for") + """
def louder(word):
    return type("Watch", (Watch,), {"epoch": lambda self, row, best: self.stop(f"{word} {self.unit}"),
                                    "__module__": __name__})
""")
    seen = imported("seen")
    run = dlrun.train(model="linear", callbacks=[seen.louder("against")(3)], **SMALL)
    assert "against 3" in run.result["stop_reason"]


def test_an_object_of_an_edited_class_is_refused_and_after_a_reload_does_what_the_class_says_now(here: Path) -> None:
    (here / "seen.py").write_text(WATCH.format(said="before"))
    seen = imported("seen")
    watch = seen.Watch(7)
    first = dlrun.train(model="linear", callbacks=[watch], **SMALL)
    (here / "seen.py").write_text(WATCH.format(said="after"))
    with pytest.raises(dlrun.ConfigError, match="seen.py has changed"):
        dlrun.train(model="linear", callbacks=[watch], **SMALL)
    importlib.reload(seen)
    second = dlrun.train(model="linear", callbacks=[watch], **SMALL)
    assert "before 7" in first.result["stop_reason"] and "after 7" in second.result["stop_reason"]


def test_a_file_that_is_edited_while_a_run_trains_does_not_end_it(here: Path) -> None:
    (here / "seen.py").write_text(WATCH.format(said="before") + "        open('seen.py', 'a').write('# edited')\n")
    run = dlrun.train(model="linear", callbacks=[imported("seen").Watch()], **SMALL)
    assert run.status == "stopped"


def test_a_script_that_is_edited_while_it_runs_goes_on_as_it_was(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, script = here / "script.py", ModuleType("__main__")
    file.write_text(NET.format(width=2) + WATCH.format(said="before"))
    script.__file__ = str(file)
    exec(compile(file.read_text(), str(file), "exec"), vars(script))
    monkeypatch.setitem(sys.modules, "__main__", script)

    def train() -> Path:
        return dlrun.train(model=script.Net, callbacks=[script.Watch()], **SMALL).folder

    first = train()
    file.write_text(NET.format(width=55) + WATCH.format(said="afterwards"))
    assert train() == first
    exec(compile(file.read_text(), str(file), "exec"), vars(script))
    assert train() != first, "the script was run again"


def test_a_class_that_builds_on_one_of_its_name_has_its_own_source(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = ModuleType("__main__")  # a notebook's: cells have no file
    monkeypatch.setitem(sys.modules, "__main__", script)
    codes = []
    for number, text in enumerate(("class Net:\n    def size(self): return 1\n",
                                   "class Net(Net):\n    def size(self): return 2\n")):
        file = here / f"cell{number}.py"
        file.write_text(text)
        exec(compile(text, str(file), "exec"), vars(script))
        codes.append(running_code("__main__.Net"))
    assert codes[0] != codes[1]
