"""The vocabulary of layers: what a list in YAML may say.  Pure: shapes and counts without torch.

A new kind is a frozen dataclass here and a module in `models.layers`, each entered in its table.
"""

from __future__ import annotations

from dlrun.models.vocabulary.activation import Activation, Elu, LeakyRelu, Prelu
from dlrun.models.vocabulary.base import Layer, Part, Weighted
from dlrun.models.vocabulary.branching import Parallel, Residual
from dlrun.models.vocabulary.convolution import Conv, Conv1d, SeparableConv, TransposedConv
from dlrun.models.vocabulary.dense import Dense, Embedding
from dlrun.models.vocabulary.dropping import Dropout, SpatialDropout
from dlrun.models.vocabulary.geometry import Shape
from dlrun.models.vocabulary.normalization import BatchNorm, InstanceNorm, LayerNorm
from dlrun.models.vocabulary.pooling import Crop, GlobalPool, Pool, Upsample
from dlrun.models.vocabulary.recurrent import Gru, Lstm, Recurrent, Rnn
from dlrun.models.vocabulary.sequence import Repeat, Reverse, TimeDistributed
from dlrun.models.vocabulary.shaping import Flatten, Reshape
from dlrun.models.vocabulary.sparsity import KSparse

__all__ = [
    "LAYERS", "Activation", "BatchNorm", "Conv", "Conv1d", "Crop", "Dense", "Dropout", "Elu", "Embedding", "Flatten",
    "GlobalPool", "Gru", "InstanceNorm", "KSparse", "Layer", "LayerNorm", "LeakyRelu", "Lstm", "Parallel", "Part",
    "Pool", "Prelu", "Recurrent", "Repeat", "Reshape", "Residual", "Reverse", "Rnn", "SeparableConv", "Shape",
    "SpatialDropout", "TimeDistributed", "TransposedConv", "Upsample", "Weighted",
]

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        Dense, Conv, Conv1d, SeparableConv, TransposedConv, Pool, GlobalPool, Upsample, Crop, Flatten, Reshape,
        Dropout, SpatialDropout, BatchNorm, LayerNorm, InstanceNorm, Activation, LeakyRelu, Elu, Prelu,
        Residual, Parallel, KSparse, Embedding, Rnn, Lstm, Gru, TimeDistributed, Repeat, Reverse,
    )
}
