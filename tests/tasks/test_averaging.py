"""What the tasks say of the mean of several networks' predictions: their own columns, averaged."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.data.dataset_spec import DatasetSpec, Head
from dlrun.data.scale import Target
from dlrun.tasks._base.averaging import mean_of_classes
from dlrun.tasks._base.task import Task
from dlrun.tasks.adversarial.task import AdversarialTask
from dlrun.tasks.classify.task import ClassifyTask
from dlrun.tasks.multi_label.task import MultiLabelTask
from dlrun.tasks.multi_output.task import MultiOutputTask
from dlrun.tasks.next_token.task import NextTokenTask
from dlrun.tasks.quantile.task import QuantileTask
from dlrun.tasks.regress.task import RegressTask
from dlrun.tasks.tag.task import TagTask

WEIGHTS = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
HEADS = (Head("kind", ("a", "b", "c")), Head("size"), Head("sick", ("no", "yes")))
SCALES = (Target("kind", "", 0, 1), Target("size", "m", 3, 2, 3.0, 0.5), Target("sick", "", 0, 1))
SPECS = {
    "classes": (ClassifyTask(3), 3, DatasetSpec((4,), "table", "classes", ("a", "b", "c")), ()),
    "two classes": (ClassifyTask(1), 1, DatasetSpec((4,), "table", "classes", ("a", "b")), ()),
    "labels": (MultiLabelTask(("a", "b", "c")), 3, DatasetSpec((4,), "table", "labels", ("a", "b", "c")), ()),
    "number": (RegressTask("mse", 0.5, 3.0), 1, DatasetSpec((4,), "table", "number"), SCALES[1:2]),
    "several": (MultiOutputTask(HEADS, SCALES), 5, DatasetSpec((4,), "table", "several", heads=HEADS), SCALES),
}


def drawn(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", SPECS)
def test_what_is_predicted_by_the_mean_is_the_mean_of_what_is_predicted(name: str) -> None:
    task, width, spec, scales = SPECS[name]
    outputs = drawn(3, 20, width)
    found = {one.name: one for one in task.predictions(task.averaged(outputs, WEIGHTS), spec, scales)}
    each = [{one.name: one for one in task.predictions(member, spec, scales)} for member in outputs]
    numbers = [name for name, one in found.items() if one.probability or name in ("prediction", "size")]
    assert numbers
    for name in numbers:
        expected = np.average([np.asarray(member[name].values) for member in each], axis=0, weights=WEIGHTS)
        assert np.asarray(found[name].values) == pytest.approx(expected, abs=2e-6), name


def test_quantiles_are_put_in_order_before_they_are_averaged() -> None:
    task = QuantileTask((0.1, 0.9))
    found = task.averaged(torch.tensor([[[2.0, 0.0]], [[1.0, 4.0]]]), torch.tensor([0.5, 0.5]))
    assert found.tolist() == [[0.5, 3.0]]


@pytest.mark.parametrize("task", [TagTask(0), NextTokenTask()])
def test_at_each_position_probabilities_are_averaged(task: Task) -> None:
    outputs = drawn(3, 5, 7, 4)  # members, rows, tags, positions
    expected = (torch.softmax(outputs.double(), 2) * WEIGHTS.view(-1, 1, 1, 1)).sum(0)
    assert torch.allclose(torch.softmax(task.averaged(outputs, WEIGHTS), 1).double(), expected, atol=1e-6)


def test_a_member_of_weight_0_has_no_part_and_a_sure_member_gives_no_nan() -> None:
    outputs = torch.tensor([[[1.0, 2.0]], [[1e5, -1e5]]])
    assert torch.allclose(torch.softmax(mean_of_classes(outputs, torch.tensor([1.0, 0.0])), 1),
                          torch.softmax(outputs[0], 1))
    assert torch.isfinite(mean_of_classes(outputs, torch.tensor([0.5, 0.5]))).all()


def test_with_a_loss_of_each_classs_own_probability_these_are_averaged() -> None:
    outputs = drawn(3, 8, 4)
    found = torch.sigmoid(ClassifyTask(4, "binary_cross_entropy").averaged(outputs, WEIGHTS))
    assert torch.allclose(found.double(), (torch.sigmoid(outputs.double()) * WEIGHTS.view(-1, 1, 1)).sum(0), atol=1e-6)


def test_what_generates_has_no_mean() -> None:
    assert not AdversarialTask.averages.fget(object.__new__(AdversarialTask))  # type: ignore[attr-defined]
