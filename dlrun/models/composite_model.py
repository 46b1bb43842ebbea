"""What the models of several networks share: autoencoders, GANs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite_spec import CompositeSpec, rows
from dlrun.models.model import Model, Module, Rng
from dlrun.models.plan import LayerRow
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class CompositeModel(Model):
    """A model of several networks, which its `wirings` name.

    Each part is shorthand (widths, filters) or, where the key of its name is given, a list of layers as in
    `model=sequential`.  In such a list ``dense: out`` has as many units as the part has to give, and a sigmoid at the
    end of a decoder or a discriminator may be written as the books do: the losses take the values before it.
    """

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        """The networks for this data, whose inputs lie in `values`."""
        raise NotImplementedError

    def check_inputs(self, data_spec: DatasetSpec) -> None:
        """Raises ConfigError for rows that it cannot read, saying what fits."""
        if data_spec.input_kind not in ("image", "table"):
            fits = "lstm_autoencoder" if self.natural_task == "reconstruct" else "lstm"
            raise problem(self.given, f"it expects images or tables; the data set's rows are {data_spec.input_kind}; "
                                      f"try  model={fits}")

    def network(self, data_spec: DatasetSpec, outputs: int = 0, values: str = "any") -> CompositeSpec:
        self.check_inputs(data_spec)
        spec = self.composite(data_spec, values)
        for part in spec.parts:
            spec.outputs(part)
        return spec

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.composite import build_composite

        return build_composite(network, seed=seed, rng=rng)

    def table(self, network: Any, input_shape: Shape) -> list[LayerRow]:
        return rows(network)
