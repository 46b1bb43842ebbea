"""A model that is a list of layers, one of them the package's own."""

from dataclasses import dataclass

from dlrun.api.kinds import ListModel, integer, number
from dlrun.models.layers.dense import Dense
from extra_kinds.layer import Fuzz


@dataclass(frozen=True)
class Fuzzy(ListModel):
    """One hidden layer whose units are fuzzy while training."""

    units: int = integer(12, "Hidden units.", low=1)
    size: float = number(0.1, "How fuzzy they are.", low=0)

    def layers_for(self, data_spec, outputs):
        return [Dense(self.units, activation="tanh", init="glorot_uniform"), Fuzz(self.size),
                Dense(outputs, init="glorot_uniform")]
