"""A user's own class, by `_target_` in a YAML of theirs: found without importing it, and only if allowed.

`allow=[module]` has to stand on the command line: a configuration cannot allow itself.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS, Custom
from dlrun.config.schema.quoting import Origin
from dlrun.config.schema.reader import read_values

GROUPS_OPEN = ("model", "dataset")  # groups in which a class of the user's can stand


def read_custom(group: str, mapping: dict[str, Any], problems: list[Problem], origin: Origin) -> Any:
    """The Custom that a mapping with `_target_` means; problems for a class that cannot be found."""
    target = mapping.get("_target_")
    said, where = f"{group}._target_={target}", origin(f"{group}._target_")
    if group not in GROUPS_OPEN:
        problems.append(Problem(said, f"only {', '.join(GROUPS_OPEN)} may be a class of your own", where))
        return None
    if not isinstance(target, str) or "." not in target:
        problems.append(Problem(said, "expected module.Class", where))
        return None
    module, _, name = target.rpartition(".")
    file = _source(module)
    if file is None:
        problems.append(Problem(said, f"no module {module} is found here or on PYTHONPATH", where))
        return None
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        problems.append(Problem(f"{file.name}{line}", f"not readable as Python: {getattr(error, 'msg', error)}", where))
        return None
    classes = [node.name for node in tree.body
               if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    if name not in classes:
        problems.append(Problem(said, f"{file.name} defines no {name}{did_you_mean(name, classes)}", where))
        return None
    args = {key: value for key, value in mapping.items() if key not in ("_target_", "name", "kind")}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if "custom" in KINDS[group]:  # a kind that takes the class, and has options of its own beside its arguments
        own = KINDS[group]["custom"]
        values = {key: args.pop(key) for key in rules(own) if key in args}
        values.update(name=str(mapping.get("name", name)), target=target, args=args, source=digest)
        return own(**read_values(own, values, group, problems, origin, owner=f"{group} {name}"))
    return Custom(name=str(mapping.get("name", name)), target=target, args=args, source=digest)


def _source(module: str) -> Path | None:
    """The file of a module, found without running it (the working folder is looked at too)."""
    parts = module.split(".")
    for folder in [Path.cwd(), *map(Path, sys.path)]:
        for file in (folder.joinpath(*parts).with_suffix(".py"), folder.joinpath(*parts, "__init__.py")):
            if file.is_file():
                return file
    if len(parts) == 1:
        spec = importlib.util.find_spec(module) if module in sys.builtin_module_names else None
        return Path(spec.origin) if spec and spec.origin and Path(spec.origin).is_file() else None
    return None
