"""Why a word of the command line cannot be read, said for people who do not know Hydra's grammar."""

from __future__ import annotations

from dlrun.config.compose.catalog import is_group, options
from dlrun.config.problem import did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS, Root

_GAPS = (",]", "[,", ",,", ",}", "{,")
_PLAIN = " _-+./:%*@?|\\$[]{}(),'\"=~"
_PAIRS = {"[": "]", "{": "}", "(": ")"}


def not_a_word(word: str, error: Exception) -> str:
    """What is expected instead of an override that Hydra's parser refused with `error`."""
    key, equals, value = word.partition("=")
    if not equals:
        return no_value(word)
    if not key.strip():
        return "expected a key before the  ="
    if not key.isascii():
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
        return f"a text with  {' '.join(strange)}  needs two pairs of quotes:  {key}=\"'{value}'\""
    lines = str(error).strip().splitlines()
    return f"not readable: {lines[0] if lines else type(error).__name__}"


def no_value(word: str) -> str:
    """What is expected where a word of the command has no ``=``."""
    homes = [f"{group}={word}" for group in (*GROUPS, "experiment") if word in options(group)]
    if homes:
        return f"expected key=value; did you mean  {homes[0]}"
    if is_group(word):
        return f"expected a value after it:  {word}=...  ({', '.join(options(word)) or 'there are none yet'})"
    if word in rules(Root) or (word.split(".")[0] in GROUPS and "." in word):
        return f"expected a value after it, without blanks:  {word}=..."
    key, colon, value = word.partition(":")
    if colon and (is_group(key) or key in rules(Root)):
        return f"expected key=value, as in  {key}={value}"
    return f"expected key=value{did_you_mean(word, (*GROUPS, *rules(Root)))}"
