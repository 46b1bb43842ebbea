"""Operations on single elements, as expressions in C of their arguments."""

from __future__ import annotations

from collections.abc import Callable

Formula = Callable[..., str]

# The functions in capitals are in `prelude`.  None of these reads an argument on a condition, as C's ?: would: gcc 12.2
# makes wrong code of such reads in some loops.  Where an argument is read twice it is one of no loop.
FORMULAS: dict[str, Formula] = {
    "add": lambda a, b, alpha="": f"({a} + {_times(alpha, b)})",
    "sub": lambda a, b, alpha="": f"({a} - {_times(alpha, b)})",
    "rsub": lambda a, b, alpha="": f"({b} - {_times(alpha, a)})",
    "mul": lambda a, b: f"({a} * {b})",
    "div": lambda a, b: f"({a} / {b})",
    "neg": lambda a: f"(-{a})",
    "abs": lambda a: f"FABS({a})",
    "sqrt": lambda a: f"SQRT({a})",
    "rsqrt": lambda a: f"(1 / SQRT({a}))",
    "reciprocal": lambda a: f"(1 / {a})",
    "square": lambda a: f"SQUARE({a})",
    "exp": lambda a: f"EXP({a})",
    "log": lambda a: f"LOG({a})",
    "log1p": lambda a: f"OF(log1pf, log1p, {a})({a})",
    "tanh": lambda a: f"TANH({a})",
    "erf": lambda a: f"ERF({a})",
    "sigmoid": lambda a: f"SIGMOID({a})",
    "relu": lambda a: f"RELU({a})",
    "sgn": lambda a: f"SIGN({a})",
    "sign": lambda a: f"SIGN({a})",
    "maximum": lambda a, b: f"MAXIMUM({a}, {b})",
    "minimum": lambda a, b: f"MINIMUM({a}, {b})",
    "lerp": lambda a, b, weight: f"({a} + {weight} * ({b} - {a}))",
    "addcmul": lambda a, b, c, value="": f"({a} + {_times(value, b)} * {c})",
    "addcdiv": lambda a, b, c, value="": f"({a} + {_times(value, b)} / {c})",
    "masked_fill": lambda a, mask, value: f"SELECT({mask}, {value}, {a})",
    "where": lambda condition, a, b: f"SELECT({condition}, {a}, {b})",
    "threshold": lambda a, low, value: f"SELECT({a} <= {low}, {value}, {a})",
    "threshold_backward": lambda gradient, a, low: f"SELECT({a} <= {low}, 0, {gradient})",
    "log_sigmoid_forward": lambda a: f"(-RELU(-{a}) - LOG1P(EXP(-FABS({a}))))",
    "tanh_backward": lambda gradient, out: f"({gradient} * (1 - SQUARE({out})))",
    "sigmoid_backward": lambda gradient, out: f"({gradient} * (1 - {out}) * {out})",
    "leaky_relu": lambda a, slope="0.01": f"LEAKY_RELU({a}, {slope})",
    "leaky_relu_backward": lambda gradient, a, slope, of_result: f"SELECT({a} > 0, 1, {slope}) * {gradient}",
    "silu": lambda a: f"({a} * SIGMOID({a}))",
    "silu_backward": lambda gradient, a: f"SILU_BACKWARD({gradient}, {a})",
    "gelu": lambda a, approximate="none": f"GELU({a})",
    "gelu_backward": lambda gradient, a, approximate="none": f"GELU_BACKWARD({gradient}, {a})",
    "softplus": lambda a, beta="1", threshold="20": f"SOFTPLUS({a}, {beta}, {threshold})",
    "softplus_backward": lambda gradient, a, beta, threshold:
        f"SOFTPLUS_BACKWARD({gradient}, {a}, {beta}, {threshold})",
    "elu": lambda a, alpha="1", scale="1", inner="1": f"ELU({a}, {alpha}, {scale}, {inner})",
    "elu_backward": lambda gradient, alpha, scale, inner, of_result, a:
        f"ELU_BACKWARD({gradient}, {a}, {alpha}, {scale}, {inner}, {of_result})",
    "hardtanh": lambda a, low="-1", high="1": f"MINIMUM(MAXIMUM({a}, {low}), {high})",
    "hardtanh_backward": lambda gradient, a, low, high: f"SELECT({a} <= {low} || {a} >= {high}, 0, {gradient})",
}
COMPARISONS: dict[str, Formula] = {
    "eq": lambda a, b: f"({a} == {b})", "ne": lambda a, b: f"({a} != {b})", "lt": lambda a, b: f"({a} < {b})",
    "le": lambda a, b: f"({a} <= {b})", "gt": lambda a, b: f"({a} > {b})", "ge": lambda a, b: f"({a} >= {b})",
    "logical_and": lambda a, b: f"({a} && {b})", "logical_or": lambda a, b: f"({a} || {b})",
    "logical_not": lambda a: f"(!{a})", "bitwise_and": lambda a, b: f"({a} & {b})",
    "bitwise_or": lambda a, b: f"({a} | {b})", "bitwise_not": lambda a: f"(!{a})",
}
# Rather stored than done twice:
COSTLY = {"exp", "log", "log1p", "log_sigmoid_forward", "tanh", "erf", "sigmoid", "silu", "silu_backward", "softplus",
          "softplus_backward", "elu", "elu_backward", "sqrt", "rsqrt", "div", "addcdiv", "reciprocal"}


def _times(factor: str, value: str) -> str:
    return value if factor in ("", "(float)1", "(double)1", "(float)1.0", "(double)1.0") else f"{factor} * {value}"
