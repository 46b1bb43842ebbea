"""Arguments of launchers: what is wrong with them, and which of them a file may give.

submitit writes them into the script of a job, and Ray connects to the address that it is given: those that can run
commands count on the command line only, as ``allow`` does.
"""

from __future__ import annotations

import re
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.quoting import show
from dlrun.config.schema.sweeps import Sweep
from dlrun.registry import BrokenKind, find

_PLAIN = re.compile(r"[\w.,:/+@%-]*")  # one line, and nothing that a shell would read


def launcher_problems(settings: Sweep, in_file: dict[str, Any] | None) -> list[Problem]:
    """A launcher that cannot be used, arguments for one that takes none, and such that a file may not give.

    `in_file` are the arguments where they stand in an experiment's file, else None.
    """
    try:
        kind: Any = find("launcher", settings.launcher)
    except BrokenKind as broken:
        return [Problem(broken.given, broken.reason)]
    if settings.launcher_args and not kind.arguments:
        return [Problem(f"launcher_args={show(settings.launcher_args)}", f"launcher={settings.launcher} takes no "
                                                                         "arguments")]
    harmless = getattr(kind, "harmless", ())  # a launcher of a user's own may not say
    return [Problem(f"sweep.launcher_args.{key}={show(value)}", "a file may not give it, since it can run commands; on "
                    f"the command line:  'launcher_args={show(in_file)}'") for key, value in (in_file or {}).items()
            if key not in harmless or not _is_plain(value)]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float)) or bool(
        isinstance(value, str) and _PLAIN.fullmatch(value))
