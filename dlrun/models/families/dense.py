"""The family ``dense``."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, flag, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS, BIAS_INITS, INIT_DOC, INITS, MAX_NORM_DOC
from dlrun.models.families._lists import dropped, flat
from dlrun.models.families._supervised import hidden_layers
from dlrun.models.layer import Layer
from dlrun.models.layers.dense import Dense as DenseLayer
from dlrun.models.model import ListModel
from dlrun.registry import register


@register("model", "dense")
@dataclass(frozen=True)
class Dense(ListModel):
    """Fully connected network: 2 hidden layers of 128, relu.

    Images are flattened first.  With `batch_norm` a hidden layer is dense, batch norm, activation, dropout, in this
    order.
    """

    hidden: tuple[int, ...] = integers((128, 128), "units of each hidden layer; [] is softmax regression", low=1,
                                       scalar=True, empty=True)
    activation: str = choice("relu", ACTIVATIONS, "activation of the hidden layers")
    dropout: float = number(0.0, "share of units dropped after each hidden layer", low=0, high=1, below=True)
    input_dropout: float = number(0.0, "share of inputs dropped", low=0, high=1, below=True)
    batch_norm: bool = flag(False, "batch normalisation after each hidden layer, before its activation")
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    bias_init: str = choice("zeros", BIAS_INITS, "initial biases")
    l1: float = number(0.0, "L1 penalty on the hidden layers' weights, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the hidden layers' weights, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        head = DenseLayer(outputs, init=self.init, bias_init=self.bias_init)
        return [*flat(data_spec.input_shape), *dropped(self.input_dropout), *hidden_layers(self, self.bias_init), head]
