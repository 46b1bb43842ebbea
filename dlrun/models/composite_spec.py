"""A model of several networks before it is one: lists of layers by the name of the part.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dlrun.config.problem import ConfigError, Problem
from dlrun.models.layer import Layer
from dlrun.models.plan import LayerRow, output_shape, plan, totals
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class NetworkSpec:
    """One network: its layers, the shape of its input, and the function that turns its last values into what they mean.

    That function, `end`, is kept apart from the layers because some losses take the values before it: cross-entropy of
    a sigmoid is exact and stable only there.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    end: str = "linear"

    @property
    def output_shape(self) -> Shape:
        """Raises ConfigError where the layers do not fit together."""
        return output_shape(self.layers, self.input_shape)


@dataclass(frozen=True)
class CompositeSpec:
    """Networks by name, and how they are wired.

    `wiring` is "autoencoder" (parts encoder, decoder), "token_autoencoder" (embedding, encoder, decoder), "vae"
    (encoder, mu, log_var, decoder) or "gan" (generator, discriminator).  `prior` is what the latent vectors of the last
    two are drawn from: "normal" or "uniform" (-1 to 1).
    """

    wiring: str
    parts: Mapping[str, NetworkSpec]
    prior: str = "normal"
    trained: bool = True  # False: the weights are computed from the training rows at once

    def outputs(self, part: str) -> Shape:
        """The shape of a part's output; ConfigError names the part and the layer."""
        try:
            return self.parts[part].output_shape
        except ConfigError as wrong:
            raise ConfigError(Problem(f"{part}: {p.given}", p.expected, p.origin) for p in wrong.problems) from None


def rows(spec: CompositeSpec) -> list[LayerRow]:
    """The table of all parts: a heading for each with its count, then its layers, named as in the state dict."""
    found: list[LayerRow] = []
    for name, network in spec.parts.items():
        output = spec.outputs(name)
        inner = plan(network.layers, network.input_shape)
        end = "" if network.end == "linear" else f", then {network.end}"
        found.append(LayerRow(name, "part", f"{sum(totals(inner)):,} parameters{end}", output, 0, 0))
        found += [replace(row, name=f"{name}.{row.name}", indent=row.indent + 1) for row in inner]
    return found
