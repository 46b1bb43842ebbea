"""The source of a class or function, in a notebook too."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator
from typing import Any


def class_source(made: Any) -> str:
    """The lines that define a class or function; raises OSError where there are none (typed at a prompt, built).

    `inspect.getsource` knows no classes of a notebook, whose module has no file; their methods know their cell.

    >>> class_source(class_source).startswith("def class_source(made: Any) -> str:")
    True
    """
    try:
        return inspect.getsource(made)
    except (OSError, TypeError):
        pass
    for file in _files(made):
        text = "".join(linecache.getlines(file))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == made.__name__:
                return ast.get_source_segment(text, node) or ""
    raise OSError(f"the source of {made.__qualname__} cannot be read")


def _files(made: Any) -> Iterator[str]:
    """The files (or cells) in which the functions of a class stand; of a copy of it also those of the original."""
    same = [kind for kind in getattr(made, "__mro__", (made,)) if kind.__qualname__ == made.__qualname__]
    for member in [made, *(value for kind in same for value in vars(kind).values())]:
        code = getattr(member, "__code__", None)
        if code is not None:
            yield code.co_filename
