"""What every optimizer has, and the optimizer of a player that has keys of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from dlrun import registry
from dlrun.config.problem import ConfigError, Problem, did_you_mean, problem
from dlrun.config.schema.fields import integer, mapping, number, rules, text
from dlrun.config.schema.kind import Kind
from dlrun.config.schema.kinds import OptimizerKind
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.root import Config

if TYPE_CHECKING:
    import torch

Params: TypeAlias = "Sequence[torch.Tensor]"  # texts, so that the annotations of `build` need no torch
Device: TypeAlias = "torch.device"
Stepper: TypeAlias = "torch.optim.Optimizer"
Values: TypeAlias = "torch.Tensor"
Mover: TypeAlias = "Callable[[Values, Values, Mapping[str, Values], Mapping[str, Values]], None]"
KEY = "task.generator_optimizer"
FUSED = ("cuda", "cpu")  # types of devices for which torch has a kernel for the whole update of Adam, AdamW and SGD


@dataclass(frozen=True)
class Optimizer(Kind):
    """The base of the kinds of group `optimizer`; a kind adds its own keys and `build`.

    A kind of your own is a subclass, registered under a name in a module that the command allows:

    >>> from dlrun.registry import register
    >>> @register("optimizer", "sign_descent")
    ... @dataclass(frozen=True)
    ... class SignDescent(Optimizer):
    ...     '''Moves each weight by lr against the sign of its gradient.'''
    ...
    ...     def build(self, params, device):
    ...         from my_module import SignDescentStep  # a torch.optim.Optimizer
    ...
    ...         return SignDescentStep(params, lr=self.lr)

    Its state has to be in ``state_dict()["state"]``, as it is for torch's: that alone is in a checkpoint.  Its
    hyperparameters, ``param_groups``, come from the configuration; ``param_groups[i]["lr"]`` is set before each step.

    A kind that has `move` too can update the weights of many networks at once (`engine.packed`).
    """

    stand_in: ClassVar[str] = "adam"
    needs_closure: ClassVar[bool] = False  # a step evaluates its batch several times, through a closure
    moved_by: ClassVar[tuple[str, ...]] = ()  # the keys that `move` gets as a number for each network
    name: str = text("", "The word it is chosen by.", identity=False)
    lr: float = number(0.001, "Learning rate.", low=0, above=True)
    clip_norm: float | None = number(None, "Largest norm of all gradients together.", low=0, above=True)
    clip_value: float | None = number(None, "Largest absolute value of a gradient.", low=0, above=True)
    accumulate: int = integer(1, "Batches whose gradients are averaged before one update: a step of "
                                "batch_size times so many rows, in the memory of batch_size.", low=1)

    lr_of: dict[str, float] | None = mapping(None, "Learning rates of parts of the network, by names or patterns of "
                                            "their modules, the first that fits: {base_1: 1e-5}, {block7: 1e-5}.",
                                            ordered=True)

    @property
    def gradient_decay(self) -> float:
        """The decay of the running mean of gradients that a step follows; 0 where it follows the last gradient."""
        return 0.0

    def build(self, params: Params, device: Device) -> Stepper:
        """A torch.optim.Optimizer over the trained parameters of one player, which are on a torch.device."""
        raise NotImplementedError

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        """What `move` remembers, by torch's names, with the first values: of each weight; of a whole network."""
        return {}, {}

    @property
    def moves_many(self) -> bool:
        """Whether it has a `move` that belongs to its `build`: a subclass that builds something else has none."""
        owner = next(cls for cls in type(self).__mro__ if "build" in vars(cls) or "move" in vars(cls))
        return "build" in vars(owner) and "move" in vars(owner) and owner is not Optimizer and not self.lr_of

    @property
    def program(self) -> tuple[Any, ...]:
        """What decides which operations `move` consists of; equal for networks that are moved together."""
        flags = [(field.name, repr(getattr(self, field.name))) for field in fields(self)
                 if field.name not in (*self.moved_by, "name", "clip_norm", "clip_value")]
        return (self.kind, *flags, tuple(self.beginning()[0]), self.clip_norm is None, self.clip_value is None)

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        """One update of many networks, in place; a function of its arguments alone, in the formulas of `build`'s.

        `weights`, `gradients` and what `state` has of each weight are (networks, weights); what it has of a whole
        network is (networks, 1), and so are `numbers`: the keys `moved_by`, in float64, the rate being that of this
        step.  Flags are those of `self`.
        """
        raise NotImplementedError

    def mover(self, device: Device) -> Mover:
        """`move`, or what does the same on such a device in fewer passes through memory."""
        return self.move

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterable[Problem]:
        """What does not go together, in its own keys or with the rest of the configuration."""
        for name, rate in (self.lr_of or {}).items():
            if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < math.inf:
                yield Problem(f"optimizer.lr_of.{name}={rate}", "expected a number >= 0, a learning rate",
                              origin("optimizer.lr_of"))
        if self.needs_closure and any(phase.freeze or phase.unfreeze for phase in config.phases):
            yield Problem("phases", f"{self.kind} moves all weights at once, those that are frozen, too",
                          origin("phases"))
        if self.lr_of and self.needs_closure:
            yield Problem("optimizer.lr_of", f"{self.kind} moves all weights at once, by one rate",
                          origin("optimizer.lr_of"))


def flat(weights: Params, device: Device) -> bool:
    """Whether torch updates these weights one by one, and their state can lie one after another (`engine.optimizers`).
    """
    return device.type == "cpu" and all(str(weight.dtype) == "torch.float32" for weight in weights)


def player_optimizer(own: Mapping[str, Any] | None, chosen: OptimizerKind, key: str = KEY) -> OptimizerKind:
    """The chosen optimizer with a player's own keys in place of its; with another `kind`, that one's defaults.

    Gradient clipping and accumulation are kept for another kind.  Raises ConfigError for wrong keys and values.

    >>> rmsprop = registry.find("optimizer", "rmsprop")
    >>> player_optimizer({"lr": 0.0004}, rmsprop(lr=0.0008, clip_value=1.0)).lr
    0.0004
    """
    if not own:
        return chosen
    kind = own.get("kind", chosen.kind)
    if not registry.is_known("optimizer", str(kind)):
        known_kinds = registry.names("optimizer")
        raise problem(f"{key}.kind={kind}",
                      f"expected one of {', '.join(known_kinds)}{did_you_mean(str(kind), known_kinds)}")
    schema = registry.find("optimizer", kind)
    known = {name: rule for name, rule in rules(schema).items() if name not in ("accumulate", "name")}
    common = fields(Optimizer) if kind != chosen.kind else fields(schema)
    values = {field.name: getattr(chosen, field.name) for field in common
              if kind == chosen.kind or field.name not in ("lr", "name")}
    wrong: list[Problem] = []
    given = {name: value for name, value in own.items() if name != "kind"}
    found = read_values(known, given, key, wrong, owner=f"optimizer {kind}")
    values |= {name: value for name, value in found.items() if name in given}
    if wrong:
        raise ConfigError(wrong)
    optimizer: Optimizer = schema(**values)
    return optimizer
