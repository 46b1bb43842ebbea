"""From a mapping to a typed configuration, with all problems at once.

First each value against its rule, then the rules between values (`config.rules`); rules that need
the data's shape are `run.preflight`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlrun.config.check.custom import read_custom
from dlrun.config.check.names import elsewhere, meant
from dlrun.config.check.validation import read_validation
from dlrun.config.problem import ConfigError, Problem, nearest
from dlrun.config.schema.fields import MISSING, Rule, rules
from dlrun.config.schema.groups import KINDS, TARGET, schema_of
from dlrun.config.schema.root import GROUPS, Config, Root

Origin = Callable[[str], str]  # dotted key -> "file:line", empty for the command line


_YES, _NO = {"yes", "on", "y", "t", "1"}, {"no", "off", "n", "f", "0"}


def nowhere(key: str) -> str:
    return ""


def check(plain: dict[str, Any], origin: Origin = nowhere) -> Config:
    """The typed configuration of a composed mapping; raises ConfigError with everything that is wrong."""
    config, problems = inspect(plain, origin)
    if problems or config is None:
        raise ConfigError(problems)
    return config


def inspect(plain: dict[str, Any], origin: Origin = nowhere) -> tuple[Config | None, list[Problem]]:
    """The configuration and its problems.

    Values with problems stand at their defaults in it, so that what depends on the others can still be checked;
    it is None where a group's kind is unknown.
    """
    from dlrun.config.check.rules import RULES

    problems: list[Problem] = []
    values = read_values(rules(Root), {k: v for k, v in plain.items() if k not in GROUPS}, "", problems, origin, "")
    groups: dict[str, Any] = {}
    for group in GROUPS:
        mapping = plain.get(group)
        if not isinstance(mapping, dict):
            hint = f"; in a file a group is chosen under defaults:  - override /{group}: {mapping}" \
                if isinstance(mapping, str) else ""
            problems.append(Problem(f"{group}={show(mapping)}", f"a group's word or mapping is wanted{hint}",
                                    origin(group)))
            continue
        instance = _group(group, mapping, problems, origin)
        if instance is not None:
            groups[group] = instance
    values["validation"] = read_validation(values["validation"], problems, origin("validation"))
    if len(groups) < len(GROUPS):
        return None, problems
    config = Config(**values, **groups, plain=plain)
    bad = {p.given.split("=")[0] for p in problems}
    for rule in RULES:
        problems += [p for p in rule(config, origin) if p.given.split("=")[0] not in bad]
    return config, problems


def _group(group: str, mapping: dict[str, Any], problems: list[Problem], origin: Origin) -> Any:
    if TARGET in mapping:
        return read_custom(group, mapping, problems, origin)
    schema = schema_of(group, mapping)
    if schema is None:
        key, kind = f"{group}.kind", mapping.get("kind")
        near = nearest(str(kind), KINDS[group])
        hint = f"; did you mean  {near[0]}" if near else ""
        said, wanted = (key, "must be given") if kind is None else (f"{key}={show(kind)}", "")
        known = f"one of {', '.join(sorted(KINDS[group]))} is wanted"
        problems.append(Problem(said, f"{wanted}: {known}" if wanted else f"{known}{hint}",
                                origin(key) or origin(group)))
        return None
    other = _left_over(group, mapping, schema)
    if other:
        kind = mapping["kind"]
        problems.append(Problem(
            f"{group}.kind={kind}", f"the other keys are those of {other}; a kind comes with its word:  {group}={kind} "
            f" (in a file:  defaults: [override /{group}: {kind}])", origin(f"{group}.kind")))
        return None
    body = {key: value for key, value in mapping.items() if key != "kind"}
    word = str(mapping.get("name") or mapping.get("kind") or "")
    of = f"{group} {word}" if word not in ("", group) else group
    return schema(**read_values(rules(schema), body, f"{group}.", problems, origin, of))


def _left_over(group: str, mapping: dict[str, Any], schema: type) -> str:
    """The kind whose keys these are, when they are another's: someone set `kind` alone."""
    keys = set(mapping) - {"kind"}
    if keys <= set(rules(schema)):
        return ""
    return next((kind for kind, other in KINDS[group].items() if keys == set(rules(other))), "")


def read_values(
    wanted: dict[str, Rule], given: dict[str, Any], prefix: str, problems: list[Problem], origin: Origin, of: str
) -> dict[str, Any]:
    """The values of a mapping by their rules, defaults for those that are not given or wrong; adds to `problems`.

    `prefix` ends with a dot, `of` names the mapping in what is said.
    """
    values: dict[str, Any] = {}
    for name in given:
        if name not in wanted:
            key = f"{prefix}{name}"
            words = [f"{prefix}{word}" for word in wanted] + ([] if prefix else list(GROUPS) + _members())
            near = meant(key, words)
            others = elsewhere(prefix.rstrip("."), name, of.split(" ")[-1])
            hint = f"; did you mean  {near}" if near else ""
            hint = f"; it belongs to {', '.join(others)}" if others else hint
            if not prefix and isinstance(given[name], dict) and not near:
                hint = "; a group of your own puts its keys at the root, by  # @package _global_  in its first line"
            problems.append(Problem(f"{key}={show(given[name])}", f"no such key{hint}", origin(key)))
    for name, rule in wanted.items():
        key = f"{prefix}{name}"
        try:
            values[name] = rule.read(given.get(name, rule.default))
        except ValueError as error:
            values[name] = rule.default
            value = given.get(name, rule.default)
            said = key if value == MISSING else f"{key}={_quoted(rule, value)}"
            problems.append(Problem(said, _wanted(rule, show(value), of, str(error)), origin(key)))
    return values


def _members() -> list[str]:
    return [f"{group}.{key}" for group, kinds in KINDS.items() for schema in kinds.values() for key in rules(schema)]


def _quoted(rule: Rule, value: Any) -> str:
    """The value as typed; a number in quotes keeps them, for they are what is wrong with it."""
    if not isinstance(value, str) or rule.kind not in ("integer", "number"):
        return show(value)
    try:
        float(value)
    except ValueError:
        return value
    return f"'{value}'"


def _wanted(rule: Rule, value: str, of: str, reason: str) -> str:
    if rule.default == MISSING:
        return f"must be given, {rule.describe()}: {rule.doc}"
    if reason.startswith("beyond"):
        return f"{rule.describe()}, {reason}, is wanted"
    if rule.kind == "flag" and value.lower() in _YES | _NO:
        return f"true or false is wanted; did you mean  {'true' if value.lower() in _YES else 'false'}"
    near = nearest(value, [show(choice) for choice in (*rule.choices, *rule.words)])
    hint = f"; did you mean  {near[0]}" if near else ""
    about = f"{of}, " if of else ""
    return f"{rule.describe()} is wanted ({about}default {show(rule.default)}){hint}"


def show(value: Any) -> str:
    """A value as it is typed: ``null``, ``true``, ``[1,2]``, ``{a: 1}``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(show(member) for member in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(member)}" for key, member in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
