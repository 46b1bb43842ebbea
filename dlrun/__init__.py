"""dlrun: train neural networks from the command line, from a notebook or a script.

    run = dlrun.train("optimizer.lr=0.01", model="cnn", seed=1)
    grid = dlrun.multirun("optimizer=sgd,adam", model="dense", seeds=3)
    run = dlrun.open("runs/digits-cnn-adam/9153d70c0c")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.api.names import ConfigError, Grid, Run, multirun, open, register, train

__version__ = "1.0.0"
__all__ = ["ConfigError", "Grid", "Run", "multirun", "open", "register", "train"]


def __getattr__(name: str) -> Any:
    """The names above, loaded when one is first used: `import dlrun` alone costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'dlrun' has no attribute {name!r}")
    from dlrun.api import names

    return getattr(names, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
