"""Learning rates of parts of a network: a group of torch's for each, whose rate is a multiple of the configured one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import nn
from torch.optim import Optimizer

from dlrun.config.problem import did_you_mean, problem
from dlrun.engine.optimizer_state import SCALE
from dlrun.models.pretrained.freezing import is_named


def split_rates(optimizer: Optimizer, network: nn.Module, lr: float, lr_of: Mapping[str, float]) -> None:
    """Give the weights of the modules that `lr_of` names or matches a group of their own; the first that fits counts.

    A module inside a base is called with or without what is around it: ``base_1.net.block7`` or ``block7``.  The order
    of the groups follows from the configuration, so that stored state fits.  Raises ConfigError for a name that no
    trained weight has.
    """
    parts = {id(weight): name.rpartition(".")[0] for name, weight in network.named_parameters()}
    [whole] = optimizer.param_groups
    rest, groups = list(whole["params"]), []
    for name, rate in lr_of.items():
        own = [weight for weight in rest if _fits(parts[id(weight)], name)]
        if not own:
            if taken_by := _earlier(name, lr_of, [parts[id(weight)] for weight in whole["params"]]):
                raise problem(f"optimizer.lr_of.{name}", f"{taken_by}, which stands before it, has taken all of these "
                                                         "weights; the first that fits counts")
            there = list(dict.fromkeys(short(parts[id(weight)]).partition(".")[0] for weight in whole["params"]))
            raise problem(f"optimizer.lr_of.{name}", f"no weight that is trained has this name; there are "
                                                     f"{', '.join(there)}{did_you_mean(name, there)}")
        taken = {id(weight) for weight in own}
        rest = [weight for weight in rest if id(weight) not in taken]
        groups.append({**whole, "params": own, "lr": rate, SCALE: rate / lr})
    optimizer.param_groups[:] = [*([{**whole, "params": rest}] if rest else []), *groups]


def _earlier(name: str, lr_of: Mapping[str, float], parts: Collection[str]) -> str:
    """The names and patterns before this one that fit what it fits; empty where it fits nothing."""
    own = [part for part in parts if _fits(part, name)]
    before = list(lr_of)[:list(lr_of).index(name)]
    return ", ".join(other for other in before if any(_fits(part, other) for part in own))


def _fits(part: str, name: str) -> bool:
    return is_named(part, (name,)) or is_named(short(part), (name,))


def short(name: str) -> str:
    """The name of a module without that of the base around it."""
    return name.partition(".net.")[2] or name
