"""Principal components as the weights of an autoencoder."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.config.seeds import derive_seed
from dlrun.models.composite import Autoencoder
from dlrun.models.layers.dense_module import Dense

_SEEDS = 1 << 32  # as many as numpy's legacy generator has, from which scikit-learn draws


@torch.no_grad()
def set_components(model: Autoencoder, x: np.ndarray, seed: int) -> None:
    """The principal components of rows x (rows, values), by scikit-learn, as the weights of encoder and decoder."""
    from sklearn.decomposition import PCA

    encoder, decoder = (next(layer for layer in part.modules() if isinstance(layer, Dense))
                        for part in (model.encoder, model.decoder))
    pca = PCA(len(encoder.weight), random_state=_numpy_seed(seed)).fit(x)
    components, mean = torch.as_tensor(pca.components_), torch.as_tensor(pca.mean_)
    encoder.weight.copy_(components)
    encoder.bias.copy_(-(components @ mean))
    decoder.weight.copy_(components.T)
    decoder.bias.copy_(mean)


def _numpy_seed(seed: int) -> int:
    """A run's seed as scikit-learn takes it: itself below 2^32, else a hash of it."""
    return seed if seed < _SEEDS else derive_seed(seed, "pca") % _SEEDS
