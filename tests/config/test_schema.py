"""Every option of every group composes, checks, and brings all keys of its schema."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dlrun.config.check.check import check
from dlrun.config.compose.catalog import option_files, options, sentence, sentences
from dlrun.config.compose.compose import compose
from dlrun.config.compose.option import option_values
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.places import packaged
from dlrun.config.schema.fields import MISSING, defaults, rules
from dlrun.config.schema.groups import KINDS, schema_of
from dlrun.config.schema.root import GROUPS, Root

FILES = [(group, file.stem) for group in GROUPS for file in sorted((packaged("configs") / group).glob("*.yaml"))]
OPTIONS = [(group, option) for group in GROUPS for option in options(group)]


def needed(group: str, option: str) -> list[str]:
    """What has no default has to be given."""
    schema = schema_of(group, option_values(group, option))
    return [f"{group}.{key}=x" for key, rule in rules(schema or Root).items() if rule.default == MISSING]



@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda word: word)
def test_every_option_composes_and_checks_with_the_others_defaults(group: str, option: str, folder: Path) -> None:
    composition, problems = compose([f"{group}={option}", *needed(group, option)])
    assert problems == [] and composition is not None
    config = check(composition.plain)
    chosen, schema = getattr(config, group), schema_of(group, composition.plain[group])
    assert type(chosen) is schema
    assert set(composition.plain[group]) == {*rules(schema), *({"kind"} & set(composition.plain[group]))}
    if "name" in rules(schema):
        assert chosen.name == option


@pytest.mark.parametrize(("group", "option"), FILES, ids=lambda word: word)
def test_a_file_says_only_what_differs_from_the_schema(group: str, option: str, folder: Path) -> None:
    file = option_files(group)[option]
    values = read_yaml(file)
    schema = schema_of(group, values)
    assert schema is not None
    if (group, option) != ("model", "sequential"):  # which shows how a list is written
        assert [key for key, value in values.items() if key in rules(schema) and value == defaults(schema)[key]] == []
    assert len(sentence(file)) > 10


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_says_what_it_is_in_one_line(group: str, folder: Path) -> None:
    found = sentences(group)
    assert list(found) == options(group)
    assert [option for option, text in found.items() if not 10 < len(text) <= 120] == []


def test_every_kind_is_some_options_kind(folder: Path) -> None:
    for group in GROUPS:
        kinds = {schema_of(group, option_values(group, option)) for option in options(group)}
        by_code = {KINDS[group][kind] for kind in ("custom", "memory") if kind in KINDS[group]}  # no word chooses them
        assert kinds == set(KINDS[group].values()) - by_code, group


def test_every_schema_is_frozen_and_says_what_it_is() -> None:
    for schema in (Root, *(schema for kinds in KINDS.values() for schema in kinds.values())):
        assert dataclasses.is_dataclass(schema) and schema.__dataclass_params__.frozen, schema
        assert schema.__doc__ and not schema.__doc__.startswith(f"{schema.__name__}("), schema


def test_the_roots_defaults_stand_in_the_schema_and_nowhere_else(folder: Path) -> None:
    assert set(read_yaml(packaged("configs") / "config.yaml")) == {"defaults", "hydra"}
    composition, _ = compose([])
    assert composition is not None
    assert {key: composition.plain[key] for key in rules(Root)} == defaults(Root)
    assert set(composition.plain) == {*rules(Root), *GROUPS}
