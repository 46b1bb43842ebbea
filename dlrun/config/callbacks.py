"""Callbacks and recorders by name: which are known, and which source they have.  Knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from dlrun import registry
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.root import Config
from dlrun.registry.edited import stale
from dlrun.registry.sources import code_of, file_identity, module_file


def callback_problems(config: Config) -> Iterator[Problem]:
    """What is wrong with the names of callbacks; an allowed module is imported where one of them is not known yet."""
    return _named("callbacks", "callback", config.callbacks, config)


def recorder_problems(config: Config) -> Iterator[Problem]:
    """The same of recorders, and the packages that they need."""
    yield from _named("record", "recorder", config.record, config)
    for name in config.record:
        if "." in name or not registry.is_known("recorder", name):
            continue
        needs = getattr(registry.find("recorder", name), "needs", None)
        if needs and find_spec(needs[0]) is None:
            yield Problem(f"record={name}", f"it needs {needs[0]}:  pip install '{needs[1]}'")


def _named(key: str, group: str, names: Sequence[str], config: Config) -> Iterator[Problem]:
    for name in names:
        given = f"{key}={name}"
        if "." in name:
            module = name.rpartition(".")[0]
            if not registry.is_allowed(module, config.allow):
                yield Problem(given, f"its code would run; allow it by  allow={module}  on the command line")
            elif module_file(module) is None:
                yield Problem(given, f"no module {module} is found here or on PYTHONPATH")
            elif reason := stale(module):
                yield Problem(given, reason)
            continue
        try:
            registry.find(group, name)
            continue
        except registry.BrokenKind as broken:
            yield Problem(given, broken.reason)
            continue
        except registry.UnknownKind:
            pass
        known = registry.names(group)
        yield Problem(given, f"expected one of {', '.join(known) or '(none is registered)'}, or "
                             f"module.Class; a module that registers its own is allowed by  allow=MODULE"
                             f"{did_you_mean(name, known)}")


def callback_source(name: str, content: Callable[[Path], str]) -> str:
    """What identifies the code of a callback: its package and version, or a hash of its source."""
    if "." in name:
        file = module_file(name.rpartition(".")[0])
        return file_identity(file, content) if file else name
    return code_of(registry.find("callback", name), "callback", name, content)
