"""Networks whose answer is known, as a finished run would have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import NONE
from dlrun.inference.load import Loaded
from dlrun.inspection.subject import Subject
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight
from dlrun.tasks.classify import Classify
from dlrun.tasks.classify.task import ClassifyTask


def subject(model: nn.Module, x: np.ndarray, y: np.ndarray, folder: Path, kind: str = "image") -> Subject:
    """A classifier of the classes a, b, ... on rows x, float32, which are training and test rows and are not scaled."""
    classes = tuple("abcdefghij"[:max(2, int(y.max()) + 1)])
    spec = DatasetSpec(x.shape[1:], kind, "classes", classes)
    rows = Split(x.astype(np.float32), y.astype(np.int64))
    prepared = PreparedData(spec, rows, None, rows, NONE, "", "", {}, [], settings={"levels": 1})
    task = ClassifyTask(Classify().width(spec))
    config = preflight(["dataset=digits", "device=cpu"]).config
    kept: dict[str, Any] = preprocessing.plain(prepared)
    found = Subject(Loaded(config, spec, model.eval(), task, StepRng(0, torch.device("cpu")), kept), folder, (), print)
    found.__dict__["prepared"] = prepared
    return found
