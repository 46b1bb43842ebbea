"""The documents' example of a user's metric, and what is refused as one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from dlrun.api.kinds import register as api_register
from dlrun.metrics import _choose
from dlrun.registry import register

PAGE = Path(__file__).parents[2] / "docs" / "own-code.md"


def test_the_metric_of_the_page_is_one() -> None:
    code = re.search(r'@register.metric\("worst_error"\)\n.*?\n\n\n', PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    text = code[0].replace('"worst_error"', '"worst_error_of_the_page"')
    exec(text, {"__name__": __name__, "register": api_register})
    told = _choose.described("worst_error_of_the_page", "numbers")
    assert (told.label, told.direction, told.share, told.doc) == (
        "worst error", "min", False, "The largest error of any row.")
    made = _choose.build(["worst_error_of_the_page"], "numbers", 1, "cpu")["worst_error_of_the_page"]
    made.reset()
    for outputs, targets in (([1.0, 2.0], [1.5, 2.0]), ([3.0], [2.0])):
        made.update(torch.tensor(outputs), torch.tensor(targets))
    assert made.compute() == 1.0


def test_a_direction_that_is_none_is_refused() -> None:
    @register("metric", "sideways")
    class Sideways:
        direction = "up"

    with pytest.raises(ValueError, match="expected min, max or None"):
        _choose.described("sideways", "numbers")
