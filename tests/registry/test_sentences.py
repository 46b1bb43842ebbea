"""The sentence of a kind, read from its file, is the first line of its docstring."""

from __future__ import annotations

import inspect

import pytest

from dlrun import registry
from dlrun.registry.index import FOLDERS, files, path_of
from dlrun.registry.sentences import _sentences


@pytest.mark.parametrize("group", FOLDERS)
def test_it_is_the_docstrings_first_line_and_found_without_import(group: str) -> None:
    for name in files(group):
        doc = inspect.getdoc(registry.find(group, name))
        assert doc, f"{group} {name} has no docstring"
        assert registry.sentence(group, name) == doc.partition("\n")[0]
        assert (group, name) in _sentences(path_of(group, name)), f"{group} {name}: `dlrun list` has to import it"
