"""Whether the arguments that a configuration has are those that a user's class or function takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from dlrun.config.problem import did_you_mean


def accepts(made: Callable[..., Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that dlrun offers which the class or function has an argument for."""
    parameters = inspect.signature(made).parameters
    return {name: value for name, value in offered.items() if name in parameters}


def wrong_argument(made: Callable[..., Any], args: Iterable[str], offered: Iterable[str] = (),
                   placed: Sequence[str] = ()) -> tuple[str, str]:
    """The first of `args` that it does not take, or one that it needs and does not get, and what is wrong with it.

    `offered` are the names of what dlrun gives by itself, `placed` what it gives first and by place, whatever their
    names are there.  Two empty texts where all is well.

    >>> wrong_argument(lambda outputs, width, depth=2: None, ["widht"], ["outputs", "input_shape"])
    ('widht', 'no such argument; it takes outputs, width, depth; did you mean  width')
    >>> wrong_argument(lambda outputs, width, depth=2: None, [], ["outputs", "input_shape"])
    ('width', 'it has no default, and no value is given; dlrun itself gives outputs, input_shape')
    >>> wrong_argument(lambda at, every: 0.5, [], placed=["step", "total_steps", "epochs"])
    ('_target_', 'dlrun gives it step, total_steps, epochs; it takes at, every')
    """
    parameters = inspect.signature(made).parameters
    known = [name for name, one in parameters.items() if one.kind not in (Parameter.VAR_KEYWORD,
                                                                          Parameter.VAR_POSITIONAL)]
    kinds = {one.kind for one in parameters.values()}
    places = [name for name in known if parameters[name].kind is not Parameter.KEYWORD_ONLY]
    if len(places) < len(placed) and Parameter.VAR_POSITIONAL not in kinds:
        return "_target_", f"dlrun gives it {', '.join(placed)}; it takes {', '.join(known) or 'none'}"
    filled = dict(zip(places, placed, strict=False))
    given, offered = list(args), list(offered)
    for name in given:
        if name in filled:
            return name, f"dlrun itself gives it, as {filled[name]}"
        if name not in known and Parameter.VAR_KEYWORD not in kinds:
            return name, f"no such argument; it takes {', '.join(known) or 'none'}{did_you_mean(name, known)}"
    for name in known:
        if parameters[name].default is Parameter.empty and name not in (*filled, *given, *offered):
            itself = [*placed, *offered]
            own = f"; dlrun itself gives {', '.join(itself)}" if itself else ""
            return name, f"it has no default, and no value is given{own}"
    return "", ""
