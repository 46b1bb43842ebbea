"""A user's model: the class that `_target_` names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import MISSING, free, mapping, text
from dlrun.config.schema.kind import OwnClass
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Model, Module, Rng
from dlrun.models.plan import LayerRow
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("model", "custom")
@dataclass(frozen=True)
class Custom(OwnClass, Model):
    """A torch.nn.Module of your own: the class that `_target_` names, called with its arguments and the task's outputs.

    Nothing more is known of it before it is made.
    """

    takes_args: ClassVar[bool] = True
    target: str = text(MISSING, "module.Class of your own code.")
    args: dict[str, Any] = mapping(None, "What the class is called with.")
    source: str = free("", "Hash of the module's file.")

    @property
    def given(self) -> str:
        return f"model={self.name or self.target}"

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        """Raises ConfigError for a class that is not there, or gives no module for such rows."""
        from dlrun.models.families.custom_module import make

        rng.seeds_torch = True  # it may draw from torch's global generators: they too are seeded at each step
        return make(self.target, self.args or {}, data_spec.input_shape, outputs, seed)

    def table(self, network: Any, input_shape: Shape) -> None:
        return None

    def built_table(self, data_spec: DatasetSpec, outputs: int, seed: int) -> list[LayerRow]:
        """Its modules, from one pass through the class, which is built for it.  Raises ConfigError as `build` does."""
        from dlrun.models.families._module_rows import module_rows
        from dlrun.models.families.custom_module import make

        return module_rows(make(self.target, self.args or {}, data_spec.input_shape, outputs, seed),
                           data_spec.input_shape)
