"""The PyTorch module of each layer of the vocabulary: one table, one maker for each kind.

A maker gets the layer, the shape of its input, the noise and the modules of its parts; None means that nothing is
needed (dropout of rate 0).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.activation import FUNCTIONS, Activation, Prelu
from dlrun.models.layers.branching import Parallel, Residual
from dlrun.models.layers.convolution import Conv, SeparableConv, TransposedConv
from dlrun.models.layers.dense import Dense, Embedding
from dlrun.models.layers.normalization import BatchNorm, InstanceNorm, LayerNorm
from dlrun.models.layers.pooling import Crop, GlobalPool, Pool, Upsample
from dlrun.models.layers.recurrent import Recurrent
from dlrun.models.layers.sequence import Repeat, Reverse, TimeDistributed
from dlrun.models.layers.shaping import Flatten, Reshape
from dlrun.models.layers.sparsity import KSparse
from dlrun.models.step_rng import Dropout, SpatialDropout, StepRng

Maker = Callable[[Any, words.Shape, StepRng, dict[str, nn.Module]], "nn.Module | None"]


def _plain(module: Callable[..., nn.Module]) -> Maker:
    """A maker that needs the layer and its input's shape only."""
    return lambda layer, shape, rng, parts: module(layer, shape)


def _activation(layer: words.Activation) -> nn.Module | None:
    function = FUNCTIONS.get(layer.function)
    return None if function is None else Activation(function, layer.function)


def _prelu(layer: words.Prelu, shape: words.Shape) -> nn.Module:
    return Prelu((shape[0], *(1 for _ in shape[1:])) if layer.shared else shape, layer.slope)


MAKERS: dict[type[words.Layer], Maker] = {
    words.Dense: _plain(Dense),
    words.Embedding: _plain(Embedding),
    words.TimeDistributed: _plain(TimeDistributed),
    words.Repeat: lambda layer, shape, rng, parts: Repeat(layer),
    words.Reverse: lambda layer, shape, rng, parts: Reverse(),
    words.Rnn: lambda layer, shape, rng, parts: Recurrent(layer, shape, rng),
    words.Lstm: lambda layer, shape, rng, parts: Recurrent(layer, shape, rng),
    words.Gru: lambda layer, shape, rng, parts: Recurrent(layer, shape, rng),
    words.Conv: _plain(Conv),
    words.Conv1d: _plain(Conv),
    words.SeparableConv: _plain(SeparableConv),
    words.TransposedConv: _plain(TransposedConv),
    words.Pool: _plain(Pool),
    words.GlobalPool: _plain(GlobalPool),
    words.Upsample: _plain(Upsample),
    words.Crop: _plain(Crop),
    words.Flatten: lambda layer, shape, rng, parts: Flatten() if len(shape) > 1 else None,
    words.Reshape: lambda layer, shape, rng, parts: Reshape(layer.shape),
    words.Dropout: lambda layer, shape, rng, parts: Dropout(layer.rate, rng) if layer.rate else None,
    words.SpatialDropout: lambda layer, shape, rng, parts: SpatialDropout(layer.rate, rng) if layer.rate else None,
    words.BatchNorm: _plain(BatchNorm),
    words.LayerNorm: _plain(LayerNorm),
    words.InstanceNorm: _plain(InstanceNorm),
    words.Activation: lambda layer, shape, rng, parts: _activation(layer),
    words.LeakyRelu: lambda layer, shape, rng, parts: Activation(
        partial(F.leaky_relu, negative_slope=layer.slope), layer.text()),
    words.Elu: lambda layer, shape, rng, parts: Activation(partial(F.elu, alpha=layer.alpha), layer.text()),
    words.Prelu: _plain(_prelu),
    words.Residual: lambda layer, shape, rng, parts: Residual(layer, parts),
    words.Parallel: lambda layer, shape, rng, parts: Parallel(layer, parts),
    words.KSparse: lambda layer, shape, rng, parts: KSparse(layer.keep),
}
