"""dlrun: train neural networks from the command line, from a notebook or a script.

    run = dlrun.train("optimizer.lr=0.01", model="cnn", seed=1)
    grid = dlrun.multirun("optimizer=sgd,adam", model="dense", seeds=3)
    run = dlrun.open("runs/digits-cnn-adam/9153d70c0c")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.api.multirun import Grid, multirun
    from dlrun.api.register import register
    from dlrun.api.run import Run
    from dlrun.api.run import open_run as open
    from dlrun.api.train import train
    from dlrun.config.problem import ConfigError as ConfigError

__version__ = "0.1.0"
__all__ = ["ConfigError", "Grid", "Run", "multirun", "open", "register", "train"]


def __getattr__(name: str) -> Any:
    """The names above, each loaded when it is first used: `import dlrun` alone costs nothing."""
    if name == "train":
        from dlrun.api.train import train as found
    elif name in ("multirun", "Grid"):
        from dlrun.api import multirun as module

        return getattr(module, name)
    elif name == "register":
        from dlrun.api.register import register

        return register
    elif name == "open":
        from dlrun.api.run import open_run

        return open_run
    elif name == "Run":
        from dlrun.api.run import Run

        return Run
    elif name == "ConfigError":
        from dlrun.config.problem import ConfigError

        return ConfigError
    else:
        raise AttributeError(f"module 'dlrun' has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
