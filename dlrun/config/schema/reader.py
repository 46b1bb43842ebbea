"""The one reader of typed values: a mapping read by a schema's rules, with everything that is wrong in it.

Groups, root keys, layers, folds, what a book says, sweeps and the arguments of commands are all read here, so that a
wrong key or value is answered alike wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dlrun.config.problem import Problem, did_you_mean, nearest
from dlrun.config.schema.fields import MISSING, rules
from dlrun.config.schema.quoting import Origin, nowhere, show
from dlrun.config.schema.rule import Rule

Hint = Callable[[str], str]  # an unknown key's name -> the text after "no such key"
_YES, _NO = {"yes", "on", "y", "t", "1"}, {"no", "off", "n", "f", "0"}


def read_values(schema: type | Mapping[str, Rule], given: Mapping[str, Any], key: str, problems: list[Problem],
                origin: Origin = nowhere, *, owner: str = "", unknown: Hint | None = None) -> dict[str, Any]:
    """The values of a mapping by name; a key that is not given, or is wrong, stands at its default.

    `key` is the dotted key of the mapping itself (empty for the root) and `owner` names what has these keys
    ("optimizer adam"); both are for the problems, which are added to `problems`.

    >>> found = []
    >>> from dlrun.config.schema.kfold import KFold
    >>> read_values(KFold, {"k": 1, "itertions": 2}, "validation", found)["k"]
    4
    >>> [(problem.given, problem.expected) for problem in found]  # doctest: +NORMALIZE_WHITESPACE
    [('validation.itertions=2', 'no such key; did you mean  validation.iterations'),
     ('validation.k=1', 'expected an integer >= 2 (default 4)')]
    """
    known = rules(schema) if isinstance(schema, type) else schema
    for name in given:
        if name not in known:
            place = at(key, str(name))
            hint = unknown(str(name)) if unknown else did_you_mean(place, [at(key, word) for word in known])
            problems.append(Problem(f"{place}={show(given[name])}", f"no such key{hint}", origin(place)))
    return {name: read_value(rule, given.get(name, rule.default), at(key, name), problems, origin, owner=owner)
            for name, rule in known.items()}


def read_members(schema: type, given: Any, key: str, problems: list[Problem], origin: Origin = nowhere
                 ) -> list[dict[str, Any]]:
    """The values of each mapping in a list, those left out in which something is wrong; null is an empty list."""
    if not isinstance(given or (), (list, tuple)):
        problems.append(Problem(f"{key}={show(given)}", "expected a list of mappings", origin(key)))
        return []
    found = []
    for place, member in enumerate(given or ()):
        count, where = len(problems), f"{key}[{place}]"
        if not isinstance(member, Mapping):
            expected = f"expected a mapping {{{', '.join(rules(schema))}}}"
            problems.append(Problem(f"{where}={show(member)}", expected, origin(where)))
            continue
        values = read_values(schema, member, where, problems, origin)
        if len(problems) == count:
            found.append(values)
    return found


def read_value(rule: Rule, value: Any, key: str, problems: list[Problem], origin: Origin = nowhere, *,
               owner: str = "") -> Any:
    """One value as its rule reads it; the rule's default, and a problem, where it is wrong or has to be given."""
    try:
        return rule.read(value)
    except ValueError as error:
        problems.append(wrong_value(key, rule, value, origin, owner=owner, reason=str(error)))
        return rule.default


def at(key: str, name: str) -> str:
    """The dotted key of a member: ``optimizer.lr``; of the root, its name."""
    return f"{key}.{name}" if key else name


def wrong_value(key: str, rule: Rule, value: Any, origin: Origin = nowhere, *, owner: str = "",
                reason: str = "") -> Problem:
    """The problem of a value that a rule has refused for `reason`."""
    if value == MISSING:
        return Problem(key, f"must be given, {rule.describe()}: {rule.doc}", origin(key))
    return Problem(f"{key}={_quoted(rule, value)}", _expected(rule, show(value), owner, reason), origin(key))


def _expected(rule: Rule, value: str, owner: str, reason: str) -> str:
    if reason.startswith("beyond"):
        return f"expected {rule.describe()}; this is {reason}"
    if rule.kind == "flag" and value.lower() in _YES | _NO:
        return f"expected true or false; did you mean  {'true' if value.lower() in _YES else 'false'}"
    near = nearest(value, [show(choice) for choice in (*rule.known, *rule.words)])
    hint = f"; did you mean  {near[0]}" if near else "; one of your own needs  allow=MODULE" if rule.group else ""
    about = [owner] if owner else []
    about += [] if rule.default == MISSING else [f"default {show(rule.default)}"]
    return f"expected {rule.describe()}" + (f" ({', '.join(about)})" if about else "") + hint


def _quoted(rule: Rule, value: Any) -> str:
    """The value as typed; a number in quotes keeps them, for they are what is wrong with it."""
    if not isinstance(value, str) or rule.kind not in ("integer", "number"):
        return show(value)
    try:
        float(value)
    except ValueError:
        return value
    return f"'{value}'"
