"""The first line of a docstring, read from a file: what is asked of code that must not run for it."""

from __future__ import annotations

import ast
from pathlib import Path

_FAR = 4  # modules that a name is followed through, from where it is offered to where it is defined


def first_line(place: str, module: str, name: str, far: int = _FAR) -> str:
    """The docstring's first line of a class or function of a module below the folder `place`; empty if there is none.

    A name that the module imports from another one there is looked up in that.

    >>> first_line(str(Path(__file__).parents[2]), "dlrun.registry", "find")
    'The kind of this name; its file is imported when it is first asked for.  Raises UnknownKind, BrokenKind.'
    """
    file = _file(place, module)
    if file is None or not far:
        return ""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ""
    for node in reversed(tree.body):  # the last one counts, as when it runs
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0].strip()
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return first_line(place, _absolute(node, module, file), alias.name, far - 1)
    return ""


def _file(place: str, module: str) -> Path | None:
    stem = Path(place).joinpath(*module.split("."))
    return next((file for file in (stem / "__init__.py", stem.with_suffix(".py")) if file.is_file()), None)


def _absolute(node: ast.ImportFrom, module: str, file: Path) -> str:
    """The module that ``from ...x import`` means."""
    if not node.level:
        return node.module or ""
    parts = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*parts[:len(parts) - node.level + 1], *([node.module] if node.module else [])])
