"""Weights of a base that are not published: of a finished run, or of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor, nn

from dlrun.config.places import data_dir, user_file
from dlrun.config.schema.root import Config
from dlrun.engine.checkpoint import read
from dlrun.models.families.pretrained import Pretrained
from dlrun.models.pretrained.find import find_base
from dlrun.models.pretrained.module import PretrainedModule
from dlrun.models.pretrained.run_base import RunBase
from dlrun.models.pretrained.weights_file import fitting, read_weights
from dlrun.record.folder import RunFolder
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.stored import Damaged

AGAIN = "the run's command with force=true trains it again"


def base_of(model: nn.Module) -> PretrainedModule | None:
    """The base that a network begins with; None where it has none."""
    first = next(model.children(), None)
    return first if isinstance(first, PretrainedModule) else None


def begin_base(model: nn.Module, config: Config) -> None:
    """Begin a base with the weights of its run or of the user's file.  Raises ConfigError, Damaged."""
    module, source = base_of(model), _source(model, config)
    if module is not None and source is not None:
        module.begin_with(source())


def offer_base(model: nn.Module, config: Config) -> None:
    """Tell a base where its weights are; they are read where a checkpoint is loaded and the cache has lost them."""
    module = base_of(model)
    if module is not None:
        module.source = _source(model, config)


def _source(model: nn.Module, config: Config) -> Callable[[], Mapping[str, Tensor]] | None:
    chosen, module = config.model, base_of(model)
    if module is None or not isinstance(chosen, Pretrained) or chosen.weights == "none":
        return None
    base = find_base(chosen.base)
    if chosen.weights_file:
        given = f"model.weights={chosen.weights}"
        path = user_file(chosen.weights, data_dir(config.data_dir))
        return lambda: fitting(base, module.net, read_weights(path, given), given)
    return partial(_of_run, base, module.net) if isinstance(base, RunBase) else None


def _of_run(base: RunBase, net: nn.Module) -> Mapping[str, Tensor]:
    """The weights that the run's result was measured with."""
    folder, path = RunFolder(base.folder), base.weights_path
    if changed(folder.path, (f"{folder.checkpoints.name}/{path.name}",)):
        raise Damaged(path, CHANGED, AGAIN)
    content = read(path, AGAIN)
    found = content["model"] if path == folder.best else content["parts"]["model"]
    return fitting(base, net, found, f"model.base={base.path}")
