"""A command that can be started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.models.layer import Layer
from dlrun.models.model import Network
from dlrun.models.plan import LayerRow

if TYPE_CHECKING:
    from dlrun.preflight.undecided import Decision


@dataclass(frozen=True)
class Checked:
    """A command that can be started: its configuration, what is known of its data, and its network.

    `network` is None for a baseline, and for a user's own class, whose inside is not known before it is made;
    `task_option` is the task's; `decisions` are values that the data decided; `environment` are the variables that
    values were taken from.
    """

    config: Config
    dataset_info: DatasetInfo
    rows: dict[str, int]
    outputs: int
    network: Network
    task_option: str = ""
    environment: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def origins(self) -> dict[str, list[str]]:
        """What provenance says of where values are from: ``environment``, the names of variables, if there are any."""
        return {"environment": list(self.environment)} if self.environment else {}

    def decided(self) -> list[str]:
        """What the data decided and why, a line for each reason."""
        if not self.decisions:
            return []
        from dlrun.preflight.undecided import lines

        return lines(self.decisions)

    def table(self) -> list[LayerRow] | None:
        """The layer table: names, shapes, counts; empty for a baseline, None for a user's class."""
        table: list[LayerRow] | None = self.config.model.table(self.network, self.dataset_info.data_spec.input_shape)
        return table

    @property
    def layers(self) -> Sequence[Layer] | None:
        """The list of layers, where the network is one."""
        layers: Any = self.network  # several networks are a CompositeSpec
        return None if self.config.model.wirings else layers
