"""Schemas of group `optimizer`; the defaults are Keras's, because the books are Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, integer, number, text


@dataclass(frozen=True)
class Optimizer:
    """What every optimizer has."""

    kind: ClassVar[str]
    name: str = text("", "The word it is chosen by.", identity=False)
    lr: float = number(0.001, "Learning rate.", low=0, above=True)
    clip_norm: float | None = number(None, "Largest norm of all gradients together.", low=0, above=True)
    clip_value: float | None = number(None, "Largest absolute value of a gradient.", low=0, above=True)
    accumulate: int = integer(1, "Batches whose gradients are averaged before one update.", low=1)


@dataclass(frozen=True)
class Sgd(Optimizer):
    """Gradient descent, with momentum if asked (v = momentum * v + gradient; weight -= lr * v)."""

    kind = "sgd"
    lr: float = number(0.01, "Learning rate.", low=0, above=True)
    momentum: float = number(0.0, "Share of the last step that goes on.", low=0, high=1, below=True)
    nesterov: bool = flag(False, "Take the gradient after the momentum step.")


@dataclass(frozen=True)
class RmsProp(Optimizer):
    """Divide the gradient by a running root mean square (Hinton's lecture 6e)."""

    kind = "rmsprop"
    rho: float = number(0.9, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    eps_inside: bool = flag(False, "Add eps under the root, as Keras 3 does; another optimizer for small gradients.")
    momentum: float = number(0.0, "Share of the last step that goes on.", low=0, high=1, below=True)
    centered: bool = flag(False, "Divide by the standard deviation instead.")


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015)."""

    kind = "adam"
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    amsgrad: bool = flag(False, "Use the largest mean square so far (Reddi et al., 2018).")


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    kind = "adamw"
    weight_decay: float = number(0.004, "Weights shrink by lr * weight_decay each step.", low=0)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad (Duchi et al., 2011)."""

    kind = "adagrad"
    initial_accumulator: float = number(0.1, "Start of the sum of squares.", low=0)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Adadelta (Zeiler, 2012); lr 1 is the paper's and Keras 2.0's, 0.001 the later Keras's."""

    kind = "adadelta"
    lr: float = number(1.0, "Learning rate.", low=0, above=True)
    rho: float = number(0.95, "Decay of both mean squares.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added under both roots.", low=0, above=True)


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba, 2015, section 7)."""

    kind = "adamax"
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the infinity norm.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the norm.", low=0, above=True)


@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    kind = "nadam"
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    momentum_decay: float = number(0.004, "Warm-up of the momentum.", low=0)


@dataclass(frozen=True)
class Lbfgs(Optimizer):
    """Limited-memory BFGS: for small problems; every step sees its batch several times."""

    kind = "lbfgs"
    lr: float = number(1.0, "Step length.", low=0, above=True)
    iterations: int = integer(20, "Iterations in one step.", low=1)
    history: int = integer(10, "Updates remembered.", low=1)
    line_search: bool = flag(True, "Search the step length by the strong Wolfe conditions.")


OPTIMIZERS: dict[str, type[Optimizer]] = {
    schema.kind: schema for schema in (Sgd, RmsProp, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam, Lbfgs)
}
