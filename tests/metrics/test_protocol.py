"""README's example of a user's metric, and what is refused as one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from dlrun.metrics import _choose
from dlrun.registry import register

README = Path(__file__).parents[2] / "README.md"


def test_the_readmes_metric_is_one() -> None:
    section = README.read_text(encoding="utf-8").split("\n## Metrics\n")[1].split("\n## ")[0]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    exec(code[1].replace('"worst_error"', '"worst_error_of_the_readme"'), {"__name__": __name__})
    told = _choose.described("worst_error_of_the_readme", "numbers")
    assert (told.label, told.direction, told.share, told.doc) == (
        "worst error", "min", False, "The largest error of any row.")
    made = _choose.build(["worst_error_of_the_readme"], "numbers", 1, "cpu")["worst_error_of_the_readme"]
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
