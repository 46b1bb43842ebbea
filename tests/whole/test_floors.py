"""The house: rooms on floors, found by reading every import statement, those inside functions and for types included.

What is not right yet stands in the lists of exceptions below, which only shrink.
"""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import dlrun

PACKAGE = Path(dlrun.__file__).parent
FLOORS = (  # from the ground up; rooms of one line stand on the same floor and may not use each other
    ("registry",),
    ("config", "record"),
    ("data", "models"),
    ("metrics",),
    ("tasks",),
    ("engine",),
    ("assembly", "preflight", "inference", "diagnostics", "run"),  # neighbours: see BESIDE
    ("report",),
    ("sweep",),
    ("cli", "api"),
)
BESIDE = {("run", "assembly"), ("run", "preflight"), ("run", "inference"), ("run", "diagnostics"),
          ("assembly", "preflight"), ("inference", "assembly"), ("inference", "preflight"),
          ("diagnostics", "assembly"), ("diagnostics", "inference"), ("diagnostics", "preflight"),
          ("record", "config"), ("models", "data"), ("api", "cli")}
TORCH_FREE = ("registry", "config", "record", "metrics", "preflight", "report", "cli")
HEAVY = ("torch", "torchvision", "sklearn", "scipy", "matplotlib", "tensorboard")

UPWARD: set[tuple[str, str]] = set()
CIRCLES: set[str] = {
    "dlrun.cli.completion dlrun.cli.hydra_flags",
    "dlrun.record.console dlrun.record.console_folds",
}
BY_NAME: set[str] = {"dlrun.assembly.custom"}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _targets(node: ast.AST, module: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module}: a relative import"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of the package that a module imports, anywhere in its file."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        for target in _targets(node, module):
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


def test_every_room_has_a_floor():
    rooms = {room(module) for module, path in modules().items() if path.parent != PACKAGE or path.name != "__init__.py"}
    assert rooms - {""} - {"__main__"} == {name for rooms_ in FLOORS for name in rooms_}


def test_no_arrow_up():
    upward = {(module, target) for module in modules() for target in imports(module)
              if room(module) not in ("", "__main__") and not _allowed(room(module), room(target))}
    assert upward <= UPWARD


def _allowed(here: str, there: str) -> bool:
    return here == there or floor(there) < floor(here) or (here, there) in BESIDE


def test_no_circle_of_files():
    assert {" ".join(circle) for circle in circles({module: imports(module) for module in modules()})} <= CIRCLES


def test_no_circle_of_rooms():
    graph: dict[str, set[str]] = {}
    for module in modules():
        graph.setdefault(room(module), set()).update({room(target) for target in imports(module)} - {room(module)})
    assert circles({name: frozenset(targets) for name, targets in graph.items()}) == []


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


def test_circles_are_found():
    assert circles({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a"), "d": frozenset("a")}) == [
        ["a", "b", "c"]]
    assert circles({"a": frozenset("bc"), "b": frozenset("c")}) == []


def test_only_the_registry_imports_by_name():
    found = set()
    for module, path in modules().items():
        if room(module) == "registry":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in ("import_module", "__import__", "exec_module"):
                found.add(module)
    assert found <= BY_NAME


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def test_the_torch_free_rooms_import_no_torch_when_they_are_imported():
    found = set()
    for module, path in modules().items():
        if room(module) not in TORCH_FREE:
            continue
        nodes = list(ast.parse(path.read_text(encoding="utf-8")).body)
        while nodes:
            node = nodes.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_typing(node):
                continue
            found |= {(module, target) for target in _targets(node, module) if target.split(".")[0] in HEAVY}
            nodes += list(ast.iter_child_nodes(node))
    assert found == set()


CHECKED = (["model=cnn", "optimizer=adam"], ["dataset=imdb", "model=lstm"], ["dataset=boston_housing"],
           ["model=dcgan", "dataset=mnist"], ["model=vae"], ["schedule=cosine", "early_stop.patience=2"])


def test_the_check_of_a_command_loads_no_torch():
    code = (f"import sys\nfrom dlrun.preflight.preflight import examine\n"
            f"from dlrun.config.identity import identity\n"
            f"for words in {CHECKED!r}:\n"
            "    found = examine(words)\n"
            "    if found.checked is not None:\n        identity(found.checked.config)\n"
            f"print([name for name in {HEAVY!r} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
