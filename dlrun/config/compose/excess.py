"""Arguments that are not even parsed."""

from __future__ import annotations

import re
from itertools import accumulate

DIGITS = 1000  # of a number
DEPTH = 50  # brackets within one another


def too_long(text: str) -> str:
    """Why an argument is not even parsed: numbers of thousands of digits, which no setting has; empty for others."""
    digits = max((len(found) for found in re.findall(r"[\d_]+", text)), default=0) if len(text) > DIGITS else 0
    if digits > DIGITS:
        return f"a number of {digits:,} digits; expected at most {DIGITS:,}"
    depth = max(accumulate((sign in "[{(") - (sign in "]})") for sign in text if sign in "[]{}()"), default=0)
    return f"{depth} brackets within one another; expected at most {DEPTH}" if depth > DEPTH else ""
