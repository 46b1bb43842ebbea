"""The families of several networks: from a typed config and a data set's signature to a blueprint.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlrun.config.optimizers import Optimizer
from dlrun.config.problem import Problem, Problems, problem
from dlrun.config.schema.player_optimizer import player_optimizer
from dlrun.config.tasks import Task
from dlrun.config.tasks_generative import Adversarial, Reconstruct, Vae
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint
from dlrun.models.coding import autoencoder, pca, vae
from dlrun.models.rivals import dcgan, gan
from dlrun.models.sequence_coding import lstm_autoencoder
from dlrun.models.vocabulary import BatchNorm

BLUEPRINTS: Mapping[str, Callable[[Any, DatasetSpec, str], Blueprint]] = {
    "autoencoder": autoencoder, "conv_autoencoder": autoencoder, "lstm_autoencoder": lstm_autoencoder, "vae": vae,
    "conv_vae": vae, "gan": gan, "dcgan": dcgan, "pca": pca,
}
TASK_OF: Mapping[str, type[Task]] = {  # by wiring
    "autoencoder": Reconstruct, "token_autoencoder": Reconstruct, "vae": Vae, "gan": Adversarial}


def blueprint_of(cfg_model: Any, data_spec: DatasetSpec, values: str) -> Blueprint:
    """The networks of a model's config for this data, every shape in them checked.

    `values` says where the inputs lie, as `config.models_generative.values_of` does.  Raises Problems where config and
    data do not go together.
    """
    _check_rows(cfg_model, data_spec)
    blueprint = BLUEPRINTS[cfg_model.kind](cfg_model, data_spec, values)
    for part in blueprint.parts:
        blueprint.outputs(part)
    return blueprint


def _check_rows(cfg_model: Any, data_spec: DatasetSpec) -> None:
    """Problems for a family on rows that it cannot read, saying what fits."""
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


def clashes(blueprint: Blueprint, cfg_model: Any, cfg_task: Any, optimizer: Optimizer, values: str) -> list[Problem]:
    """What does not go together in a blueprint, its task and the data's values; empty where all is well."""
    if not isinstance(cfg_task, TASK_OF[blueprint.wiring]):
        return [Problem(f"task={cfg_task.kind}", f"model={cfg_model.name or cfg_model.kind} is trained with "
                                                 f"task={cfg_model.task}")]
    if isinstance(cfg_task, Adversarial):
        return list(_of_rivals(blueprint, cfg_task, optimizer))
    assert isinstance(cfg_task, (Reconstruct, Vae))
    if not blueprint.trained:
        return list(_of_pca(cfg_task))
    return list(_of_coder(blueprint, cfg_model, cfg_task, values))


def _of_pca(task: Reconstruct | Vae) -> Iterator[Problem]:
    if task.loss == "binary_cross_entropy":
        yield Problem("task.loss=binary_cross_entropy", "components have the least squared error: mse is wanted")
    if isinstance(task, Reconstruct) and task.sparsity != "none":
        yield Problem(f"task.sparsity={task.sparsity}", "components are computed, not trained: none is wanted")


def _of_coder(blueprint: Blueprint, cfg_model: Any, task: Reconstruct | Vae, values: str) -> Iterator[Problem]:
    end = blueprint.parts["decoder"].end
    exact = task.loss == "binary_cross_entropy" or (task.loss == "auto" and end == "sigmoid")
    if exact and end != "sigmoid":
        yield Problem("task.loss=binary_cross_entropy", "the decoder has to end with a sigmoid:  model.output=sigmoid")
    elif exact and values != "unit":
        key = "task.loss" if task.loss != "auto" else "model.output"
        yield Problem(f"{key}={task.loss if task.loss != 'auto' else end}",
                      "binary cross-entropy wants data in [0, 1]:  dataset.scale=unit, or  task.loss=mse")
    if isinstance(task, Reconstruct) and task.sparsity == "kl" and cfg_model.encoder is None:
        if cfg_model.kind == "lstm_autoencoder":
            yield Problem("task.sparsity=kl", "its code has to lie in [0, 1], a recurrent layer's does not: "
                                              "task.sparsity=l1, or  model.encoder  as a list that ends so")
        elif cfg_model.code_activation not in ("sigmoid", "hard_sigmoid", "softmax"):
            yield Problem("task.sparsity=kl", "its code has to lie in [0, 1]:  model.code_activation=sigmoid")


def _of_rivals(blueprint: Blueprint, task: Adversarial, optimizer: Optimizer) -> Iterator[Problem]:
    normed = any(isinstance(layer, BatchNorm) for layer in blueprint.parts["discriminator"].layers)
    if task.gradient_penalty and normed:
        yield Problem(f"task.gradient_penalty={task.gradient_penalty:g}",
                      "it is of each row alone: no batch_norm in the discriminator (layer_norm is possible)")
    if task.updates == "split" and task.order == "simultaneous":
        yield Problem("task.updates=split", "simultaneous players have one update each: task.updates=joint")
    if task.updates == "split" and task.gradient_penalty:
        yield Problem("task.updates=split", "a gradient penalty needs real and generated rows: task.updates=joint")
    if task.order == "simultaneous" and task.generator_steps > 1:
        yield Problem(f"task.generator_steps={task.generator_steps}", "1 is wanted where the order is simultaneous")
    if task.fakes == "same" and optimizer.accumulate > 1:
        yield Problem("task.fakes=same", "the parts of an accumulated batch need latent vectors of their own: fresh")
    try:
        player_optimizer(task.generator_optimizer, optimizer)
    except Problems as wrong:
        yield from wrong.problems
