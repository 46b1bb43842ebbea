"""The house: rooms on floors, found by reading every import statement, lazy ones and those for types included."""

import ast
import subprocess
import sys
from functools import cache

from tests.helpers import draw_house
from tests.helpers.house import BESIDE, FLOORS, PACKAGE, allowed, circles, imports, modules, room, targets

TORCH_FREE = ("registry", "config", "record", "metrics", "preflight", "baselines", "report", "cli")
HEAVY = ("torch", "torchvision", "sklearn", "scipy", "matplotlib", "tensorboard")


@cache
def _names(module: str) -> set[str]:
    """What a module of the package defines or imports at its level, in any branch of it."""
    found = set()
    nodes = list(ast.parse(modules()[module].read_text(encoding="utf-8")).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            found |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            nodes += [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt) and inner is not node]
    return found


def test_every_room_has_a_floor():
    rooms = {room(module) for module, path in modules().items() if path.parent != PACKAGE or path.name != "__init__.py"}
    assert rooms - {""} - {"__main__"} == {name for rooms_ in FLOORS for name in rooms_}


def test_no_arrow_up():
    upward = {(module, target) for module in modules() for target in imports(module)
              if room(module) not in ("", "__main__") and not allowed(room(module), room(target))}
    assert upward == set()


def test_neighbours_may_use_only_whom_they_use():
    found = {(room(module), room(target)) for module in modules() for target in imports(module)}
    assert BESIDE <= found


def test_no_circle_of_files():
    assert circles({module: imports(module) for module in modules()}) == []


def test_no_circle_of_rooms():
    graph: dict[str, set[str]] = {}
    for module in modules():
        graph.setdefault(room(module), set()).update({room(target) for target in imports(module)} - {room(module)})
    assert circles({name: frozenset(targets) for name, targets in graph.items()}) == []


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
    assert found == set()


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
            found |= {(module, target) for target in targets(node, module) if target.split(".")[0] in HEAVY}
            nodes += list(ast.iter_child_nodes(node))
    assert found == set()


CHECKED = (["model=cnn", "optimizer=adam"], ["dataset=imdb", "model=lstm"], ["dataset=boston_housing"],
           ["model=dcgan", "dataset=mnist"], ["model=vae"], ["schedule=cosine", "early_stop.patience=2"])


def test_the_check_of_a_command_loads_no_torch():
    code = (f"import sys\nfrom dlrun.preflight.preflight import examine\n"
            f"from dlrun.config.identity import identity\n"
            f"for overrides in {CHECKED!r}:\n"
            "    found = examine(overrides)\n"
            "    if found.checked is not None:\n        identity(found.checked.config)\n"
            f"print([name for name in {HEAVY!r} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_picture_of_the_floors_is_that_of_the_code():
    assert draw_house.FILE.read_text(encoding="utf-8") == draw_house.draw(), "python -m tests.helpers.draw_house"


def test_every_import_of_the_package_is_of_something_that_is_there():
    """Those inside functions and for types too, which no start of the program reaches."""
    gone = set()
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target in targets(node, module):
                place, _, name = target.rpartition(".")
                if target.partition(".")[0] != "dlrun" or target in modules():
                    continue
                if place not in modules() or name not in _names(place):
                    gone.add(f"{module} imports {target}")
    assert not gone
