"""What Hydra and OmegaConf refuse, as a problem."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydra.errors import HydraException
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from dlrun.config.compose.origins import Origins
from dlrun.config.problem import Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.root import Root

# OmegaConf parses a list's place with int(), and files that include one another end in a recursion.
REFUSALS = (HydraException, OmegaConfBaseException, ValueError, TypeError, RecursionError)


def refused(error: Exception, overrides: Sequence[str]) -> Problem:
    """The problem behind `error`, which came of composing `overrides`."""
    given = " ".join(overrides) or "configs/config.yaml"
    key, _, value = given.partition("=")
    text = " ".join(line.strip() for line in str(error).splitlines() if line.strip()) or type(error).__name__
    if isinstance(error, RecursionError):
        return Problem(given, "its files name one another in a circle (see their lists `defaults`)")
    if isinstance(error, InterpolationResolutionError):
        where, what = getattr(error, "full_key", "") or key, text.partition(" full_key:")[0]
        what = re.sub(r"^\w+ raised while resolving interpolation: ", "", what).strip('"')
        expected = f"its interpolation leads nowhere: {what[0].lower()}{what[1:]}"
        return Problem(where, expected, _origin(where, overrides))
    if len(overrides) == 1 and key.lstrip("+~").startswith("hydra."):
        if "Could not override" in text:
            return Problem(given, "Hydra has no such key; `dlrun --cfg hydra` shows them")
        return Problem(given, f"Hydra does not take this value: {_cause(error)}")
    if len(overrides) == 1 and "merging override" in text:
        group, _, member = key.partition(".")
        of_group = (rules(schema).get(member) for schema in KINDS.get(group, {}).values())
        rule = rules(Root).get(key) or next(filter(None, of_group), None)
        what = rule.describe() if rule else ("a single value or a list" if value.startswith("{") else "a mapping")
        return Problem(given, f"expected {what}")
    unknown = re.search(r"Key '.*' not in 'HydraConf' full_key: (\S+)", text)
    if unknown:
        expected = "Hydra has no such key; `dlrun --cfg hydra` shows them"
        return Problem(unknown[1], expected, _origin(unknown[1], overrides))
    return Problem(given, re.sub(r"\w+ raised while composing config: ", "", text.partition(" Available options")[0]))


def _cause(error: Exception) -> str:
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _origin(key: str, overrides: Sequence[str]) -> str:
    return Origins(overrides).place(key)
