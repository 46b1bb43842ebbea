"""Whether the arguments that a configuration has are those that a user's class or function takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter
from typing import Any

from dlrun.config.problem import did_you_mean


def accepts(made: Callable[..., Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that dlrun offers which the class or function has an argument for."""
    parameters = inspect.signature(made).parameters
    return {name: value for name, value in offered.items() if name in parameters}


def wrong_argument(made: Callable[..., Any], args: Iterable[str], offered: Iterable[str] = ()) -> tuple[str, str]:
    """The first of `args` that it does not take, or one that it needs and does not get, and what is wrong with it.

    `offered` are the names of what dlrun gives by itself.  Two empty texts where all is well.

    >>> wrong_argument(lambda outputs, width, depth=2: None, ["widht"], ["outputs", "input_shape"])
    ('widht', 'no such argument; it takes outputs, width, depth; did you mean  width')
    >>> wrong_argument(lambda outputs, width, depth=2: None, [], ["outputs", "input_shape"])
    ('width', 'it has no default, and no value is given; dlrun itself gives outputs, input_shape')
    """
    parameters = inspect.signature(made).parameters
    known = [name for name, one in parameters.items() if one.kind not in (Parameter.VAR_KEYWORD,
                                                                          Parameter.VAR_POSITIONAL)]
    anything = any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values())
    given, offered = list(args), list(offered)
    for name in given:
        if name not in known and not anything:
            return name, f"no such argument; it takes {', '.join(known) or 'none'}{did_you_mean(name, known)}"
    for name in known:
        if parameters[name].default is Parameter.empty and name not in (*given, *offered):
            own = f"; dlrun itself gives {', '.join(offered)}" if offered else ""
            return name, f"it has no default, and no value is given{own}"
    return "", ""
