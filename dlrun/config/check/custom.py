"""A user's own class, by `_target_` in a YAML of theirs: found without importing it, and only if allowed.

`allow=module` has to stand on the command line: a configuration cannot allow itself.  Each group that has a kind named
`custom` is open to such classes; that kind says which keys it has besides the arguments of the class.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlrun.config.content import content_hash
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import OF_TARGET, TARGET, is_open, open_schema
from dlrun.config.schema.quoting import Origin
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.root import GROUPS
from dlrun.registry.edited import stale
from dlrun.registry.sources import file_identity, module_file, running_code


def read_custom(group: str, mapping: dict[str, Any], problems: list[Problem], origin: Origin) -> Any:
    """The kind that a mapping with `_target_` means; None, with a problem, for a class that cannot be found."""
    target = mapping.get(TARGET)
    given, where = f"{group}.{TARGET}={target}", origin(f"{group}.{TARGET}")
    code, reason = _code(group, target)
    if not code:
        place, _, rest = reason.partition("\0")  # a file that cannot be read is named itself
        problems.append(Problem(place if rest else given, rest or reason, where))
        return None
    schema = open_schema(group)
    make: Callable[..., Any] = schema
    keys = {key: rule for key, rule in rules(schema).items() if key not in OF_TARGET}
    typed = {key: value for key, value in mapping.items() if key in keys}
    args = {key: value for key, value in mapping.items() if key not in (TARGET, "kind", *keys)}
    if not schema.takes_args:
        args = {**(args.pop("args", None) or {}), **args}
    if "name" in keys:  # a schedule has none
        typed = {"name": str(target).rpartition(".")[2], **typed}
    values = read_values(keys, typed, group, problems, origin, owner=f"{group} {target}")
    return make(**values, target=target, args=args, source=code)


def no_class_here(group: str) -> str:
    """Why a group takes no user's class by its place, and how one is chosen there."""
    classes = f"only {', '.join(name for name in GROUPS if is_open(name))} takes a class of your own"
    if group == "early_stop":  # its settings are no kind
        return classes
    return f"{classes}; one for {group} is registered, and chosen by its name:  {group}=NAME allow=MODULE"


def _code(group: str, target: Any) -> tuple[str, str]:
    """What identifies the code of the class, or an empty text and the reason."""
    running = running_code(str(target)) if is_open(group) else None
    if running is not None:
        return running, ""
    file, reason = _find(group, target)
    reason = reason or stale(str(target).rpartition(".")[0])
    return "" if reason or file is None else file_identity(file, content_hash), reason


def _find(group: str, target: Any) -> tuple[Path | None, str]:
    """The file that defines the class, or None and the reason."""
    if not is_open(group):
        return None, no_class_here(group)
    if not isinstance(target, str) or "." not in target:
        return None, "expected module.Class"
    module, _, name = target.rpartition(".")
    file = module_file(module)
    if file is None:
        return None, f"no module {module} is found here or on PYTHONPATH"
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        return None, f"{file.name}{line}\0not readable as Python: {getattr(error, 'msg', error)}"
    defined = [node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    imported = [alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom)
                for alias in node.names]
    if name not in defined and not (file.name == "__init__.py" and name in imported):
        return None, f"{file.name} defines no {name}{did_you_mean(name, defined)}"
    return file, ""
