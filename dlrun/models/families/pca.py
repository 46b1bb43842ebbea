"""The baseline ``pca``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from dlrun.config.problem import Problem, problem
from dlrun.config.schema.fields import integer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite_model import CompositeModel
from dlrun.models.composite_spec import CompositeSpec, NetworkSpec
from dlrun.models.families._lists import flat, shaped
from dlrun.models.layers.dense import Dense
from dlrun.registry import register


@register("model", "pca")
@dataclass(frozen=True)
class Pca(CompositeModel):
    """Baseline of autoencoders: principal components, a linear code of 16 (computed, not trained).

    No linear code has a smaller squared error.
    """

    computed: ClassVar[bool] = True
    natural_task: ClassVar[str] = "reconstruct"
    wirings: ClassVar[tuple[str, ...]] = ("autoencoder",)
    code: int = integer(16, "length of the code between encoder and decoder", low=1)

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        """One linear layer to the code and one back; computed, not trained."""
        shape = data_spec.input_shape
        size = prod(shape)
        if self.code > size:
            raise problem(f"model.code={self.code}", f"a row has {size:,} values, so there are {size:,} components at "
                                                     "most")
        return CompositeSpec("autoencoder", {
            "encoder": NetworkSpec((*flat(shape), Dense(self.code)), shape),
            "decoder": NetworkSpec((Dense(size), *shaped(shape)), (self.code,))}, trained=False)

    def unfit_rows(self, rows: int) -> Iterator[Problem]:
        if self.code > rows:
            yield Problem(f"model.code={self.code}", f"{rows:,} training rows have {rows:,} components at most")

    def fit(self, module: Any, rows: Any) -> None:
        from dlrun.models.families.pca_module import set_components

        set_components(module, rows.inputs(), rows.seed)
