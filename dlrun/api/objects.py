"""Objects of Python where overrides do not reach: a class as the model, arrays as data, metrics and callbacks."""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.api.told import told
from dlrun.config.problem import problem
from dlrun.config.schema.groups import TARGET
from dlrun.registry import register
from dlrun.registry.class_source import class_source
from dlrun.registry.sources import COPIED, module_file

_OUT = "put it into a module of its own (a file), or define it at the top of a cell"


@dataclass
class Objects:
    """What keywords of a call mean: overrides, mappings that take a group's place, modules that are allowed.

    `held` names what only this process has: the workers of a sweep would not.
    """

    overrides: list[str] = field(default_factory=list)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    allow: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


def read_objects(keys: dict[str, Any]) -> Objects:
    """Take the keywords that are objects out of `keys`; the rest are overrides.

    ``model`` (a class, with ``model_args``), ``data`` (with ``target``, ``group``, ``order``, ``in_memory``, ``test``
    and a ``validation`` that is data), ``metrics`` and ``callbacks``.  Raises ConfigError for what cannot be
    identified by its source or content.
    """
    found = Objects()
    if keys.get("model") is not None and not isinstance(keys["model"], (str, Mapping)):
        target = _target(keys.pop("model"), "model", found)
        found.groups["model"] = {TARGET: target, **(keys.pop("model_args", None) or {})}
    elif "model_args" in keys:
        raise problem("model_args", "they belong to a class as the model; expected model=MyClass")
    if keys.get("data") is not None:
        _data(keys, found)
    elif "in_memory" in keys:
        raise problem(f"in_memory={keys['in_memory']}", "it belongs to data of a program's own; expected data=...")
    for key, group, override in (("metrics", "metric", "task.metrics"), ("callbacks", "callback", "callbacks")):
        if keys.get(key) is not None:
            names = [_name(each, key, group, found) for each in _several(keys.pop(key))]
            found.overrides.append(f"{override}=[{','.join(names)}]")
    if found.allow:
        given = keys.pop("allow", [])
        keys["allow"] = list(dict.fromkeys([*([given] if isinstance(given, str) else given), *found.allow]))
    return found


def _data(keys: dict[str, Any], found: Objects) -> None:
    from dlrun.data.formats.frames import is_frame
    from dlrun.data.formats.objects import is_dataset
    from dlrun.data.sets.memory import hold, is_shared

    if "dataset" in keys:
        raise problem("dataset", "expected data or dataset, not both")
    validation = keys.get("validation")
    rows = is_dataset(validation) or is_frame(validation) or bool(getattr(validation, "ndim", 0)) or (
        isinstance(validation, (tuple, Mapping)) and not _is_rule(validation))
    parts = keys.pop("validation") if rows else None
    in_memory = keys.pop("in_memory", "auto")
    if not (in_memory == "auto" or isinstance(in_memory, bool)):
        raise problem(f"in_memory={in_memory!r}", 'expected "auto", True or False')
    group, order = keys.pop("group", None), keys.pop("order", None)
    content = hold(keys.pop("data"), target=keys.pop("target", None), test=keys.pop("test", None), validation=parts,
                   in_memory=in_memory, group=group, order=order)
    found.overrides += ["dataset=memory", f"dataset.content={content}"]
    for key, value in (("group", group), ("order", order)):
        if value is not None:
            found.overrides.append(f"dataset.{key}={json.dumps(value if isinstance(value, str) else key)}")
    if not is_shared(content):
        found.held.append("data")


def _is_rule(validation: Any) -> bool:
    """``{"kind": "kfold", "k": 4}`` says how rows are chosen; other mappings, and pairs, are rows."""
    return isinstance(validation, Mapping) and bool({"kind", "size", "take", "stratify", "k"} & set(validation))


def _several(values: Any) -> Sequence[Any]:
    return values if isinstance(values, (list, tuple)) else [values]


def _target(made: Any, key: str, found: Objects) -> str:
    """``module.Class`` of a class or function at the top of its module, which is allowed by being passed."""
    name, module = getattr(made, "__qualname__", ""), getattr(made, "__module__", "")
    if not callable(made) or not name:
        raise problem(f"{key}={type(made).__name__}", "expected a class or function that makes it, not an object: it "
                                                      "is made again for each training, from the seed")
    if "." in name:
        raise problem(f"{key}={name}", f"it is defined inside another function or class; {_OUT}")
    if module_file(module) is None:
        _check_source(made, f"{key}={name}")
        found.held.append(name)
    found.allow.append(module)
    return f"{module}.{name}"


def _check_source(made: Any, given: str) -> None:
    try:
        class_source(made)
    except OSError:
        raise problem(given, f"its source cannot be read, so that a run could not be identified; {_OUT}") from None


def _name(each: Any, key: str, group: str, found: Objects) -> str:
    """The name that a metric or callback is chosen by; objects and classes are registered under one."""
    if isinstance(each, str):
        return each
    kind = _current(each) if inspect.isclass(each) else _copying(each, key)
    state = {} if inspect.isclass(each) else vars(each)
    if module_file(kind.__module__) is None:
        _check_source(kind, f"{key}={kind.__name__}")
    values = ", ".join(f"{name}={told(value)}" for name, value in sorted(state.items()))
    if " at 0x" in values:
        raise problem(f"{key}={kind.__name__}", "an attribute of it has no text of its own, so that a run could not be "
                                                "identified; give it a __repr__")
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()
    name = word + (f"_{hashlib.sha256(values.encode()).hexdigest()[:8]}" if values else "")
    register(group, name)(kind)
    found.held.append(kind.__name__)
    return name


def _current(kind: type) -> type:
    """A class as its module has it now, which may have been reloaded since: by that source the run is identified.

    One that is made of the module's own, under its name, is another class, and stays.
    """
    found = getattr(sys.modules.get(kind.__module__), kind.__qualname__, kind)
    reloaded = inspect.isclass(found) and found not in kind.__mro__
    return found if reloaded and module_file(kind.__module__) is not None else kind


def _copying(made: Any, key: str) -> type:
    """A class without arguments whose objects begin as copies of this one: each training gets its own."""
    if not hasattr(made, "__dict__"):
        raise problem(f"{key}={made!r}", "expected names, classes or objects")
    kind, state = _current(type(made)), copy.deepcopy(vars(made))

    def __init__(self: Any) -> None:
        self.__dict__.update(copy.deepcopy(state))

    return type(kind.__name__, (kind,), {"__init__": __init__, "__module__": kind.__module__, "__doc__": kind.__doc__,
                                         "__qualname__": kind.__qualname__, COPIED: kind})
