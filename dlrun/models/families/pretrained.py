"""The family ``pretrained``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar

from dlrun.config.places import data_dir, user_file
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.fields import choice, flag, integer, integers, number, text, texts
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.bases._base import Base
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS, MAX_NORM_DOC
from dlrun.models.families._lists import check_images
from dlrun.models.families._supervised import hidden_layers
from dlrun.models.layer import Layer
from dlrun.models.layers.dense import Dense
from dlrun.models.model import ListModel
from dlrun.models.pretrained.find import find_base, run_path
from dlrun.models.pretrained.freezing import Freezing, resolved
from dlrun.models.pretrained.layer import POOLS, PretrainedBase
from dlrun.registry import register

RANGES = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}


@register("model", "pretrained")
@dataclass(frozen=True)
class Pretrained(ListModel):
    """A network that was trained before, frozen, and a head of dense layers that is trained on its features.

    Pictures are brought to the size, the scale and the channels that the base was trained on; grey is repeated.  Batch
    norm of what is frozen stays in evaluation.
    """

    has_base: ClassVar[bool] = True
    base: str = text("efficientnet_lite0", "the network that was trained before: see  dlrun list bases;  or the "
                     "folder of a finished run, for its convolutions", group="base")
    weights: str = text("published", "those that the base was trained to; none: random ones, and all of it is "
                        "trained; or a file: safetensors, or a state dict of torch")
    size: int | None = integer(None, "side of the pictures that the base sees; null: of those that it was trained on",
                               low=1)
    freeze: tuple[str, ...] | None = texts(
        None, "blocks or modules of the base that are frozen, by names or patterns; null: all, or with weights=none "
        "nothing; [] is nothing", scalar=True, empty=True)
    unfreeze: tuple[str, ...] = texts(
        (), "blocks or modules of these that are trained after all: names, patterns, a number of last blocks, or all",
        scalar=True, empty=True)
    pool: str = choice("avg", POOLS, "what is taken of the base's features: mean or largest of each, or all")
    activation: str = choice("relu", ACTIVATIONS, "activation of the head's hidden layers")
    batch_norm: bool = flag(False, "batch normalisation before each activation of the head")
    hidden: tuple[int, ...] = integers((), "units of each hidden layer of the head; [] is one layer for the outputs",
                                       low=1, scalar=True, empty=True)
    dropout: float = number(0.0, "share of units dropped after each hidden layer of the head", low=0, high=1,
                            below=True)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on the head's hidden layers, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the head's hidden layers, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)

    def network(self, data_spec: DatasetSpec, outputs: int, values: str = "any") -> list[Layer]:
        if values not in RANGES:
            raise problem("dataset.scale", f"expected {' or '.join(RANGES)}: the base scales pixels as it was trained")
        low, high = RANGES[values]
        first, *head = super().network(data_spec, outputs, values)
        assert isinstance(first, PretrainedBase)
        return [replace(first, low=low, high=high), *head]

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        check_images(self.given, "pretrained", data_spec)
        base = find_base(self.base)
        side, begun = self.size or base.pictures().size, self.weights != "none"
        published = self.weights == "published" and run_path(self.base) is None
        first = PretrainedBase(base, side, self.pool, self._freezing(base, begun),
                               published=published)
        return [first, *hidden_layers(self), Dense(outputs, init=self.init)]

    def thawed(self, network: Sequence[Layer], words: tuple[str, ...]) -> list[Layer]:
        """The network whose base is trained at times: `words` are those of the run's phases."""
        first, *head = network
        assert isinstance(first, PretrainedBase)
        blocks = first.base.blocks()
        own = tuple(word for word in words if word == "all" or word.isdigit()
                    or any(fnmatchcase(block, word.partition(".")[0]) for block in blocks))
        return [replace(first, later=resolved(own, blocks, "phases.unfreeze")), *head]

    def _freezing(self, base: Base, begun: bool) -> Freezing:
        """What is frozen: all of the base where nothing is said, and nothing where it begins with random weights."""
        freeze = self.freeze if begun or self.freeze is not None else ()
        blocks = base.blocks()
        return Freezing(None if freeze is None else resolved(freeze, blocks, "model.freeze"),
                        resolved(self.unfreeze, blocks, "model.unfreeze"))

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        yield from super().clashes(config, origin)
        try:
            base = find_base(self.base)
        except ConfigError as wrong:
            yield from (replace(found, origin=origin("model.base")) for found in wrong.problems)
            return
        if self.weights == "published" and (missing := base.missing()):
            yield Problem(f"model.base={self.base}", missing, origin("model.base"))
        if self.weights_file and not user_file(self.weights, data_dir(config.data_dir)).is_file():
            yield Problem(f"model.weights={self.weights}", "there is no such file; expected published, none, or a file "
                                                           "of weights", origin("model.weights"))

    @property
    def weights_file(self) -> bool:
        """Whether `weights` names a file."""
        return self.weights not in ("published", "none")

    def hashed(self, content: Callable[[str], str]) -> dict[str, str]:
        found = {"weights": content(self.weights)} if self.weights_file else {}
        if run_path(self.base) is not None:
            found["base"] = content(str(find_base(self.base).weights_path))
        return found
