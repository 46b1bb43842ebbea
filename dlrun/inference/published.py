"""A base with the classes that it was published with, to be used as a finished run: nothing of it is trained here."""

from __future__ import annotations

import numpy as np
from torch import nn

from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.problem import ConfigError, problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import for_images
from dlrun.inference.load import Loaded
from dlrun.models.build import build
from dlrun.models.pretrained.find import find_base
from dlrun.models.pretrained.layer import PretrainedBase
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.context import BuildContext

WHITE = 255.0


def load_base(name: str) -> Loaded:
    """The base of this name and its own classifier, on pictures of the size that it was trained on.

    Raises ConfigError where its weights are not here, or no classes of it are known.
    """
    base = find_base(name)
    if missing := base.missing():
        raise problem(name, missing)
    classes, seen = base.classes(), base.pictures()
    if not classes:
        raise problem(name, "no classes of this base are known; a head is trained by  dlrun model=pretrained "
                            f"model.base={name} dataset=...")
    side = seen.size
    composition, wrong = compose(["model=pretrained", f"model.base={name}", "dataset=image_folder", "dataset.path=.",
                                  f"dataset.size={side}", "dataset.scale=unit", "task=classify", "device=cpu"])
    if composition is None or wrong:
        raise ConfigError(wrong)
    config = check(composition.plain)
    spec = DatasetSpec((seen.channels, side, side), "image", "classes", classes)
    rng = StepRng(0, "cpu")
    model: nn.Module = build([PretrainedBase(base, side, "maps")], spec.input_shape, seed=0, rng=rng)
    model.add_module("classifier", base.classifier())
    pictures = np.zeros((0, *spec.input_shape), np.uint8)
    settings = {"size": [side, side], "channels": seen.channels, "crop": 0, "levels": WHITE, "reading": {}}
    prepared = PreparedData(spec, Split(pictures, None), None, None, for_images("unit", pictures, WHITE), "", name, {},
                            [], settings=settings)
    task = config.task.build(BuildContext(spec, model, rng, ()))
    for weight in model.parameters():
        weight.requires_grad_(False)
    return Loaded(config, spec, model.eval(), task, rng, preprocessing.plain(prepared), has_data=False)
