"""What every model can say of itself without torch: its network for some data, its task, what it does not go with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from dlrun.config.problem import Problem, problem
from dlrun.config.schema.fields import text
from dlrun.config.schema.kind import Kind
from dlrun.config.schema.kinds import TaskKind
from dlrun.config.schema.layer_lists import given_in_lists
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.layer import Layer, unfit_for_ids
from dlrun.models.plan import LayerRow, output_shape, plan
from dlrun.models.shapes import Shape
from dlrun.registry import is_allowed

if TYPE_CHECKING:
    from torch import nn

    from dlrun.models.composite_spec import CompositeSpec
    from dlrun.models.step_rng import StepRng

Module: TypeAlias = "nn.Module"  # texts, so that the annotations of `build` need no torch
Rng: TypeAlias = "StepRng"
Network: TypeAlias = "Sequence[Layer] | CompositeSpec | None"


@dataclass(frozen=True)
class Model(Kind):
    """A model as configured: one file, torch-free, that builds the module when asked.

    A list of layers is a `ListModel`, several networks a `CompositeModel`; what is neither overrides `build`.
    """

    computed: ClassVar[bool] = False  # whether it is computed from the training rows at once, with nothing to train
    has_base: ClassVar[bool] = False  # whether its network may begin with a frozen base (`assembly.features`)
    natural_task: ClassVar[str] = ""  # the task that task=auto stands for; empty: the data's targets say it
    wirings: ClassVar[tuple[str, ...]] = ()  # of the composite specs that `network` may give
    name: str = text("", "name of the model's file in configs/model", identity=False)

    @property
    def given(self) -> str:
        """The model as it is typed: ``model=lenet``."""
        return f"model={self.name or self.kind}"

    def network(self, data_spec: DatasetSpec, outputs: int, values: str = "any") -> Network:
        """The layers or networks for this data, every shape in them checked; None where there are no layers.

        `outputs` is how many values the task needs, `values` where the inputs lie: "unit" [0, 1], "symmetric" [-1, 1]
        or "any".  Raises ConfigError where model and data do not go together.
        """
        return None

    def thawed(self, network: Any, words: tuple[str, ...]) -> Any:
        """The network of one that `has_base` where phases of the run train parts of the base: `words` name them."""
        return network

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        """The PyTorch module of what `network` gave, with its initial weights."""
        raise NotImplementedError

    def fit(self, module: Any, rows: Any) -> None:
        """Sets a computed model from the training rows (`assembly.closed_form.TrainingRows`)."""

    @property
    def sets_weights(self) -> bool:
        """Whether it sets weights from the training rows, which is whether it has `fit` of its own."""
        return type(self).fit is not Model.fit

    def table(self, network: Any, input_shape: Shape) -> list[LayerRow] | None:
        """The rows of its summary: an empty list where it has no layers, None where they are known to it alone."""
        return []

    def built_table(self, data_spec: DatasetSpec, outputs: int, seed: int) -> list[LayerRow]:
        """The rows of its summary where `table` is None: it is built for them."""
        raise NotImplementedError

    def stateful_key(self) -> str:
        """The key that makes it carry states over from batch to batch; empty where none does."""
        return next((key for key, value in given_in_lists(self, "stateful") if value is True), "")

    def on_kernels(self) -> Mapping[str, float]:
        """The penalties (l1, l2) and the largest norm (max_norm) of its kernels, where they are options and are set."""
        return {key: value for key in ("l1", "l2", "max_norm") if (value := vars(self).get(key))}

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        """Why it does not go with this task on such data, and what does; empty where it does."""
        return ""

    def decided(self, data_spec: DatasetSpec) -> Mapping[str, tuple[Any, str]]:
        """Its options that are auto and that the data decides: by their keys the value, and why in half a sentence."""
        return {}

    def unfit_rows(self, rows: int) -> Iterator[Problem]:
        """What does not go with so many training rows."""
        yield from ()

    def latent_outside_unit(self) -> str:
        """Why the values of its latent code may lie outside [0, 1], and what to do; empty where they do not."""
        return ""

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        """What it does not go with in a configuration; a user's class in its lists has to be allowed."""
        for key, target in given_in_lists(self, "_target_"):
            module = str(target).rpartition(".")[0]
            if not is_allowed(module, config.allow):
                yield Problem(f"{key}={target}", f"its code would run; allow it by  allow={module}  on the command "
                                                 "line", origin(key.split("[")[0]))
        key = self.stateful_key()
        if not key:
            return
        place = key.split("[")[0]  # a list has one place in its file
        if config.shuffle:
            yield Problem(f"{key}=true", "row i of a batch continues row i of the last: shuffle=false", origin(place))
        if config.test_size is not None:
            yield Problem(f"test_size={config.test_size}",
                          f"{key} reads the test rows one after another, with none left out: expected null",
                          origin("test_size"))
        if config.optimizer.accumulate > 1 or config.optimizer.needs_closure:
            yield Problem(f"{key}=true", "each batch is seen once and whole: no optimizer.accumulate, no lbfgs",
                          origin(place))


@dataclass(frozen=True)
class ListModel(Model):
    """A model that is a list of layers."""

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        """The layers for this data, complete: they end with `outputs` values, linear."""
        raise NotImplementedError

    def network(self, data_spec: DatasetSpec, outputs: int, values: str = "any") -> list[Layer]:
        layers = self.layers_for(data_spec, outputs)
        output_shape(layers, data_spec.input_shape)
        if data_spec.input_kind == "tokens" and (why := unfit_for_ids(layers, data_spec.vocabulary)):
            raise problem(self.given, why)
        return layers

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.build import build

        return build(network, data_spec.input_shape, seed=seed, rng=rng)

    def table(self, network: Any, input_shape: Shape) -> list[LayerRow]:
        return plan(network, input_shape)
