"""From the texts behind `dlrun inspect RUN` to a method with its options, and the user's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun import registry
from dlrun.cli.parse import as_yaml
from dlrun.config.problem import ConfigError, Problem, did_you_mean, problem
from dlrun.config.schema.reader import read_value

if TYPE_CHECKING:
    from dlrun.inspection.methods._base import Method

GROUP = "method"


def method_of(texts: Sequence[str]) -> tuple[Method, list[str]]:
    """The method that the first text names, with its options, and the other texts: names of files.

    Raises ConfigError for all that is wrong.
    """
    from dlrun.inspection.methods._base import options

    known = registry.names(GROUP)
    if not texts:
        raise problem("inspect", f"expected a method behind the run: {', '.join(known)}")
    name, *rest = texts
    if not registry.is_known(GROUP, name):
        raise problem(name, f"no such method{did_you_mean(name, known)}; there are {', '.join(known)}")
    kind = registry.find(GROUP, name)
    rules, problems = options(kind), list[Problem]()
    given: dict[str, list[str]] = {}
    files = []
    for text in rest:
        key, equals, value = text.partition("=")
        if key in rules and equals:
            given.setdefault(key, []).append(value)
        elif equals and not Path(text).exists():
            near = did_you_mean(key, rules)
            problems.append(Problem(text, f"no such option of  dlrun inspect RUN {name}{near}; there are "
                                          f"{', '.join(rules) or 'none'}"))
        else:
            files.append(text)
    fields = {key: field for field in kind.__dataclass_fields__ for key in [field.rstrip("_")]}
    values = {fields[key]: read_value(rules[key], as_yaml(rules[key], texts), key, problems, owner=name)
              for key, texts in given.items()}
    if problems:
        raise ConfigError(problems)
    made: Method = kind(**values)
    return made, files


def option_rows(name: str) -> list[tuple[str, str]]:
    """(what is typed, what it means) of each option of a method."""
    from dlrun.cli.verb_help import typed_and_meaning
    from dlrun.inspection.methods._base import options

    return [typed_and_meaning(key, rule) for key, rule in options(registry.find(GROUP, name)).items()]
