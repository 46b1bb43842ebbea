"""Every data set with every model, checked by a process that has nothing loaded: `python -m tests.run.every_pair`.

It prints JSON: the pairs, lists of layers on token data, data sets that are not on this machine, and whether torch was
imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from dlrun.config.check.check import inspect
from dlrun.config.compose.catalog import options
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError
from dlrun.preflight.fits import check_fit
from dlrun.sweep.plan.checking import Checker

EMBEDDED = {"embedding": [{"embedding": 4}, "flatten"], "reverse": [{"embedding": 4}, "flatten"],  # lists that read ids
            "parallel": [{"parallel": [[{"embedding": 4}], [{"embedding": 3}]]}, {"lstm": 4}]}
UNFIT = {  # lists that do not, and the layer that stops them
    "batch_norm": ["batch_norm"], "layer_norm": ["layer_norm"], "activation": ["relu"], "leaky_relu": ["leaky_relu"],
    "elu": ["elu"], "prelu": ["prelu"], "dropout": [{"dropout": 0.5}, {"embedding": 4}, "flatten"],
    "lstm": [{"repeat": 3}, {"lstm": 4}], "gru": [{"repeat": 3}, {"gru": 4}], "rnn": [{"repeat": 3}, {"rnn": 4}],
    "conv1d": [{"repeat": 9}, {"conv1d": {"filters": 2, "kernel": 3}}, "flatten"],
    "residual": [{"residual": [{"dense": 8}]}], "dense": ["flatten", {"dense": 8}],
    "global_pool": [{"repeat": 3}, "global_pool"],
    "embedding.vocabulary=1": [{"embedding": {"dim": 4, "vocabulary": 1}}, "flatten"],
}


def found() -> dict[str, Any]:
    """What each pair and each list was found to be: each option is composed once, each data set looked at once."""
    checker = Checker()
    plain = {}
    for group in ("dataset", "model"):
        for name in options(group):
            composition, problems = checker.compose([f"{group}={name}"])
            assert composition is not None and not problems, name
            plain[group, name] = composition.plain

    def check(data: str, model: dict[str, Any]) -> dict[str, Any]:
        config, problems = inspect({**model, "dataset": plain["dataset", data]["dataset"]})
        checked, more = check_fit(config, problems, checker.dataset_info)
        rows = checked.table() if checked and not problems + more else None
        return {"checked": checked is not None, "problems": [[each.given, each.expected] for each in problems + more],
                "layers": [row.kind for row in rows or () if row.kind != "part"]}

    absent, tokens = [], []
    for data in options("dataset"):
        config, problems = inspect({**plain["model", "dense"], "dataset": plain["dataset", data]["dataset"]})
        if config is None or problems:
            continue  # it needs a path
        try:
            info = checker.dataset_info(config.dataset, str(data_dir(config.data_dir)), seed=config.seed,
                                        validation=config.validation, train_size=config.train_size)
            tokens += [data] if info.data_spec.input_kind == "tokens" and not info.data_spec.target_length else []
        except ConfigError:
            absent.append(data)
    sequential = plain["model", "sequential"]
    lists = {name: {**sequential, "model": {**sequential["model"], "layers": [*layers, {"dense": "out"}]}}
             for name, layers in (EMBEDDED | UNFIT).items()}
    return {
        "absent": absent, "tokens": tokens,
        "pairs": [[data, model, check(data, plain["model", model])] for data in options("dataset")
                  for model in options("model") if data not in absent],
        "lists": [[data, name, check(data, config)] for data in tokens for name, config in lists.items()],
        "torch": "torch" in sys.modules,
    }


if __name__ == "__main__":
    print(json.dumps(found()))
