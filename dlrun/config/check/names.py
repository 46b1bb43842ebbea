"""What a wrong name was meant to be: the same word elsewhere, another runner's word for it, a slip of the keys."""

from __future__ import annotations

from collections.abc import Iterable

from dlrun.config.problem import nearest
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.root import GROUPS

SYNONYMS = {  # words of Keras, PyTorch, Lightning and scikit-learn for keys of ours
    "learning_rate": "optimizer.lr", "weight_decay": "optimizer.weight_decay", "beta_1": "optimizer.beta1",
    "beta_2": "optimizer.beta2", "epsilon": "optimizer.eps", "clipnorm": "optimizer.clip_norm",
    "clipvalue": "optimizer.clip_value", "gradient_clip_val": "optimizer.clip_norm",
    "accumulate_grad_batches": "optimizer.accumulate", "validation_split": "validation", "val_split": "validation",
    "val": "validation", "max_epochs": "epochs", "num_epochs": "epochs", "n_epochs": "epochs",
    "iterations": "max_steps",
    "bs": "batch_size", "batchsize": "batch_size", "random_state": "seed", "random_seed": "seed", "dtype": "precision",
    "gpus": "device", "gpu": "device", "accelerator": "device", "data": "dataset", "net": "model", "network": "model",
    "arch": "model", "architecture": "model", "opt": "optimizer", "scheduler": "schedule", "lr_scheduler": "schedule",
    "early_stopping": "early_stop", "stopping": "early_stop", "augmentation": "augment",
    "data_augmentation": "augment", "units": "model.hidden", "hidden_units": "model.hidden",
    "hidden_size": "model.hidden", "kernel_size": "model.kernel", "kernel_initializer": "model.init",
    "out_dir": "output_dir", "resume": "force", "verbose": "verbosity",
}


def meant(key: str, known: Iterable[str]) -> str:
    """The known key that `key` was meant to be; empty when nothing is near.

    >>> meant("lr", ["seed", "optimizer.lr"])
    'optimizer.lr'
    """
    names = list(known)
    member = key.rpartition(".")[2]
    if "." not in key:
        same = [name for name in names if name.rpartition(".")[2] == key]
        if same:
            return same[0]
    for word in (key, member):
        other = SYNONYMS.get(word.lower(), "")
        if other in names and (word == key or other.startswith(key.partition(".")[0] + ".")):
            return other
    near = nearest(key, names)
    return near[0] if near else ""


def elsewhere(group: str, member: str, kind: str) -> list[str]:
    """The other kinds of a group that have the key `member` (``nesterov`` is sgd's)."""
    if group not in GROUPS:
        return []
    return [name for name, schema in KINDS[group].items() if name != kind and member in rules(schema)]
