"""Callbacks by name: which are known, and which source they have.  Knows nothing of what they do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from dlrun import registry
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.root import Config
from dlrun.registry.sources import module_file, source_hash


def callback_problems(config: Config) -> Iterator[Problem]:
    """What is wrong with the names of callbacks; an allowed module is imported where one of them is not known yet."""
    for name in config.callbacks:
        given = f"callbacks={name}"
        if "." in name:
            module = name.rpartition(".")[0]
            if not any(_allows(allowed, module) for allowed in config.allow):
                yield Problem(given, f"its code would run; allow it by  allow={module}  on the command line")
            elif module_file(module) is None:
                yield Problem(given, f"no module {module} is found here or on PYTHONPATH")
            continue
        known, broken = registry.names("callback"), None
        for module in config.allow if name not in known else ():
            try:
                registry.enter(module.removesuffix(".*"))
            except Exception as error:  # whatever the user's own code raises
                broken = Problem(given, f"module {module} cannot be imported: {type(error).__name__}: {error}")
        known = registry.names("callback")
        if name not in known:
            yield broken or Problem(given, f"expected one of {', '.join(known) or '(none is registered)'}, or "
                                           f"module.Class; a module that registers its own is allowed by  allow=MODULE"
                                           f"{did_you_mean(name, known)}")


def _allows(allowed: str, module: str) -> bool:
    return module == allowed or allowed.endswith(".*") and f"{module}.".startswith(allowed[:-1])


def callback_source(name: str) -> str:
    """A hash of the source of a callback; of its name where there is no source."""
    if "." in name:
        file = module_file(name.rpartition(".")[0])
        return hashlib.sha256(file.read_bytes() if file else name.encode()).hexdigest()
    return source_hash(registry.find("callback", name))
