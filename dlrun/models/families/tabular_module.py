"""What ``model=tabular`` finds in the training rows before it is trained."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.models.layers.column_embedding_module import ColumnEmbedding
from dlrun.models.layers.member_mean_module import MemberMean


@torch.no_grad()
def set_edges(embedding: ColumnEmbedding, rows: np.ndarray) -> None:
    """Edges at the quantiles of each number of `rows` (rows, inputs); equal ones are one, the last fills the rest up.
    """
    if embedding.spans:
        rows = np.concatenate([rows[:, :0], *(rows[:, start:end] for start, end in embedding.between)], 1)
    columns, edges = rows.shape[1], embedding.edges.shape[1]
    levels = np.linspace(0, 1, edges)
    found = np.empty((columns, edges), np.float32)
    for place in range(columns):
        own = np.unique(np.quantile(rows[:, place].astype(np.float64), levels).astype(np.float32))
        found[place] = own[-1]
        found[place, : len(own)] = own
    embedding.edges.copy_(torch.from_numpy(found))


@torch.no_grad()
def set_target(output: MemberMean, numbers: np.ndarray) -> None:
    """Outputs begin at the mean of the training targets, in units of their deviation."""
    deviation = float(numbers.std(dtype=np.float64))
    output.offset.fill_(float(numbers.mean(dtype=np.float64)))
    output.factor.fill_(deviation or 1.0)
