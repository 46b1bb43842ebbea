"""What the families of lists share: blocks of layers, values given once for all blocks or once for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.layer import Layer
from dlrun.models.plan import shape_text
from dlrun.models.shapes import Shape


def dropped(rate: float) -> list[Layer]:
    """A dropout layer, or nothing at rate 0."""
    if not rate:
        return []
    from dlrun.models.layers.dropout import Dropout

    return [Dropout(rate)]


def flat(shape: Shape) -> list[Layer]:
    """What makes a vector of rows of this shape."""
    if len(shape) == 1:
        return []
    from dlrun.models.layers.flatten import Flatten

    return [Flatten()]


def shaped(shape: Shape) -> list[Layer]:
    """What makes rows of this shape of a vector."""
    if len(shape) == 1:
        return []
    from dlrun.models.layers.reshape import Reshape

    return [Reshape(shape)]


class _Filtered(Protocol):
    """A model of blocks of convolutions."""

    @property
    def filters(self) -> tuple[int, ...]: ...


def per_block(model: _Filtered, keys: Iterable[str]) -> list[tuple[int, ...]]:
    """Each key's values, one for each of the model's `filters`; ConfigError where there are as many as neither."""
    blocks, wrong, found = len(model.filters), [], []
    for key in keys:
        given = getattr(model, key)
        if len(given) not in (1, blocks):
            wrong.append(Problem(f"model.{key}={list(given)}", f"expected one integer, or {blocks}, one for each of "
                                                               f"filters={list(model.filters)}"))
        found.append(given * blocks if len(given) == 1 else given)
    if wrong:
        raise ConfigError(wrong)
    return found


def typed(value: object) -> str:
    """A value as it is typed on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_images(given: str, name: str, data_spec: DatasetSpec) -> None:
    """Raises ConfigError for rows that are no images, with a model that reads them."""
    if len(data_spec.input_shape) == 3:
        return
    size, other = data_spec.input_shape[0] if data_spec.input_shape else 0, "dense"
    if data_spec.input_kind in ("tokens", "series"):
        other = "lstm or conv1d"
    found = f"of shape {shape_text(data_spec.input_shape)}"
    if data_spec.input_kind == "tokens":
        found = f"sequences of {size} tokens"
    elif len(data_spec.input_shape) == 1:
        found = f"a table of {size} features"
    raise problem(given, f"{name} expects images; the data set is {found}; try  model={other}")
