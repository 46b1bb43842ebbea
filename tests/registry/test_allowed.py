"""Importing a user's module: from the working folder first, which then stands in for nothing else."""

from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

import pytest

from dlrun.registry import allowed
from dlrun.registry.allowed import BrokenKind, import_own


@pytest.fixture(autouse=True)
def _modules_are_forgotten():
    path, before = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_of_the_working_folders_of_a_long_process_the_latest_stays_and_it_is_last(tmp_path: Path, monkeypatch) -> None:
    before = [place for place in sys.path if place not in allowed._appended]  # an earlier test may have left one
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Path(f"module_{name}.py").write_text(f"import sys\nfirst = sys.path[0]\nneighbour = '{name}'\n")
        made = import_own(f"module_{name}", "allow=x")
        assert made.first == os.getcwd()
    assert sys.path == [*before, str(tmp_path / "two")]


def test_a_function_imports_its_neighbour_when_it_runs_and_a_file_shadows_no_other_module(write) -> None:
    write({"outer.py": "def later():\n    import inner_neighbour\n    return inner_neighbour.value\n",
           "inner_neighbour.py": "value = 7\n", "this.py": "raise SystemExit('shadowed')\n"})
    sys.modules.pop("this", None)
    assert import_own("outer", "allow=outer").later() == 7
    import this  # noqa: F401  a module of Python's that nothing has imported yet


def test_a_working_folder_that_is_on_the_path_stays_where_it_is(write, folder: Path, monkeypatch) -> None:
    write({"stands.py": "", "broken.py": "1 / 0\n"})
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder), "later"])
    before = list(sys.path)
    import_own("stands", "allow=stands")
    with pytest.raises(BrokenKind, match="broken.py, line 1"):
        import_own("broken", "allow=broken")
    assert sys.path == before


def test_what_runs_is_the_source_as_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    module = Path("changes_quickly.py")
    for text in ("1", "2"):  # one size, and one second by the file's time: bytecode of the first would pass for both
        module.write_text(f"VALUE = {text}\n", encoding="utf-8")
        os.utime(module, (1_700_000_000, 1_700_000_000))
        monkeypatch.delitem(sys.modules, "changes_quickly", raising=False)
        py_compile.compile(str(module)) if text == "1" else None
        assert import_own("changes_quickly", "allow=changes_quickly").VALUE == int(text)  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, "changes_quickly", raising=False)
