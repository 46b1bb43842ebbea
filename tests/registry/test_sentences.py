"""The sentence of a kind, read from its file, is the first line of its docstring."""

from __future__ import annotations

import inspect

import pytest

from dlrun import registry
from dlrun.registry.docstrings import first_line
from dlrun.registry.index import FOLDERS, files, path_of, saying
from dlrun.registry.sentences import _sentences, sentence


@pytest.mark.parametrize(("module", "line"), [
    ("pkg", "What it is."), ("pkg.inner", "What it is."), ("pkg.inner.kind", "What it is."), ("pkg.round", ""),
    ("pkg.broken", ""), ("pkg.absent", ""), ("elsewhere", "")])
def test_a_docstring_is_followed_through_imports_without_running_any(module: str, line: str, write, folder) -> None:
    write({"pkg/__init__.py": "1 / 0\nfrom .inner import Kind\n",
           "pkg/inner/__init__.py": "from .kind import A as Kind\n",
           "pkg/inner/kind.py": "from ..round import Kind\n\nclass A:\n    \"\"\"What it is.\n\n    More.\"\"\"\n"
                                "class Kind(A):\n    \"\"\"What it is.\"\"\"\n",
           "pkg/round.py": "from pkg.round import Kind\n", "pkg/broken.py": "class Kind(:\n"})
    assert first_line(str(folder), module, "Kind") == line


@pytest.mark.parametrize("group", FOLDERS)
def test_it_is_the_docstrings_first_line_and_found_without_import(group: str) -> None:
    for name in files(group):
        doc = inspect.getdoc(registry.find(group, name))
        assert doc, f"{group} {name} has no docstring"
        assert sentence(group, name) == doc.partition("\n")[0]
        assert (group, name) in _sentences(path_of(group, name)), f"{group} {name}: `dlrun list` has to import it"


def test_what_a_task_says_of_its_targets_is_found_without_import() -> None:
    """``task=auto`` reads it from the files; the tasks themselves say the same, and no two the same."""
    said = {name: registry.find("task", name).natural for name in files("task")}
    targets = [target for target in said.values() if target]
    assert sorted(targets) == ["classes", "labels", "next_token", "number", "several", "tokens"]
    for target in targets:
        assert saying("task", "natural", target) == tuple(name for name, said_ in said.items() if said_ == target)
