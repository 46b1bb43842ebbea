"""Pretrained word vectors into the embeddings that ask for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from dlrun.config.places import user_file
from dlrun.config.problem import problem
from dlrun.data.prepared import PreparedData
from dlrun.models.token_vectors import TokenVectors
from dlrun.models.vectors import load_vectors


def set_vectors(model: nn.Module, prepared: PreparedData, data_dir: Path, say: Callable[[str], None]) -> None:
    """Begin each embedding that names a file with its vectors, and say how much of the vocabulary they cover.

    The file is looked for as it is typed, then below the data folder; words that it lacks get zeros, as in the books.
    """
    for module in model.modules():
        if not isinstance(module, TokenVectors) or not module.vectors:
            continue
        vocabulary = prepared.vocabulary
        if vocabulary is None:
            raise problem(f"model.vectors={module.vectors}", "this data set has no words that vectors could be of")
        path = user_file(module.vectors, data_dir)
        if not path.is_file():
            raise problem(f"model.vectors={module.vectors}", f"no such file, neither here nor below {data_dir}")
        rows, dim = module.weight.shape
        words = [*vocabulary.words, *[""] * rows][:rows]
        matrix, found = load_vectors(path, words, dim)
        with torch.no_grad():
            module.set(torch.as_tensor(matrix))
        real = sum(1 for word in words if word)
        say(f"{path.name} has vectors for {found:,} of {real:,} words ({found / max(real, 1):.0%})")
