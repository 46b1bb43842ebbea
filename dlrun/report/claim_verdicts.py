"""Claims as checks over rows: ``rmsprop > sgd``, decided by paired intervals over the seeds that both sides have.

A check is written with the rows' names (in quotes where they are no plain words), numbers, ``+ - * /``, and ``<``
or ``>``; several are joined by ``and``, or chained (``a < b < c``).  A row stands for the claim's metric; functions
take another: ``of(row, "val/loss")``, ``onset(row)`` (the epoch at which overfitting begins, by val/loss or the
metric given), ``equal(a, b, 0.01)`` (no further apart than that), ``spread(row)`` (the deviation over seeds: one
number without an interval), ``seconds(row)``, ``parameters(row)``, ``baseline(row)``.

A comparison *holds* if the 95 % interval of the difference lies on its side of 0, is *contradicted* if it lies on the
other, and is *undecided* else. Where some runs never came to a value (an infinite number of steps), it is decided by
the order alone: by that of all seeds, of three at least. `equal` holds if the interval lies within the distance, and
is contradicted if it lies outside of it. Where a difference has no spread at all (numbers of parameters) its sign
decides.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dlrun.config.problem import did_you_mean, problem
from dlrun.report.statistics import Interval, interval, sd

FEWEST = 3  # seeds whose order decides alone
HOLDS, CONTRADICTED, UNDECIDED, MISSING = "holds", "contradicted", "undecided", "not measured"
FUNCTIONS = {"of": (2, 2), "onset": (1, 2), "spread": (1, 2), "seconds": (1, 1), "parameters": (1, 1),
             "baseline": (1, 1)}  # how many arguments: least, most
EQUAL = "equal"
_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

Values = Mapping[int, float]  # by seed
ValuesOf = Callable[[str, str | None], Values]  # row, metric (None: the claim's) -> the values of its seeds


@dataclass(frozen=True)
class ClaimVerdict:
    """`difference` is that of the comparison that decided, paired over `difference.n` seeds."""

    word: str
    difference: Interval | None = None


class Missing(Exception):
    """A row, or a metric of it, has not been measured."""


def decide(check: str, rows: list[str], values_of: ValuesOf) -> ClaimVerdict:
    """The verdict of a check over rows by name; raises ConfigError for one that cannot be read."""
    tree = parse(check, rows)
    try:
        found = [_compared(node, values_of) for node in _comparisons(tree)]
    except Missing:
        return ClaimVerdict(MISSING)
    for word in (CONTRADICTED, UNDECIDED, HOLDS):
        for verdict in found:
            if verdict.word == word:
                return verdict
    raise AssertionError("a check without comparisons was let through")


def parse(check: str, rows: list[str]) -> ast.expr:
    """The tree of a check; raises ConfigError that name what is wrong in it."""
    tree = _tree(check)
    for node in _comparisons(tree):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.args
        for side in sides:
            _known(side, rows, check)
    return tree


def rows_of(check: str) -> list[str]:
    """The rows that a check names; raises ConfigError for one that cannot be read."""
    found: dict[str, None] = {}
    for node in ast.walk(_tree(check)):
        if isinstance(node, ast.Call) and _name(node.func) in FUNCTIONS and len(node.args) == 2:
            node.args.pop()  # a metric
        for part in ast.iter_child_nodes(node):
            name = _name(part)
            if name is not None and not (isinstance(node, ast.Call) and part is node.func):
                found[name] = None
    return list(found)


def _tree(check: str) -> ast.expr:
    try:
        return ast.parse(check.strip(), mode="eval").body
    except SyntaxError:
        raise problem(f"check={check}", "expected rows, numbers, < and >, as in  rmsprop > sgd") from None


def _comparisons(tree: ast.expr) -> list[ast.Compare | ast.Call]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [node for value in tree.values for node in _comparisons(value)]
    if isinstance(tree, ast.Compare) and all(isinstance(op, (ast.Lt, ast.Gt)) for op in tree.ops):
        return [tree]
    if isinstance(tree, ast.Call) and _name(tree.func) == EQUAL and len(tree.args) == 3 and not tree.keywords \
            and isinstance(tree.args[2], ast.Constant) and isinstance(tree.args[2].value, (int, float)):
        return [tree]
    raise problem(f"check={ast.unparse(tree)}", "expected a comparison by < or >, or equal(a, b, within)")


def _known(node: ast.expr, rows: list[str], check: str) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return
    name = _name(node)
    if name is not None:
        if name not in rows:
            raise problem(f"check={check}", f"no row {name}{did_you_mean(name, rows)}")
        return
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        _known(node.left, rows, check)
        _known(node.right, rows, check)
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _known(node.operand, rows, check)
    if isinstance(node, ast.Call) and _name(node.func) in FUNCTIONS and not node.keywords:
        least, most = FUNCTIONS[_name(node.func) or ""]
        if not least <= len(node.args) <= most or _name(node.args[0]) is None:
            raise problem(f"check={check}", f"{ast.unparse(node)} cannot stand here")
        if len(node.args) == 2 and not (isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str)):
            raise problem(f"check={check}", f"expected a metric in quotes in {ast.unparse(node)}")
        return _known(node.args[0], rows, check)
    raise problem(f"check={check}", f"{ast.unparse(node)}: rows, numbers, + - * / and {', '.join(FUNCTIONS)} are known")


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _compared(node: ast.Compare | ast.Call, values_of: ValuesOf) -> ClaimVerdict:
    if isinstance(node, ast.Call):
        a, b, within = (_value(side, values_of) for side in node.args)
        assert isinstance(within, float)
        return _equal(_difference(a, b), within)
    sides = [node.left, *node.comparators]
    worst = ClaimVerdict(HOLDS)
    for left, op, right in zip(sides, node.ops, sides[1:]):
        ours, theirs = (left, right) if isinstance(op, ast.Gt) else (right, left)
        verdict = _greater(_difference(_value(ours, values_of), _value(theirs, values_of)))
        order = (HOLDS, UNDECIDED, CONTRADICTED)
        if worst.difference is None or order.index(verdict.word) > order.index(worst.word):
            worst = verdict
    return worst


def _greater(difference: Interval) -> ClaimVerdict:
    low, high = _ends(difference)
    word = HOLDS if low > 0 else CONTRADICTED if high < 0 or low == high == 0 else UNDECIDED
    return ClaimVerdict(word, difference)


def _equal(difference: Interval, within: float) -> ClaimVerdict:
    low, high = _ends(difference)
    word = HOLDS if -within <= low and high <= within else \
        CONTRADICTED if low > within or high < -within else UNDECIDED
    return ClaimVerdict(word, difference)


def _ends(difference: Interval) -> tuple[float, float]:
    """The ends of the interval; nothing is known of a difference of one seed, but for its sign where it is exact."""
    if difference.half is not None:
        return difference.mean - difference.half, difference.mean + difference.half
    return -float("inf"), float("inf")


def _difference(ours: Values | float, theirs: Values | float) -> Interval:
    found = _paired(ours, theirs, operator.sub)
    if isinstance(found, float):
        return Interval(found, 0.0, 0.0, 1)
    values = list(found.values())
    if all(map(math.isfinite, values)):
        return interval(values)
    for way in (1.0, -1.0):
        if len(values) >= FEWEST and all(way * value > 0 for value in values):  # NaN, where neither came to it, is not
            return Interval(way * math.inf, 0.0, None, len(values))
    return Interval(math.nan, None, None, len(values))


def _paired(a: Values | float, b: Values | float, by: Callable[[float, float], float]) -> Values | float:
    if isinstance(a, float) and isinstance(b, float):
        return by(a, b)
    seeds = sorted((a.keys() if not isinstance(a, float) else b.keys())  # type: ignore[union-attr]
                   & (b.keys() if not isinstance(b, float) else a.keys()))  # type: ignore[union-attr]
    if not seeds:
        raise Missing
    return {seed: by(a if isinstance(a, float) else a[seed], b if isinstance(b, float) else b[seed]) for seed in seeds}


def _value(node: ast.expr, values_of: ValuesOf) -> Values | float:
    if isinstance(node, ast.Constant) and not isinstance(node.value, str):
        return float(node.value)  # type: ignore[arg-type]
    name = _name(node)
    if name is not None:
        return _found_values(values_of, name, None)
    if isinstance(node, ast.BinOp):
        return _paired(_value(node.left, values_of), _value(node.right, values_of), _ARITHMETIC[type(node.op)])
    if isinstance(node, ast.UnaryOp):
        return _paired(0.0, _value(node.operand, values_of), operator.sub)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    row, metric = _name(node.args[0]), None
    assert row is not None
    if len(node.args) == 2:
        metric = ast.literal_eval(node.args[1])
    if node.func.id == "spread":
        spread = sd(list(_found_values(values_of, row, metric).values()))
        if spread is None:
            raise Missing
        return spread
    if node.func.id == "onset":
        metric = f"onset/{metric or 'val/loss'}"
    elif node.func.id in ("seconds", "parameters", "baseline"):
        metric = node.func.id
    found = _found_values(values_of, row, metric)
    return next(iter(found.values())) if metric == "parameters" else found  # no seed changes it


def _found_values(values_of: ValuesOf, row: str, metric: str | None) -> Values:
    found = values_of(row, metric)
    if not found:
        raise Missing
    return found
