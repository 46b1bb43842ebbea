"""Every public class, function and method has a docstring, but for overrides of what has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.helpers.house import modules, targets, tree

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
OUTSIDE = {  # members that classes of Python and of packages document
    "torch.nn.Module": ("forward", "train", "extra_repr"), "torch.autograd.Function": ("forward", "backward"),
    "torch.nn.Sequential": ("forward",), "torch.nn.ModuleDict": ("forward",), "torch.nn.Linear": ("forward",),
    "torch.nn.Embedding": ("forward",), "torch.optim.Optimizer": ("step",), "pickle.Unpickler": ("find_class",),
    "importlib.machinery.SourceFileLoader": ("get_code",),
    "hydra.plugins.config_source.ConfigSource": ("scheme", "load_config", "available", "is_group", "is_config", "list"),
    "optuna.storages.journal.BaseJournalBackend": ("read_logs", "append_logs"),
}
_SEE = re.compile(r"See `([\w.]+)`")  # of a protocol whose members are documented where they are


class Defined:
    """A class of the package as it is written: its members, and the classes it names as its bases."""

    def __init__(self, module: str, node: ast.ClassDef, imported: dict[str, str]):
        self.name, self.node = f"{module}.{node.name}", node
        self.members = {member.name: member for member in node.body if isinstance(member, _FUNCTIONS)}
        self.bases = [_qualified(base, module, imported) for base in node.bases]
        see = _SEE.search(ast.get_docstring(node) or "")
        self.see = see.group(1) if see else ""
        self.fields = {field.target.id for field in node.body
                       if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)}

    @property
    def is_protocol(self) -> bool:
        return any(base.endswith("Protocol") for base in self.bases)


def _qualified(base: ast.expr, module: str, imported: dict[str, str]) -> str:
    written = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
    first, _, rest = written.partition(".")
    return ".".join(filter(None, [imported.get(first, f"{module}.{first}"), rest]))


def _imported(written: ast.Module, module: str) -> dict[str, str]:
    """What a name at the module's level stands for, where it was imported."""
    found: dict[str, str] = {}
    for node in written.body:  # no base of a class is imported elsewhere
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias, target in zip(node.names, targets(node, module)):
                whole = isinstance(node, ast.ImportFrom) or alias.asname
                found[alias.asname or alias.name.partition(".")[0]] = target if whole else target.partition(".")[0]
    return found


@cache
def _classes() -> dict[str, Defined]:
    found = {}
    for module in modules():
        imported = _imported(tree(module), module)
        for node in tree(module).body:
            if isinstance(node, ast.ClassDef):
                found[f"{module}.{node.name}"] = Defined(module, node, imported)
    return found


@cache
def _protocols() -> list[Defined]:
    return [defined for defined in _classes().values() if defined.is_protocol]


@cache
def _all_members(name: str) -> frozenset[str]:
    """The methods and fields of a class of the package and of its bases there."""
    defined = _classes().get(name)
    if defined is None:
        return frozenset()
    return frozenset({*defined.members, *defined.fields}.union(*map(_all_members, defined.bases)))


@cache
def _says(name: str, member: str) -> bool:
    """Whether a class, or a base of it, says what a member is: by a docstring, or as a field (with a comment or rule).
    """
    defined = _classes().get(name)
    if defined is None:
        return member in OUTSIDE.get(name, ())
    if member in defined.fields or member in defined.members and ast.get_docstring(defined.members[member]):
        return True
    return _inherits(defined, member)


def _inherits(defined: Defined, member: str) -> bool:
    """Whether a base says it, the class that a protocol refers to, or a protocol (of two members or more) that is kept.
    """
    if any(_says(base, member) for base in [*defined.bases, *filter(None, [defined.see])]):
        return True
    return any(len(protocol.members) > 1 and {*protocol.members, *protocol.fields} <= _all_members(defined.name)
               and ast.get_docstring(protocol.members[member])
               for protocol in _protocols() if member in protocol.members and protocol is not defined)


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node


def _is_setter(member: ast.stmt) -> bool:
    marks = member.decorator_list if isinstance(member, _FUNCTIONS) else []
    return any(isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in marks)


def silent() -> set[str]:
    """All that says nothing."""
    found = set()
    for module in modules():
        for node in _public(tree(module).body):
            if not ast.get_docstring(node):
                found.add(f"{module}.{node.name}")
            if isinstance(node, ast.ClassDef):
                defined = _classes()[f"{module}.{node.name}"]
                found |= {f"{defined.name}.{member.name}" for member in _public(node.body)
                          if not ast.get_docstring(member) and not _is_setter(member)
                          and not _inherits(defined, member.name)}
    return found


def test_what_is_public_says_what_it_is_for() -> None:
    assert silent() == set()


def test_an_override_of_what_is_documented_need_not_and_another_must() -> None:
    assert _inherits(_classes()["dlrun.models.layers.dense.Dense"], "output")
    assert _inherits(_classes()["dlrun.models.composite.Autoencoder"], "forward")  # of torch
    assert not _inherits(_classes()["dlrun.models.composite.Autoencoder"], "decode")
