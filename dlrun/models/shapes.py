"""Lengths of windows that slide over an axis: Keras's (TensorFlow's) rules, in integers."""

from __future__ import annotations

Shape = tuple[int, ...]


def per_axis(values: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One value for each of `rank` axes; a single value serves them all."""
    return values * rank if len(values) == 1 else values


def by(sizes: tuple[int, ...]) -> str:
    """``3 x 3``."""
    return " x ".join(map(str, sizes))


def pads(size: int, kernel: int, stride: int, dilation: int, padding: str | int) -> tuple[int, int]:
    """Zeros put before and after an axis.

    "same" makes ceil(size / stride) windows fit and puts an odd zero after, not before; "causal" puts all before.
    """
    if padding == "valid":
        return 0, 0
    if isinstance(padding, int):
        return padding, padding
    reach = (kernel - 1) * dilation
    if padding == "causal":
        return reach, 0
    total = max((-(-size // stride) - 1) * stride + reach + 1 - size, 0)
    return total // 2, total - total // 2


def windows(sizes: Shape, kernel: Shape, stride: Shape, dilation: Shape, padding: str | int) -> Shape:
    """Number of windows on each axis; ValueError when a window is larger than the padded input."""
    lengths = []
    for size, side, step, spread in zip(sizes, kernel, stride, dilation):
        padded = size + sum(pads(size, side, step, spread, padding))
        lengths.append((padded - (side - 1) * spread - 1) // step + 1)
    if min(lengths) < 1:
        reach = tuple((side - 1) * spread + 1 for side, spread in zip(kernel, dilation))
        raise ValueError(f"a window of {by(reach)} is larger than its input of {by(sizes)}; "
                         "padding: same, a smaller window or fewer poolings before it")
    return tuple(lengths)


def transposed(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """Length after a transposed convolution and how much of its full output is cut off in front.

    The full output, (size - 1) * stride + kernel, is cut ("same") or filled with zeros behind to that length.
    """
    length = size * stride + (max(kernel - stride, 0) if padding == "valid" else 0)
    return length, max((size - 1) * stride + kernel - length, 0) // 2
