"""Callbacks by name: which are known, and which source they have.  Knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dlrun import registry
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.root import Config
from dlrun.registry.sources import code_of, file_identity, module_file


def callback_problems(config: Config) -> Iterator[Problem]:
    """What is wrong with the names of callbacks; an allowed module is imported where one of them is not known yet."""
    for name in config.callbacks:
        given = f"callbacks={name}"
        if "." in name:
            module = name.rpartition(".")[0]
            if not registry.is_allowed(module, config.allow):
                yield Problem(given, f"its code would run; allow it by  allow={module}  on the command line")
            elif module_file(module) is None:
                yield Problem(given, f"no module {module} is found here or on PYTHONPATH")
            continue
        try:
            registry.find("callback", name)
            continue
        except registry.BrokenKind as broken:
            yield Problem(given, broken.reason)
            continue
        except registry.UnknownKind:
            pass
        known = registry.names("callback")
        yield Problem(given, f"expected one of {', '.join(known) or '(none is registered)'}, or "
                             f"module.Class; a module that registers its own is allowed by  allow=MODULE"
                             f"{did_you_mean(name, known)}")


def callback_source(name: str, content: Callable[[Path], str]) -> str:
    """What identifies the code of a callback: its package and version, or a hash of its source."""
    if "." in name:
        file = module_file(name.rpartition(".")[0])
        return file_identity(file, content) if file else name
    return code_of(registry.find("callback", name), "callback", name, content)
