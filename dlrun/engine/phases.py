"""What changes at an epoch within a run: its rate, its optimizer, its augmentation, what is frozen.

All of it is a function of the epoch, so that a resumed run needs nothing that is stored but what its optimizer
remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from dlrun.config.phase_optimizers import optimizer_place, optimizers
from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.phases import Phase
from dlrun.data.batches import Batches
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.part_rates import short
from dlrun.engine.step import EagerStep
from dlrun.models.build import Network
from dlrun.models.pretrained.freezing import is_named
from dlrun.models.pretrained.module import PretrainedModule


class Phases:
    """Puts a run into the state that an epoch has; `entered` is called with what that is, after each change.

    Raises ConfigError for names that the network does not have, and where a phase leaves nothing to train.
    """

    def __init__(self, phases: Sequence[Phase], model: nn.Module, step: EagerStep, rate: LearningRate,
                 batches: Batches):
        self._phases, self._model, self._step, self._rate, self._batches = phases, model, step, rate, batches
        self._augment, self._mix = batches.augment, batches.mix
        step.optimizers = optimizers(phases, step.optimizers[0])
        first = next(model.children(), None)
        self._base = first if isinstance(first, PretrainedModule) else None
        freezes = any(phase.freeze or phase.unfreeze for phase in phases)
        if freezes and not isinstance(model, Network):
            raise problem("phases", "freeze and unfreeze are for networks that are one list of layers")
        self._leaves = {name: module for name, module in model.named_modules() if name and (
            module._parameters or module._buffers or not any(module.children()))} if freezes else {}
        self._learnt = {name: [weight for weight in module._parameters.values() if weight is not None
                               and weight.requires_grad] for name, module in self._leaves.items()}
        for place, phase in enumerate(phases):
            for key in ("freeze", "unfreeze"):
                for word in getattr(phase, key):
                    self._named(word, f"phases[{place}].{key}")
            if freezes and not any(self._learnt[name] for name in self._leaves.keys() - self._frozen(phase.epoch)):
                raise problem(f"phases[{place}]", "nothing is left to train: expected less in freeze")
        self.entered: Callable[[int], Any] = lambda epoch: None

    def enter(self, epoch: int) -> None:
        """Make the run what it is in an epoch, counted from 1; entering one again changes nothing."""
        known, place = self._step.optimizers, optimizer_place(self._phases, epoch)
        self._step.use_optimizer(place)
        self._rate.lr = known[sum(phase.epoch <= epoch for phase in self._phases)].lr
        self._step.set_base_rate(self._rate.lr / known[place].lr)
        on = self.augmented(epoch)
        self._batches.augment, self._batches.mix = (self._augment, self._mix) if on else (None, None)
        if self._leaves:
            frozen = self._frozen(epoch)
            for name, weights in self._learnt.items():
                for weight in weights:
                    weight.requires_grad_(name not in frozen)
            still = [self._leaves[name] for name in self._leaves if name in frozen]
            if self._base is not None:
                inside = set(self._base.modules())
                self._base.freeze([module for module in still if module in inside])
                still = [module for module in still if module not in inside]
            assert isinstance(self._model, Network)
            self._model.still = still
            self._model.train(self._model.training)
        self.entered(epoch)

    def augmented(self, epoch: int) -> bool:
        """Whether training rows are changed in an epoch, where the run has an augmentation."""
        said = [phase.augment for phase in self._phases if phase.epoch <= epoch and phase.augment is not None]
        return said[-1] if said else True

    def base_is_as_it_was(self, epoch: int) -> bool:
        """Whether nothing of the base has been trained up to the end of an epoch."""
        if self._base is None or not self._leaves:
            return True
        inside = {name for name in self._leaves if name.startswith("base_1.")}
        passed = {1, epoch, *(phase.epoch for phase in self._phases if phase.epoch <= epoch)}
        return all(not any(self._learnt[name] for name in inside - self._frozen(at)) for at in passed)

    def _frozen(self, epoch: int) -> set[str]:
        """The names of the modules that are frozen in an epoch."""
        frozen = set() if self._base is None else {f"base_1.net.{name}" for name in self._base.begins_frozen}
        frozen &= self._leaves.keys()
        for phase in self._phases:
            if phase.epoch <= epoch:
                for word in phase.freeze:
                    frozen |= self._named(word, "")
                for word in phase.unfreeze:
                    frozen -= self._named(word, "")
        return frozen

    def _named(self, word: str, key: str) -> set[str]:
        """The modules that a word of a phase means."""
        blocks = [name for name, _ in (self._model if self._base is None else self._base.net).named_children()]
        patterns = tuple(blocks) if word == "all" else tuple(blocks[-int(word):]) if word.isdigit() else (word,)
        found = {name for name in self._leaves if is_named(name, patterns) or is_named(short(name), patterns)}
        if not found:
            known = [*blocks, *(name for name, _ in self._model.named_children() if name not in blocks)]
            raise problem(f"{key}={word}", f"expected all, a number of last blocks, or names or patterns of "
                                           f"{', '.join(known)}{did_you_mean(word, known)}")
        return found
