"""The examples in docstrings are true, in every module that has one."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from dlrun.registry import lookup

ROOT = Path(__file__).parents[2]


def modules() -> list[str]:
    """The modules of dlrun with an example, found by their text."""
    files = (file for file in sorted((ROOT / "dlrun").rglob("*.py")) if ">>> " in file.read_text(encoding="utf-8"))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]


@pytest.mark.parametrize("name", modules())
def test_a_docstrings_examples_are_true(name: str, folder: Path) -> None:
    module = import_module(name)
    found = doctest.testmod(module)
    assert not found.failed
    assert found.attempted or "+SKIP" in Path(str(module.__file__)).read_text(encoding="utf-8")


def test_examples_leave_no_kinds_behind() -> None:
    """The fixture that all tests have forgets what a test has registered, an example's kinds too."""
    assert "worst_error" not in {name for _, name in lookup._registered}
    assert "always_one" not in {name for _, name in lookup._registered}
