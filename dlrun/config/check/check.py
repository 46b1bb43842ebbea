"""From a mapping to a typed configuration, with all problems at once.

First each value against its rule, then the rules between values (`config.check.rules`); those that need the data's
shape are `preflight.fits`'.
"""

from __future__ import annotations

from typing import Any

from dlrun.config.check.rules import RULES
from dlrun.config.check.validation import read_validation
from dlrun.config.problem import ConfigError, Problem, nearest
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS, TARGET, schema_of
from dlrun.config.schema.quoting import Origin, nowhere, show
from dlrun.config.schema.reader import Hint, read_values
from dlrun.config.schema.root import GROUPS, Config, Root

UNDECIDED = 1 << 40  # epochs and rows of a batch that the data decides: `preflight.undecided`


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
    problems: list[Problem] = []
    root = {key: value for key, value in plain.items() if key not in GROUPS}
    values = read_values(Root, root, "", problems, origin, unknown=_no_such_root_key(root))
    groups: dict[str, Any] = {}
    for group in GROUPS:
        mapping = plain.get(group)
        if not isinstance(mapping, dict):
            hint = f"; in a file a group is chosen under defaults:  - override /{group}: {mapping}" \
                if isinstance(mapping, str) else ""
            problems.append(Problem(f"{group}={show(mapping)}", f"expected the name of an option, or a mapping{hint}",
                                    origin(group)))
            continue
        instance = _group(group, mapping, problems, origin)
        if instance is not None:
            groups[group] = instance
    values["validation"] = read_validation(values["validation"], problems, origin("validation"))
    if values["phases"]:
        from dlrun.config.schema.phases import read_phases

        values["phases"] = read_phases(values["phases"], problems, origin)
    if len(groups) < len(GROUPS):
        return None, problems
    for key in ("batch_size", "epochs"):
        if values[key] == "auto":  # until the data has decided it nothing may be too much for it
            values[key] = UNDECIDED
    config = Config(**values, **groups, plain=plain)
    bad = {p.given.split("=")[0] for p in problems}
    for rule in RULES:
        problems += [p for p in rule(config, origin) if p.given.split("=")[0] not in bad]
    return config, problems


def _group(group: str, mapping: dict[str, Any], problems: list[Problem], origin: Origin) -> Any:
    if TARGET in mapping:
        from dlrun.config.check.custom import read_custom

        return read_custom(group, mapping, problems, origin)
    schema = schema_of(group, mapping)
    if schema is None:
        key, kind = f"{group}.kind", mapping.get("kind")
        near = nearest(str(kind), KINDS[group])
        hint = f"; did you mean  {near[0]}" if near else ""
        given, expected = (key, "must be given") if kind is None else (f"{key}={show(kind)}", "")
        known = f"expected one of {', '.join(sorted(KINDS[group]))}"
        problems.append(Problem(given, f"{expected}: {known}" if expected else f"{known}{hint}",
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
    owner = f"{group} {word}" if word not in ("", group) else group
    return schema(**read_values(schema, body, group, problems, origin, owner=owner,
                                unknown=_no_such_key(group, schema, owner.split(" ")[-1])))


def _left_over(group: str, mapping: dict[str, Any], schema: type) -> str:
    """The kind whose keys these are, when they are another's: someone set `kind` alone.

    Where all of the kind's own are there, the others were added."""
    keys, own = set(mapping) - {"kind"}, set(rules(schema))
    if keys <= own or own <= keys:
        return ""
    return next((kind for kind, other in KINDS[group].items() if keys == set(rules(other))), "")


def _no_such_root_key(given: dict[str, Any]) -> Hint:
    """What an unknown key at the root was meant to be: the key or the group's member."""

    def hint(name: str) -> str:
        from dlrun.config.check.names import meant

        near = meant(name, [*rules(Root), *GROUPS, *_members()])
        if near:
            return f"; did you mean  {near}"
        if isinstance(given[name], dict):
            return "; a group of your own puts its keys at the root, by  # @package _global_  in its first line"
        return ""

    return hint


def _no_such_key(group: str, schema: type, word: str) -> Hint:
    """What a group's unknown key was meant to be: the kinds that have it, or a key like it."""

    def hint(name: str) -> str:
        from dlrun.config.check.names import elsewhere, meant

        others = elsewhere(group, name, word)
        if others:
            return f"; it belongs to {', '.join(others)}"
        near = meant(f"{group}.{name}", [f"{group}.{key}" for key in rules(schema)])
        return f"; did you mean  {near}" if near else ""

    return hint


def _members() -> list[str]:
    return [f"{group}.{key}" for group, kinds in KINDS.items() for schema in kinds.values() for key in rules(schema)]
