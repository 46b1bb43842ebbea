"""The family ``cnn``."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, flag, integer, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS, MAX_NORM_DOC
from dlrun.models.families._lists import check_images, dropped, per_block
from dlrun.models.families._supervised import activated, hidden_layers, kernel
from dlrun.models.layer import Layer
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.pool import Pool
from dlrun.models.model import ListModel
from dlrun.registry import register


@register("model", "cnn")
@dataclass(frozen=True)
class Cnn(ListModel):
    """Convolutional network: blocks of 32 and 64 filters 3 x 3, each with max pooling, then 128 units.

    `kernel`, `stride` and `pool` are one integer for all blocks or one for each.
    A block of several convolutions has its stride on the first of them.
    """

    filters: tuple[int, ...] = integers((32, 64), "filters of each block", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((3,), "side of the kernels: one, or one for each block", low=1, scalar=True)
    stride: tuple[int, ...] = integers((1,), "stride: one, or one for each block", low=1, scalar=True)
    pool: tuple[int, ...] = integers((2,), "side of the pooling window: one, or one for each block; 0 is no pooling",
                                     low=0, scalar=True)
    convs: int = integer(1, "convolutions in each block", low=1)
    padding: str = choice("same", ("same", "valid"), "same keeps the size of the image, valid shrinks it")
    pool_kind: str = choice("max", ("max", "average"), "what a pooling takes of its window")
    activation: str = choice("relu", ACTIVATIONS, "activation of the convolutions and of the head's hidden layers")
    batch_norm: bool = flag(False, "batch normalisation before each activation")
    conv_dropout: float = number(0.0, "share of values dropped after each block", low=0, high=1, below=True)
    global_pool: str = choice("none", ("none", "average", "max"), "one value per filter instead of flattening")
    hidden: tuple[int, ...] = integers((128,), "units of each hidden layer of the head; may be []", low=1, scalar=True,
                                       empty=True)
    dropout: float = number(0.0, "share of units dropped after each hidden layer of the head", low=0, high=1,
                            below=True)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on convolutions and hidden layers, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on convolutions and hidden layers, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        check_images(self.given, "cnn", data_spec)
        kernels, strides, pools = per_block(self, ("kernel", "stride", "pool"))
        layers: list[Layer] = []
        for filters, side, stride, pool in zip(self.filters, kernels, strides, pools):
            for place in range(self.convs):
                step = stride if place == 0 else 1
                layers += activated(Conv(filters, (side,), (step,), self.padding, **kernel(self)), self)
            if pool:
                layers.append(Pool((pool,), take=self.pool_kind))
            layers += dropped(self.conv_dropout)
        if self.global_pool == "none":
            layers.append(Flatten())
        else:
            from dlrun.models.layers.global_pool import GlobalPool

            layers.append(GlobalPool(self.global_pool))
        return [*layers, *hidden_layers(self), Dense(outputs, init=self.init)]
