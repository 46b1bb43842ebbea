"""Weights of the user's own: a file of safetensors, or a state dict that torch has written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.problem import problem
from dlrun.models.bases._base import Base

SHOWN = 3  # names in a message


def read_weights(path: Path, given: str) -> dict[str, Tensor]:
    """Tensors by name; raises ConfigError for a file that is not there or holds something else."""
    if not path.is_file():
        raise problem(given, "there is no such file; expected published, none, or a file of weights")
    try:
        if path.suffix == ".safetensors":
            return _safetensors(path, given)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except ImportError:
        raise problem(given, "reading it needs  pip install 'dlrun[pretrained]'") from None
    except Exception as error:  # whatever the two libraries raise for a file that they cannot read
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise problem(given, f"it is no state dict of tensors alone ({said[0][:120]})") from None
    content = content.get("state_dict", content) if isinstance(content, dict) else content
    if isinstance(content, dict) and "id" in content and {"model", "parts"} & content.keys():
        raise problem(given, "it is a checkpoint of dlrun:  model.base=FOLDER  of its run takes its convolutional base")
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)} if (
        isinstance(content, dict)) else {}
    if not tensors:
        raise problem(given, f"it is no state dict: it holds a {type(content).__name__} without tensors")
    return {name.removeprefix("module."): value for name, value in tensors.items()}


def _safetensors(path: Path, given: str) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    found: dict[str, Tensor] = load_file(path)
    return found


def fitting(base: Base, net: nn.Module, weights: Mapping[str, Tensor], given: str) -> dict[str, Tensor]:
    """The weights of a base among those of a file, by the names of its module; ConfigError where they do not fit."""
    own, found = net.state_dict(), base.renamed(weights)
    # how many batches a norm has seen is no weight: files of before torch 0.4.1 lack it, and nothing is computed of it
    chosen: dict[str, Any] = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    chosen |= {name: found[name] for name in own if name in found}
    if missing := [name for name in own if name not in chosen]:
        raise problem(given, f"{len(missing)} of the {len(own)} weights of {base.name} are not in it: "
                             f"{', '.join(missing[:SHOWN])}{' ...' if len(missing) > SHOWN else ''}; it has "
                             f"{', '.join(list(weights)[:SHOWN])} ...")
    for name, value in chosen.items():
        if value.shape != own[name].shape:
            raise problem(given, f"{name} is {tuple(value.shape)} in it, and {tuple(own[name].shape)} in {base.name}")
    return chosen
