"""What a reader hands over, checked before anybody counts up to a target or writes a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.source import RawDataset


def check_targets(source: RawDataset) -> None:
    """Raises ConfigError for a target that is none of the classes of its data set."""
    for classes, targets in _of_classes(source):
        if not targets.size:
            continue
        low, high = targets.min(), targets.max()
        if not 0 <= low <= high < classes:  # nor NaN
            raise problem("dataset", f"a target is class {low if not low >= 0 else high:.0f}; expected 0 to "
                                     f"{classes - 1}")


def check_names(source: RawDataset) -> None:
    """Raises ConfigError for the name of a class or column, or a word of one, that no file can hold."""
    spec = source.data_spec
    names = [*spec.classes, *spec.features, spec.target_name, *(head.name for head in spec.heads)]
    names += [word for head in spec.heads for word in head.classes]
    names += [word for column in source.columns for word in (column.name, *column.words)]
    check_texts(names)


def check_texts(names: Sequence[str]) -> None:
    """Raises ConfigError for a text with half of a pair of surrogates, or a folder's name that is no UTF-8."""
    try:
        "\n".join(names).encode()
    except UnicodeEncodeError:
        wrong = next(name for name in names if any("\ud800" <= sign <= "\udfff" for sign in name))
        raise problem("dataset", f"{wrong[:60]!r} is no text that UTF-8 can hold") from None


def _of_classes(source: RawDataset) -> Iterator[tuple[int, np.ndarray]]:
    """The arrays that hold numbers of classes, each with the number of these."""
    data_spec, arrays = source.data_spec, [y for y in (source.y, source.y_val, source.y_test) if y is not None]
    if data_spec.target_kind == "classes":
        yield from ((len(data_spec.classes), y) for y in arrays)
    if source.data_y is not None:
        yield len(data_spec.classes), source.data_y
    for place, head in enumerate(data_spec.heads):
        if head.classes:
            yield from ((len(head.classes), y[:, place]) for y in arrays)
