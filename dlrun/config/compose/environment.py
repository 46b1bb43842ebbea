"""Variables of the environment in a configuration (``${oc.env:NAME}``): settings may have them, names may not.

A setting is part of the result and is stored with it.  A name only says where a run lies or what it is called: a secret
in it would be in the folder's path, in TensorBoard and in every report.
"""

from __future__ import annotations

import os
import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.root import GROUPS

_VARIABLE = re.compile(r"oc\.env:\s*[\'\"]?([^\s,}\'\"]+)")
_NAMES = ("name", *(f"{group}.name" for group in GROUPS))


def environment(config: DictConfig, resolved: dict[str, Any]) -> tuple[str, ...]:
    """The variables that a configuration takes values from; raises ConfigError where a name is made of one.

    `resolved` is the same configuration with their values.
    """
    raw = flatten(OmegaConf.to_container(config, resolve=False))  # type: ignore[arg-type]
    values = flatten(resolved)
    used = sorted({name for value in raw.values() if "${" in str(value) for name in _VARIABLE.findall(str(value))})
    contents = [content for name in used if (content := os.environ.get(name))]
    wrong = []
    for key, value in raw.items():
        if (key in _NAMES or key.startswith("book.")) and "${" in str(value) and (
                _VARIABLE.search(str(value)) or any(content in str(values.get(key)) for content in contents)):
            wrong.append(Problem(f"{key}={value}", "a name can't be made of a variable of the environment: it would be "
                                                   "written into paths and reports"))
    if wrong:
        raise ConfigError(wrong)
    return tuple(used)
