"""The rooms of the package, their floors, and who imports whom: every import statement counts, wherever it stands."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import dlrun

PACKAGE = Path(dlrun.__file__).parent
FLOORS = (  # from the ground up; of the rooms on one floor those use each other that stand in BESIDE
    ("registry",),
    ("config", "record"),
    ("data", "models"),
    ("metrics",),
    ("tasks",),
    ("engine",),
    ("assembly", "preflight", "inference", "diagnostics", "run", "baselines", "inspection"),
    ("report",),
    ("sweep",),
    ("cli", "api"),
)
BESIDE = {("run", "assembly"), ("run", "preflight"), ("run", "inference"), ("run", "diagnostics"),
          ("inspection", "inference"), ("assembly", "preflight"),
          ("inference", "assembly"), ("inference", "preflight"),
          ("diagnostics", "assembly"), ("diagnostics", "preflight"), ("record", "config"), ("models", "data")}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    """A module as it is written; parsed once for all tests."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def targets(node: ast.AST, module: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module}: a relative import"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of the package that a module imports, anywhere in its file."""
    found = set()
    for node in ast.walk(tree(module)):
        for target in targets(node, module):
            while target and target not in modules():
                target = target.rpartition(".")[0]
            if target and target != module and target != "dlrun":
                found.add(target)
    return frozenset(found)


def room(module: str) -> str:
    """``dlrun.config.check`` stands in ``config``; the package's own modules stand in none."""
    return module.split(".")[1] if module.count(".") else ""


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def allowed(here: str, there: str) -> bool:
    return here == there or floor(there) < floor(here) or (here, there) in BESIDE


def circles(graph: dict[str, frozenset[str]]) -> list[list[str]]:
    """The strongly connected sets of more than one node (Tarjan 1972), each in alphabetical order.

    >>> circles({"a": frozenset("b"), "b": frozenset("a"), "c": frozenset("a")})
    [['a', 'b']]
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in number:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], number[target])
        if low[node] == number[node]:
            place = stack.index(node)
            if len(stack) - place > 1:
                found.append(sorted(stack[place:]))
            del stack[place:]

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return sorted(found)
