"""The family ``tcn``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, file, flag, integer, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import INIT_DOC, INITS
from dlrun.models.families._sequence import (
    EMBED_DOC,
    FREEZE_DOC,
    SPATIAL_DOC,
    VECTORS_DOC,
    head,
    input_layers,
    spatially_dropped,
)
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv1d import Conv1d
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.residual import Residual
from dlrun.models.model import ListModel
from dlrun.registry import register


@register("model", "tcn")
@dataclass(frozen=True)
class Tcn(ListModel):
    """Temporal convolutional network (Bai et al. 2018): causal convolutions whose distances double from block to block.

    A block is two convolutions, each with relu and dropout of whole channels, and a shortcut around both.  An output
    sees 1 + 2 * (kernel - 1) * (2^blocks - 1) steps back.  Batch norm may stand where the paper has weight norm.
    """

    suggests: ClassVar[Mapping[str, Any]] = {"dataset": "digits_rows"}
    filters: tuple[int, ...] = integers((32, 32, 32, 32), "filters of each block", low=1, scalar=True)
    kernel: int = integer(3, "width of the windows", low=2)
    causal: bool = flag(True, "no output sees later steps; false: windows around each step")
    batch_norm: bool = flag(False, "batch normalisation before each activation")
    global_pool: str = choice("last", ("last", "max", "average"), "what is taken of all positions for one target a row")
    embed: int = integer(32, EMBED_DOC, low=1)
    vectors: str | None = file(None, VECTORS_DOC)
    freeze: bool = flag(False, FREEZE_DOC)
    spatial_dropout: float = number(0.0, SPATIAL_DOC, low=0, high=1, below=True)
    dropout: float = number(0.0, "share of channels dropped after each convolution, each at all positions", low=0,
                            high=1, below=True)
    hidden: tuple[int, ...] = integers((), "units of the dense layers before the output", low=1, scalar=True,
                                       empty=True)
    init: str = choice("he_normal", INITS, INIT_DOC)

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        positions = data_spec.target_length
        if positions and positions != data_spec.input_shape[-1]:
            raise problem(self.given, "tcn gives an output at each position of its input; the targets have another "
                                      "length: try  model=lstm")
        layers = input_layers(self, data_spec, mask=False)
        for block, filters in enumerate(self.filters):
            layers.append(Residual((*self._conv(filters, 1 << block), *self._conv(filters, 1 << block)),
                                   shortcut_norm=self.batch_norm, activation="relu", init=self.init))
        if not positions:
            layers.append(GlobalPool(self.global_pool))
        return [*layers, *head(self, "relu", 0.0, positions, outputs)]

    def _conv(self, filters: int, distance: int) -> list[Layer]:
        conv = Conv1d(filters, (self.kernel,), padding="causal" if self.causal else "same", dilation=(distance,),
                      init=self.init, bias=not self.batch_norm)
        norm = [BatchNorm()] if self.batch_norm else []
        return [conv, *norm, Activation("relu"), *spatially_dropped(self.dropout)]
