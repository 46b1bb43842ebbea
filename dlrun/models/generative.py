"""The families of several networks: from a typed config and a data set's signature to a blueprint.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint
from dlrun.models.coding import autoencoder, pca, vae
from dlrun.models.rivals import dcgan, gan
from dlrun.models.sequence_coding import lstm_autoencoder

BLUEPRINTS: Mapping[str, Callable[[Any, DatasetSpec, str], Blueprint]] = {
    "autoencoder": autoencoder, "conv_autoencoder": autoencoder, "lstm_autoencoder": lstm_autoencoder, "vae": vae,
    "conv_vae": vae, "gan": gan, "dcgan": dcgan, "pca": pca,
}


def blueprint_of(cfg_model: Any, data_spec: DatasetSpec, values: str) -> Blueprint:
    """The networks of a model's config for this data, every shape in them checked.

    `values` says where the inputs lie, as `config.models_generative.values_of` does.  ConfigError where config and
    data do not go together.
    """
    _check_rows(cfg_model, data_spec)
    blueprint = BLUEPRINTS[cfg_model.kind](cfg_model, data_spec, values)
    for part in blueprint.parts:
        blueprint.outputs(part)
    return blueprint


def _check_rows(cfg_model: Any, data_spec: DatasetSpec) -> None:
    """ConfigError for a family on rows that it cannot read, saying what fits."""
    found, said = data_spec.input_kind, f"model={cfg_model.name or cfg_model.kind}"
    if cfg_model.kind == "lstm_autoencoder":
        if found == "image":
            raise problem(said, "it wants sequences (tokens or series); the data set's rows are images; try  "
                                "model=autoencoder, or read an image row by row:  dataset=digits_rows")
        if found == "table":
            raise problem(said, "it wants sequences (tokens or series); the data set is a table; try  "
                                "model=autoencoder")
    elif found not in ("image", "table"):
        fits = "lstm_autoencoder" if cfg_model.task == "reconstruct" else "lstm"
        raise problem(said, f"it wants images or tables; the data set's rows are {found}; try  model={fits}")
