"""Why an override cannot be read, in words for people who do not know Hydra's grammar."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from itertools import groupby

from dlrun.config.compose.catalog import is_group, options
from dlrun.config.compose.unknown import read_by
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS, Root

_NO_VALUE = "expected key=value"
_GAPS = (",]", "[,", ",,", ",}", "{,")
_PLAIN = " _-+./:%*@?|\\$[]{}(),'\"=~"
_PAIRS = {"[": "]", "{": "}", "(": ")"}


def cannot_be_read(override: str) -> str:
    """What is expected instead of an override that Hydra's parser refused; the parser's own words help nobody."""
    key, equals, value = override.partition("=")
    if not equals:
        return no_value(override)
    if not key.strip():
        return "expected a key before the  ="
    if not re.fullmatch(r"[\w.@:/+~ -]+", key, re.ASCII):
        return "no such key; keys are plain letters"
    if key != key.strip() or value != value.lstrip():
        return f"expected no blanks around  =, as in  {key.strip()}={value.strip()}"
    if value.startswith("="):
        return f"expected one  =, as in  {key}{value}"
    for quote in "'\"":
        if value.count(quote) % 2:
            return f"the quote  {quote}  is not closed"
    for opening, closing in _PAIRS.items():
        if value.count(opening) > value.count(closing):
            return f"the  {opening}  is not closed; a  {closing}  is missing"
        if value.count(opening) < value.count(closing):
            return f"a  {closing}  without its  {opening}"
    if value.startswith(",") or value.endswith(",") or any(gap in value.replace(" ", "") for gap in _GAPS):
        return "there is nothing between two commas, or beside a bracket or a comma"
    if value.startswith("("):
        return f"a list is written with  [ ]:  {key}=[{value[1:-1]}]"
    strange = sorted({sign for sign in value if not (sign.isascii() and sign.isalnum() or sign in _PLAIN)})
    if strange:
        return f"a text with  {' '.join(map(_sign, strange))}  needs two pairs of quotes:  {key}=\"'{value}'\""
    if " " in key.strip():
        return f"no such key; keys have no blanks{did_you_mean(key.replace(' ', '_'), (*GROUPS, *rules(Root)))}"
    if "'" in value or '"' in value:
        return "it can't be read; a text with quotes is in other quotes as a whole, as in  \"name='it is'\""
    return f"it can't be read as a value; if it is a text, it needs two pairs of quotes:  {key}=\"'{value}'\""


def as_text(override: str) -> str:
    """An override whose value Hydra's parser refused, with the value in quotes; empty where it may mean something else.

    >>> as_text("dataset.path=~/schüler.csv"), as_text("name=a;[b")
    ("dataset.path='~/schüler.csv'", '')
    """
    key, equals, value = override.partition("=")
    plain = value and value == value.strip() and value.isprintable() and not set(value) & set("[]{}(),=\\$'\"")
    return f"{key}='{value}'" if equals and plain and re.fullmatch(r"[\w.@:/+-]+", key, re.ASCII) else ""


def _sign(sign: str) -> str:
    return sign if sign.isprintable() else ascii(sign)[1:-1]


def joined(texts: Sequence[str], problems: Sequence[Problem]) -> list[Problem]:
    """The problems, those of words that a value without quotes has lost to the shell as one, which names the whole.

    >>> words = ["dataset.target=Passed", "final", "exam"]
    >>> [found] = joined(words, [Problem(word, no_value(word)) for word in words[1:]])
    >>> print(found.given, found.expected.split(":  ")[1], sep="; ")
    final exam; 'dataset.target=Passed final exam'
    """
    lost = {found.given for found in problems if found.expected == _NO_VALUE}
    theirs = [number for number, found in enumerate(problems) if found.given in lost]
    problem_at = dict(zip([place for place, text in enumerate(texts) if text in lost], theirs))  # both in one order
    left = dict(enumerate(problems))
    for after, places in groupby(range(len(texts)), problem_at.__contains__):
        first, *others = places
        if after and first and "=" in texts[first - 1]:
            words = texts[first:first + 1 + len(others)]
            quoted = shlex.quote(" ".join([texts[first - 1], *words]))
            left[problem_at[first]] = Problem(
                " ".join(words), f"{_NO_VALUE}; a value with blanks is quoted as a whole:  {quoted}")
            for place in others:
                del left[problem_at[place]]
    return list(left.values())


def no_value(text: str) -> str:
    """What is expected where an argument of a command has no ``=``."""
    homes = [f"{group}={text}" for group in (*GROUPS, "experiment") if text in options(group)]
    if homes:
        return f"expected key=value; did you mean  {homes[0]}"
    if is_group(text):
        return f"expected a value after it:  {text}=...  ({', '.join(options(text)) or 'there are none yet'})"
    if text in rules(Root) or (text.split(".")[0] in GROUPS and "." in text):
        return f"expected a value after it, without blanks:  {text}=..."
    key, colon, value = text.partition(":")
    if colon and (is_group(key) or key in rules(Root)):
        return f"expected key=value, as in  {key}={value}"
    return read_by(text) or f"{_NO_VALUE}{did_you_mean(text, (*GROUPS, *rules(Root)))}"
