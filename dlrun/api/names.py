"""The names that `import dlrun` offers."""

from dlrun.api.multirun import Grid, multirun
from dlrun.api.register import register
from dlrun.api.run import Run
from dlrun.api.run import open_run as open
from dlrun.api.train import train
from dlrun.config.problem import ConfigError

__all__ = ["ConfigError", "Grid", "Run", "multirun", "open", "register", "train"]
