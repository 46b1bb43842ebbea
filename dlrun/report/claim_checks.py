"""A claim's check as it is written: what may stand in it, and which rows it names.

It is written with the rows' names (in quotes where they are no plain words), numbers, ``+ - * /``, and ``<`` or ``>``;
several are joined by ``and``, or chained (``a < b < c``).  A row stands for the claim's metric; functions take another:
``of(row, "val/loss")``, ``onset(row)`` (the epoch at which overfitting begins, by val/loss or the metric given),
``equal(a, b, 0.01)`` (no further apart than that), ``seconds(row)``, ``parameters(row)``, ``baseline(row)``.
``spread(row)``, the deviation over seeds, is compared with another one, a number or other values; it may be multiplied
by a number (``spread(a) > 2 * spread(b)``) and by nothing else.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from dlrun.config.problem import did_you_mean, problem

FUNCTIONS = {"of": (2, 2), "onset": (1, 2), "spread": (1, 2), "seconds": (1, 1), "parameters": (1, 1),
             "baseline": (1, 1)}  # how many arguments: least, most
EQUAL, SPREAD = "equal", "spread"
ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def parse(check: str, rows: list[str]) -> ast.expr:
    """The tree of a check; raises ConfigError that name what is wrong in it."""
    tree = _tree(check)
    for node in comparisons(tree):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.args
        for side in sides:
            _known(side, rows, check)
            if has_spread(side) and (scaled_spread(side) is None or isinstance(node, ast.Call)):
                raise problem(f"check={check}", "expected spread(row), or a number times it, on a side by itself")
    return tree


def rows_of(check: str) -> list[str]:
    """The rows that a check names; raises ConfigError for one that cannot be read."""
    found: dict[str, None] = {}
    for node in ast.walk(_tree(check)):
        if isinstance(node, ast.Call) and name_of(node.func) in FUNCTIONS and len(node.args) == 2:
            node.args.pop()  # a metric
        for part in ast.iter_child_nodes(node):
            name = name_of(part)
            if name is not None and not (isinstance(node, ast.Call) and part is node.func):
                found[name] = None
    return list(found)


def on_runs(check: str, run_of: Callable[[str], str], metric: str) -> str:
    """The check with runs and their metrics in place of rows: one text for what two tables check on the same runs.

    `metric` is the one that a row stands for.  Raises ConfigError for a check that cannot be read.
    """
    return ast.unparse(_OnRuns(run_of, metric).visit(_tree(check)))


def metrics_of(check: str, metric: str) -> set[str]:
    """The metrics that a check looks at, with `metric` for rows by themselves; raises ConfigError as `on_runs`."""
    found = _OnRuns(lambda row: row, metric)
    found.visit(_tree(check))
    return found.metrics


class _OnRuns(ast.NodeTransformer):
    """Writes each row as the metric of a run, and leaves the names of functions; `metrics` are those met."""

    def __init__(self, run_of: Callable[[str], str], metric: str):
        self.run_of, self.metric = run_of, metric
        self.metrics: set[str] = set()

    def visit_Call(self, node: ast.Call) -> ast.Call:
        function = name_of(node.func) or ""
        if function not in FUNCTIONS:
            return ast.Call(node.func, [self.visit(part) for part in node.args], [])
        given = name_of(node.args[1]) if len(node.args) == 2 else None
        return self._of(SPREAD if function == SPREAD else "of", name_of(node.args[0]) or "",
                        metric_of_call(function, given) or self.metric)

    def visit_Name(self, node: ast.Name) -> ast.Call:
        return self._of("of", node.id, self.metric)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self._of("of", node.value, self.metric) if isinstance(node.value, str) else node

    def _of(self, function: str, row: str, metric: str) -> ast.Call:
        self.metrics.add(metric)
        return ast.Call(ast.Name(function, ast.Load()), [ast.Constant(self.run_of(row)), ast.Constant(metric)], [])


def metric_of_call(function: str, given: str | None) -> str | None:
    """The metric that a function of a row looks at; None: the claim's."""
    if function == "onset":
        return f"onset/{given or 'val/loss'}"
    return function if function in ("seconds", "parameters", "baseline") else given


def comparisons(tree: ast.expr) -> list[ast.Compare | ast.Call]:
    """The comparisons that a check joins; raises ConfigError for anything else."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [node for value in tree.values for node in comparisons(value)]
    if isinstance(tree, ast.Compare) and all(isinstance(op, (ast.Lt, ast.Gt)) for op in tree.ops):
        return [tree]
    if isinstance(tree, ast.Call) and name_of(tree.func) == EQUAL and len(tree.args) == 3 and not tree.keywords \
            and isinstance(tree.args[2], ast.Constant) and isinstance(tree.args[2].value, (int, float)):
        return [tree]
    raise problem(f"check={ast.unparse(tree)}", "expected a comparison by < or >, or equal(a, b, within)")


def name_of(node: ast.AST) -> str | None:
    """The row (or function) that a node names; None for other nodes."""
    if isinstance(node, ast.Name):
        return node.id
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def has_spread(node: ast.AST) -> bool:
    """Whether a side speaks of a spread."""
    return any(isinstance(part, ast.Call) and name_of(part.func) == SPREAD for part in ast.walk(node))


def scaled_spread(node: ast.expr) -> tuple[float, ast.Call] | None:
    """The number and the call of ``2 * spread(row)``, 1 where there is no number; None for another side."""
    if isinstance(node, ast.Call) and name_of(node.func) == SPREAD:
        return 1.0, node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for number, call in ((node.left, node.right), (node.right, node.left)):
            if isinstance(number, ast.Constant) and isinstance(number.value, (int, float)) and number.value > 0 \
                    and isinstance(call, ast.Call) and name_of(call.func) == SPREAD:
                return float(number.value), call
    return None


def _tree(check: str) -> ast.expr:
    try:
        return ast.parse(check.strip(), mode="eval").body
    except SyntaxError:
        raise problem(f"check={check}", "expected rows, numbers, < and >, as in  rmsprop > sgd") from None


def _known(node: ast.expr, rows: list[str], check: str) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return
    name = name_of(node)
    if name is not None:
        if name not in rows:
            raise problem(f"check={check}", f"no row {name}{did_you_mean(name, rows)}")
        return
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        _known(node.left, rows, check)
        _known(node.right, rows, check)
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _known(node.operand, rows, check)
    if isinstance(node, ast.Call) and name_of(node.func) in FUNCTIONS and not node.keywords:
        least, most = FUNCTIONS[name_of(node.func) or ""]
        if not least <= len(node.args) <= most or name_of(node.args[0]) is None:
            raise problem(f"check={check}", f"{ast.unparse(node)} cannot stand here")
        if len(node.args) == 2 and not (isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str)):
            raise problem(f"check={check}", f"expected a metric in quotes in {ast.unparse(node)}")
        return _known(node.args[0], rows, check)
    raise problem(f"check={check}", f"{ast.unparse(node)}: rows, numbers, + - * / and {', '.join(FUNCTIONS)} are known")
