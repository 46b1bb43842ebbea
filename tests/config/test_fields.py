"""A field's rule accepts its default, says what it wants, and reads values into their Python types."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.config.schema.fields import MISSING, defaults, rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import Root
from dlrun.config.schema.rule import Rule

SCHEMAS = [Root, *(schema for kinds in KINDS.values() for schema in kinds.values())]
FIELDS = [(schema, key) for schema in SCHEMAS for key in rules(schema)]


@pytest.mark.parametrize(("schema", "key"), FIELDS, ids=[f"{schema.__name__}.{key}" for schema, key in FIELDS])
def test_every_default_passes_its_own_rule_and_is_left_as_it_is(schema: type, key: str) -> None:
    rule = rules(schema)[key]
    if rule.default == MISSING:
        with pytest.raises(ValueError, match="must be given"):
            rule.read(rule.default)
        return
    plain = defaults(schema)[key]  # as YAML has it: lists, not tuples
    assert rule.read(plain) == rule.default
    assert type(rule.read(plain)) is type(rule.default)


@pytest.mark.parametrize(("schema", "key"), FIELDS, ids=[f"{schema.__name__}.{key}" for schema, key in FIELDS])
def test_every_field_has_a_sentence_and_a_description(schema: type, key: str) -> None:
    rule = rules(schema)[key]
    assert len(rule.doc) > 5 and rule.describe()


@pytest.mark.parametrize(("rule", "text"), [
    (Rule("integer", "", 1, low=1), "an integer >= 1"),
    (Rule("number", "", 0.0, low=0, high=1, below=True), "a number >= 0 and < 1"),
    (Rule("number", "", 0.0, low=0, above=True), "a number > 0"),
    (Rule("integer", "", None, low=1, optional=True), "an integer >= 1 or null"),
    (Rule("integer", "", "auto", low=1, words=("auto",)), 'an integer >= 1 or "auto"'),
    (Rule("choice", "", "a", choices=("a", True, 3)), "one of a, true, 3"),
    (Rule("integers", "", (), low=0), "a list of integers >= 0"),
])
def test_a_rule_says_what_it_wants(rule: Rule, text: str) -> None:
    assert rule.describe() == text


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers())
def test_a_bounded_number_is_read_exactly_when_it_lies_within(value: float) -> None:
    rule = Rule("number", "", 0.5, low=0, above=True, high=1, below=True)
    try:
        assert rule.read(value) == value and 0 < value < 1
    except ValueError:
        assert not 0 < value < 1


@given(st.integers(-(10**30), 10**30))
def test_integers_are_those_of_64_bits(value: int) -> None:
    rule = Rule("integer", "", 0)
    try:
        assert rule.read(value) == value and abs(value) < 2**63
    except ValueError:
        assert abs(value) >= 2**63


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_an_integer_only_when_it_is_whole(value: float) -> None:
    rule = Rule("integer", "", 0)
    try:
        read = rule.read(value)
        assert type(read) is int and read == value
    except ValueError:
        assert value != math.floor(value) or abs(value) >= 2**63


@given(st.lists(st.integers(1, 999), min_size=1))
def test_a_list_becomes_a_tuple_and_a_bare_value_a_tuple_of_one(values: list[int]) -> None:
    rule = Rule("integers", "", (1,), low=1, scalar=True)
    assert rule.read(values) == tuple(values)
    assert rule.read(values[0]) == (values[0],)
    with pytest.raises(ValueError):
        rule.read([*values, 0])


@pytest.mark.parametrize(("rule", "value"), [
    (Rule("integer", "", 1), True), (Rule("number", "", 1.0), False), (Rule("flag", "", False), 1),
    (Rule("flag", "", False), "true"), (Rule("text", "", "a"), True), (Rule("text", "", "a"), ["a"]),
    (Rule("choice", "", 3, choices=(3, 1)), True), (Rule("choice", "", True, choices=(True,)), 1),
    (Rule("integers", "", (1,)), 3), (Rule("integers", "", (1,)), []), (Rule("mapping", "", {}), [1]),
    (Rule("integer", "", 1), None), (Rule("layers", "", ()), []),
])
def test_a_value_of_another_type_is_refused(rule: Rule, value: object) -> None:
    with pytest.raises(ValueError):
        rule.read(value)


@pytest.mark.parametrize(("value", "typed"), [
    (None, "null"), (True, "true"), ([1, (2, 3)], "[1,[2,3]]"), ({"a": None}, "{a: null}"), (0.1, "0.1"),
    (1e-7, "1e-07"),
    (1.0, "1"), ("x", "x"),
])
def test_values_are_shown_as_they_are_typed(value: object, typed: str) -> None:
    assert show(value) == typed
