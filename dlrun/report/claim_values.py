"""The numbers of a side of a claim's check, by seed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from dlrun.report.claim_checks import ARITHMETIC, metric_of_call, name_of

Values = Mapping[int, float]  # by seed
ValuesOf = Callable[[str, str | None], Values]  # row, metric (None: the claim's) -> the values of its seeds


class Missing(Exception):
    """A row, or a metric of it, has not been measured."""


def value(node: ast.expr, values_of: ValuesOf) -> Values | float:
    """The values of a side, or its number.  Raises Missing."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, str):
        return float(node.value)  # type: ignore[arg-type]
    name = name_of(node)
    if name is not None:
        return _found(values_of, name, None)
    if isinstance(node, ast.BinOp):
        return paired(value(node.left, values_of), value(node.right, values_of), ARITHMETIC[type(node.op)])
    if isinstance(node, ast.UnaryOp):
        return paired(0.0, value(node.operand, values_of), operator.sub)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return of_call(node, values_of)


def of_call(node: ast.Call, values_of: ValuesOf) -> Values | float:
    """The values of a function of a row; of ``spread(row)`` those that are spread.  Raises Missing."""
    row, function = name_of(node.args[0]), name_of(node.func)
    assert row is not None and function is not None
    metric = metric_of_call(function, name_of(node.args[1]) if len(node.args) == 2 else None)
    found = _found(values_of, row, metric)
    return next(iter(found.values())) if metric == "parameters" else found  # no seed changes it


def paired(a: Values | float, b: Values | float, by: Callable[[float, float], float]) -> Values | float:
    """Both sides joined by common seeds; a number stands for itself at each.  Raises Missing without a common one."""
    if isinstance(a, float) and isinstance(b, float):
        return by(a, b)
    seeds = sorted((a.keys() if not isinstance(a, float) else b.keys())  # type: ignore[union-attr]
                   & (b.keys() if not isinstance(b, float) else a.keys()))  # type: ignore[union-attr]
    if not seeds:
        raise Missing
    return {seed: by(a if isinstance(a, float) else a[seed], b if isinstance(b, float) else b[seed]) for seed in seeds}


def _found(values_of: ValuesOf, row: str, metric: str | None) -> Values:
    found = values_of(row, metric)
    if not found:
        raise Missing
    return found
