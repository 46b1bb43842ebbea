"""The Python API as a page: what `import dlrun` offers, by signatures and docstrings."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator

import dlrun
from dlrun.api import kinds

HEAD = """# Python

`import dlrun` loads nothing heavy; torch comes with the first training. A run that Python starts is the run of the same
command: one folder, one id, one resume. [The tour](../tour.md) shows all of it at work; the examples below, where a
docstring has one, are run by a test.
"""


def page() -> str:
    """Markdown of the public names, in the order of the alphabet."""
    parts = [HEAD]
    for name in sorted(dlrun.__all__):
        parts += _named(f"dlrun.{name}", getattr(dlrun, name))
    parts += ["## dlrun.api.kinds", "", _doc(kinds), ""]
    parts += [f"`{name}`" for name in [", ".join(sorted(kinds.__all__))] if name]
    return "\n".join(parts).rstrip() + "\n"


def _named(name: str, thing: object) -> Iterator[str]:
    yield f"## {name}\n"
    if inspect.isclass(thing) or inspect.isroutine(thing):
        yield f"```python\n{name}{_signature(thing)}\n```\n"
    yield _doc(thing) + "\n"
    if inspect.isclass(thing):
        for member, value in inspect.getmembers(thing):
            if member.startswith("_") or not (inspect.getdoc(value) and member in _own(thing)):
                continue
            shown = "" if isinstance(inspect.getattr_static(thing, member), property) else _signature(value)
            yield f"### {name.rpartition('.')[2]}.{member}{' ' if not shown else ''}\n"
            yield f"```python\n{member}{shown}\n```\n" if shown else ""
            yield _doc(value) + "\n"


def _own(thing: type) -> set[str]:
    """Members that dlrun's own classes define."""
    return {name for base in thing.__mro__ if base.__module__.startswith("dlrun") for name in vars(base)}


def _signature(thing: object) -> str:
    try:
        return str(inspect.signature(thing)).replace("'", "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


def _doc(thing: object) -> str:
    """A docstring as Markdown: its sentences, its examples as code."""
    parts = []
    for part in (inspect.getdoc(thing) or "").split("\n\n"):
        if part.lstrip().startswith((">>>", "    ")) or part.startswith(" "):
            part = part.replace("  # doctest: +SKIP", "")
            parts.append(f"```python\n{textwrap.dedent(part)}\n```")
        else:
            parts.append(part)
    return "\n\n".join(parts)
