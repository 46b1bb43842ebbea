"""The codes of a run: rows as latent vectors, and what the decoder makes of vectors."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data.batches import Rows, in_order
from dlrun.inspection.subject import Subject
from dlrun.models.composite import Autoencoder, TokenAutoencoder, takes_latents

BATCH = 256


def coder_of(subject: Subject) -> Autoencoder:
    """The run's autoencoder of pictures or rows of a table; ConfigError for a run without codes."""
    model, config = subject.run.model, subject.run.config
    given = f"model={config.model.kind}"
    if takes_latents(model):
        raise problem(given, "a GAN has no codes of rows; between its latent vectors goes  dlrun generate RUN "
                             "between=8")
    if not isinstance(model, Autoencoder) or isinstance(model, TokenAutoencoder):
        raise problem(given, "this run has no codes; expected an autoencoder or a VAE of pictures or tables")
    return model


def encoded(model: Autoencoder, x: Tensor) -> Tensor:
    """The codes (rows, ...) of rows."""
    with torch.no_grad():
        return torch.cat([model.encode(part).float() for part in x.split(BATCH)])


def encoded_rows(model: Autoencoder, rows: Rows) -> Tensor:
    """The codes of all rows of a split, in their order."""
    with torch.no_grad():
        return torch.cat([model.encode(x).float() for x, _ in in_order(rows, BATCH)])


def decoded(model: Autoencoder, codes: Tensor) -> Tensor:
    """Rows of the data's shape from codes."""
    with torch.no_grad():
        return torch.cat([model.decode(part).float() for part in codes.split(BATCH)])


def shown(subject: Subject, x: Tensor) -> Tensor:
    """Pictures as they are drawn, from 0 to 1."""
    return subject.pixels(x).clamp(0, 1)
