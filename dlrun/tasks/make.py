"""The task of a configuration, made for its data and model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from dlrun.config import tasks as schemas
from dlrun.config import tasks_generative as generative
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.scale import Target
from dlrun.models.assembly import Assembly, TokenAutoencoder
from dlrun.models.step_rng import StepRng
from dlrun.tasks.adversarial import Adversarial
from dlrun.tasks.classify import Classify
from dlrun.tasks.multi_label import MultiLabel
from dlrun.tasks.multi_output import MultiOutput
from dlrun.tasks.positions import NextToken, Tag
from dlrun.tasks.reconstruct import Reconstruct
from dlrun.tasks.regress import Regress
from dlrun.tasks.task import Task
from dlrun.tasks.variational import Variational


def make_task(config: Any, data_spec: DatasetSpec, model: nn.Module, rng: StepRng, targets: Sequence[Target] = (),
              counts: Sequence[int] = ()) -> Task:
    """What is minimised and measured; pairings were checked before (`run.preflight`).

    `targets` are the scales of targets that are numbers; `counts` are the training rows of each class, () where
    nothing will be trained.
    """
    if isinstance(config, schemas.Classify):
        return Classify(config, data_spec.classes, counts, rng.device)
    if isinstance(config, schemas.Regress):
        return Regress(config, targets[0].factor if targets else 1.0)
    if isinstance(config, schemas.MultiLabel):
        return MultiLabel(data_spec.classes)
    if isinstance(config, schemas.MultiOutput):
        return MultiOutput(config, data_spec.several(), targets, rng.device)
    if isinstance(config, schemas.Tag):
        return Tag(config, data_spec.padding)
    if isinstance(config, schemas.NextToken):
        return NextToken()
    assert isinstance(model, Assembly)
    if isinstance(config, generative.Adversarial):
        return Adversarial(config, rng)
    end = model.blueprint.parts["decoder"].end
    if isinstance(config, generative.Vae):
        return Variational(config, rng, end)
    assert isinstance(config, generative.Reconstruct)
    return Reconstruct(config, rng, end, words=isinstance(model, TokenAutoencoder))
