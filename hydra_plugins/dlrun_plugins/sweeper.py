"""``hydra.sweeper`` of dlrun's configuration, for programs that start it through Hydra itself.

``dlrun -m`` plans directly.  A program that takes dlrun's configuration by Hydra's own decorator comes here with its
``-m``, or with an experiment that sets ``hydra.mode: MULTIRUN``, and gets the same plan, checks and launch.  Hydra
reads the overrides first: settings need a plus there (``+seeds=5``), and zip and skip are not in its grammar.
"""

from __future__ import annotations

import sys
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper

# No dataclass: Hydra runs this file under a name that is not in sys.modules.  `params` are axes, as for Hydra's own.
ConfigStore.instance().store(group="hydra/sweeper", name="dlrun", provider="dlrun", node={
    "_target_": "hydra_plugins.dlrun_plugins.sweeper.DlrunSweeper", "params": None})


class DlrunSweeper(Sweeper):
    """Plans, checks and runs a grid as ``dlrun -m`` does; an exit code that is not 0 ends the process."""

    def __init__(self, params: Any = None):
        self.params = params

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        """Nothing is kept: jobs are dlrun's runs, not calls of `task_function`."""

    def sweep(self, arguments: list[str]) -> None:
        from dlrun.cli.route import route

        arguments = [text.lstrip("+") if _setting(text) else text for text in arguments]
        if not any(text.startswith("experiment=") for text in arguments):  # its params are read with its file
            arguments = [*(f"{key}={value}" for key, value in (self.params or {}).items()), *arguments]
        code = route(["-m", *arguments])
        if code:
            sys.exit(code)  # Hydra gives the sweeper's value to nobody


def _setting(text: str) -> bool:
    from dlrun.config.schema.sweeps import of_a_sweep

    return bool(of_a_sweep(text.lstrip("+")))
