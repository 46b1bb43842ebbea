"""Kinds from outside: installed packages by their entry points, modules that a command allows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dlrun import registry
from dlrun.cli.main import main
from dlrun.config.compose.catalog import sentences
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS
from dlrun.config.schema.sweeps import Sweep
from dlrun.preflight.preflight import preflight
from dlrun.registry import allowed, installed, lookup
from dlrun.registry.index import FOLDERS, files
from dlrun.sweep.request import cli_overrides

OPTIMIZER = '''"""An optimizer of its own."""
from dataclasses import dataclass
from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Optimizer
from dlrun.registry import register

{register}
@dataclass(frozen=True)
class Sign(Optimizer):
    """Moves against the sign of the gradient."""

    kind = "{name}"
    power: float = number(1.0, "Power.", low=0)
'''
OVERRIDES = ("dataset=digits", "model=dense")


@pytest.fixture
def outside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A folder on the path, as site-packages is: ``outside("lion", "1.2", entries, {"lion_kind.py": source})``."""
    site = folder / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(allowed, "_patterns", [])
    before = set(sys.modules)

    def install(package: str, version: str, entries: dict[str, str], files: dict[str, str]) -> None:
        info = site / f"{package}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        lines = [f"{key} = {value}" for key, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[console_scripts]", "x = y:z", "", "[dlrun.kinds]", *lines]))
        for name, text in files.items():
            (site / name).write_text(text)
        installed.entry_points.cache_clear()

    yield install
    for key in [key for key, kind in lookup._registered.items() if str(folder) in _file(kind)]:
        del lookup._registered[key]
    installed.entry_points.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def _file(kind: type) -> str:
    return str(getattr(sys.modules.get(kind.__module__), "__file__", ""))


def refusal(*overrides: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        preflight(overrides)
    return [(problem.given, problem.expected) for problem in caught.value.problems]


def test_a_package_is_known_by_its_metadata_and_imported_when_a_kind_of_it_is_chosen(outside) -> None:
    outside("signed", "1.2", {"optimizer.sign": "signed_kind:Sign"},
            {"signed_kind.py": OPTIMIZER.format(name="sign", register="")})
    assert "sign" in registry.names("optimizer")
    assert sentences("optimizer")["sign"] == "Moves against the sign of the gradient. (signed 1.2)"
    preflight([*OVERRIDES, "optimizer=adam"])
    assert "signed_kind" not in sys.modules
    config = preflight([*OVERRIDES, "optimizer=sign", "optimizer.power=2"]).config
    assert (config.optimizer.kind, config.optimizer.power) == ("sign", 2.0)
    assert refusal(*OVERRIDES, "optimizer=sign", "optimizer.power=-1") == [
        ("optimizer.power=-1", "expected a number >= 0 (optimizer sign, default 1)")]


def test_a_broken_package_stops_nothing_else(outside) -> None:
    outside("broken", "0.1", {"optimizer.bad": "bad_kind:Bad", "optimizer.gone": "gone_kind:Bad",
                              "optimizer.none": "fine_kind:Absent"}, {"bad_kind.py": "1 / 0\n", "fine_kind.py": ""})
    preflight([*OVERRIDES, "optimizer=adam"])
    assert sentences("optimizer")["bad"] == "(of the package broken 0.1)"
    (given, expected), = refusal(*OVERRIDES, "optimizer=bad")
    assert given == "optimizer=bad"
    assert expected == ("the package broken 0.1: importing bad_kind failed: ZeroDivisionError: division by zero "
                        "(bad_kind.py, line 1)")
    assert "there is no module gone_kind" in refusal(*OVERRIDES, "optimizer=gone")[0][1]
    assert "fine_kind has no Absent" in refusal(*OVERRIDES, "optimizer=none")[0][1]


ASKED = {  # how a kind of each group is chosen
    **{group: (*OVERRIDES, f"{group}={{}}") for group in GROUPS},
    "layer": ("dataset=digits", "model=sequential", "model.layers=[{{{}: 1}}, flatten, {{dense: out}}]"),
    "base": ("dataset=digits", "model=pretrained", "model.base={}"),
    "metric": (*OVERRIDES, "task.metrics=[{}]"), "callback": (*OVERRIDES, "callbacks=[{}]"),
    "recorder": (*OVERRIDES, "record=[{}]"),
    "launcher": ("-m", *OVERRIDES, "seed=0,1", "launcher={}"), "verb": ("{}", "x"),
    "method": ("inspect", "run", "{}"),
}
REASONS = {
    "bad": "the package broken 0.1: importing bad_kind failed: ZeroDivisionError: division by zero (bad_kind.py, "
           "line 1)",
    "ends": "the package broken 0.1: importing ending_kind failed: SystemExit: 3 (ending_kind.py, line 1)",
    "gone": "the package broken 0.1: there is no module gone_kind",
    "number": "the package broken 0.1: fine_kind:NUMBER: expected a",
    "twice": "several packages offer this name: broken 0.1, other 3",
}


def answer(group: str, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command that chooses a kind says; it is refused."""
    code = main([word.format(name) if "{}" in word else word for word in ASKED[group]])
    err = " ".join(capsys.readouterr().err.split())
    assert code == 2 and f"={name}" in err and "Traceback" not in err, err
    return err


@pytest.mark.parametrize("group", FOLDERS)
def test_in_every_group_what_is_broken_or_taken_is_a_sentence_and_stops_nothing_else(
        group: str, outside, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    own = next(iter(files(group)), "none")
    outside("broken", "0.1", {f"{group}.bad": "bad_kind:Bad", f"{group}.gone": "gone_kind:Bad",
                              f"{group}.ends": "ending_kind:Bad", f"{group}.number": "fine_kind:NUMBER",
                              f"{group}.{own}": "bad_kind:Bad", f"{group}.twice": "bad_kind:Bad"},
            {"bad_kind.py": "1 / 0\n", "ending_kind.py": "raise SystemExit(3)\n", "fine_kind.py": "NUMBER = 5\n"})
    outside("other", "3", {f"{group}.twice": "bad_kind:Bad"}, {})
    listed = replace(rules(Sweep)["launcher"], choices=registry.names("launcher"))  # as a new process has it
    monkeypatch.setattr(cli_overrides, "rules", lambda of: {**rules(of), "launcher": listed})
    for name, reason in REASONS.items():
        assert reason in answer(group, name, capsys), name
    preflight([*OVERRIDES])
    assert main(["list", f"{group}s"]) == 0 or group == "verb"
    assert own == "none" or registry.find(group, own).__module__.startswith("dlrun.")
    assert len(registry.conflicts()) == (1 if own == "none" else 2)


def test_a_name_that_is_taken_is_refused(outside) -> None:
    outside("one", "1", {"optimizer.sign": "one_kind:Sign", "optimizer.adam": "one_kind:Sign"},
            {"one_kind.py": OPTIMIZER.format(name="sign", register="")})
    outside("two", "2", {"optimizer.sign": "two_kind:Sign"}, {})
    assert preflight([*OVERRIDES, "optimizer=adam"]).config.optimizer.__class__.__module__.startswith("dlrun.")
    (given, expected), = refusal(*OVERRIDES, "optimizer=sign")
    assert given == "optimizer=sign" and "one 1" in expected and "two 2" in expected
    assert len(registry.conflicts()) == 2


def test_a_module_that_is_allowed_makes_its_names_known(outside, folder: Path) -> None:
    (folder / "mine_a.py").write_text(OPTIMIZER.format(name="sign", register='@register("optimizer", "sign")'))
    assert "no such optimizer" in refusal(*OVERRIDES, "optimizer=sign")[0][1]
    preflight([*OVERRIDES, "optimizer=adam", "allow=mine_a"])
    assert "mine_a" not in sys.modules  # nothing has asked for it
    assert preflight([*OVERRIDES, "optimizer=sign", "allow=[mine_a]"]).config.optimizer.kind == "sign"


def test_a_name_of_dlruns_own_cannot_be_registered_again(outside, folder: Path) -> None:
    (folder / "mine_b.py").write_text(OPTIMIZER.format(name="adam", register='@register("optimizer", "adam")'))
    (given, expected), = refusal(*OVERRIDES, "optimizer=adamm", "allow=mine_b")
    assert given == "allow=mine_b" and "optimizer=adam is dlrun's own already" in expected


@pytest.mark.parametrize(("module", "pattern", "answer"), [
    ("pkg", "pkg", True), ("pkg.nets", "pkg", False), ("pkg.nets", "pkg.*", True), ("pkg", "pkg.*", True),
    ("pkgs", "pkg.*", False), ("pkg", "pkg.nets", False),
])
def test_allow_means_the_module_exactly_or_all_below_it(module: str, pattern: str, answer: bool) -> None:
    assert registry.is_allowed(module, [pattern]) is answer


def test_an_optimizer_by_its_target(outside, folder: Path) -> None:
    (folder / "configs" / "optimizer").mkdir(parents=True)
    (folder / "configs" / "optimizer" / "own.yaml").write_text("# Own.\n_target_: mine_c.Step\nlr: 0.1\nbeta: 3\n")
    (folder / "mine_c.py").write_text("class Step: ...\n")
    assert refusal(*OVERRIDES, "optimizer=own") == [
        ("optimizer._target_=mine_c.Step", "its code would run; allow it by  allow=mine_c  on the command line")]
    own = ["optimizer=own", "allow=mine_c", "optimizer.lr=0.2", "optimizer.clip_norm=1"]
    config = preflight([*OVERRIDES, *own]).config
    assert (config.optimizer.lr, config.optimizer.clip_norm, config.optimizer.args) == (0.2, 1.0, {"beta": 3})
    assert "mine_c" not in sys.modules  # checked without running it
