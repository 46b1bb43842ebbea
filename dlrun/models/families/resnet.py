"""The family ``resnet``."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, integer, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import INIT_DOC, INITS
from dlrun.models.families._lists import check_images, dropped
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.residual import Residual
from dlrun.models.model import ListModel
from dlrun.registry import register

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}  # of each stage; the small ones have (depth - 2) / 6 in each of three
LARGE = 64  # pixels: above, a picture is halved twice before the first block


@register("model", "resnet")
@dataclass(frozen=True)
class Resnet(ListModel):
    """Residual network (He et al. 2015): of 20, 32, 44 or 56 layers for small pictures, 18 or 34 for photographs.

    Blocks of two convolutions 3 x 3 with a shortcut around them, stages of twice the filters on half the pixels; a
    shortcut between stages is a convolution 1 x 1 with batch norm.  Batch norm is PyTorch's (momentum 0.1, eps 1e-5).
    """

    depth: int = choice(20, (20, 32, 44, 56, 18, 34), "layers with weights; 20 to 56: three stages from 16 filters on, "
                        "18 and 34: four from 64 on")
    filters: int | None = integer(None, "filters of the first stage; null: 16, or 64 with 18 and 34 layers", low=1)
    stem: str = choice("auto", ("auto", "3x3", "7x7"), "the first convolution; 7x7 halves the picture, and a pooling "
                       "halves it again; auto: 7x7 with 18 and 34 layers on pictures of more than 64 pixels")
    dropout: float = number(0.0, "share of the means before the output dropped", low=0, high=1, below=True)
    init: str = choice("he_normal", INITS, INIT_DOC)
    l2: float = number(0.0, "L2 penalty on convolutions, added to the loss", low=0)

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        check_images(self.given, "resnet", data_spec)
        large = self.depth in BLOCKS
        filters = self.filters or (64 if large else 16)
        stages = BLOCKS.get(self.depth) or (((self.depth - 2) // 6,) * 3)
        halved = self.stem == "7x7" or (self.stem == "auto" and large and max(data_spec.input_shape[1:]) > LARGE)
        layers: list[Layer] = [*self._conv(filters, 7 if halved else 3, 2 if halved else 1), Activation("relu")]
        if halved:
            layers.append(Pool((3,), (2,), "same"))
        for stage, blocks in enumerate(stages):
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                inside = (*self._conv(filters << stage, 3, stride), Activation("relu"),
                          *self._conv(filters << stage, 3))
                layers.append(Residual(inside, shortcut_norm=True, activation="relu", init=self.init))
        return [*layers, GlobalPool("average"), *dropped(self.dropout), Dense(outputs)]

    def _conv(self, filters: int, side: int, stride: int = 1) -> list[Layer]:
        return [Conv(filters, (side,), (stride,), "same", init=self.init, bias=False, l2=self.l2),
                BatchNorm(momentum=0.9, eps=1e-5)]
