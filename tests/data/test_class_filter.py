"""`dataset.only`: some classes of a standard set alone."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.class_filter import filtered
from dlrun.data.dataset_info import dataset_info
from dlrun.data.read import read
from dlrun.data.sets.cifar10 import Cifar10
from dlrun.data.sets.fashion_mnist import FashionMnist
from dlrun.data.sets.mnist import Mnist
from dlrun.data.source import RawDataset, complete


def _source():
    y, y_test = np.arange(40) % 10, np.arange(20) % 10
    x, x_test = (np.broadcast_to(labels.astype(np.uint8)[:, None, None, None], (len(labels), 3, 32, 32))
                 for labels in (y, y_test))
    return complete(RawDataset(Cifar10.known.data_spec, x, y, x_test=x_test, y_test=y_test))


def test_only_the_chosen_classes_stay_and_are_numbered_in_the_datas_order():
    source = filtered(("frog", "cat"), _source())
    assert source.data_spec.classes == ("cat", "frog")
    assert source.x[:, 0, 0, 0].tolist() == [3, 6] * 4 and source.y.tolist() == [0, 1] * 4
    assert source.x_test[:, 0, 0, 0].tolist() == [3, 6] * 2 and source.y_test.tolist() == [0, 1] * 2
    assert source.content != _source().content


def test_without_it_nothing_changes():
    whole = _source()
    assert filtered((), whole) is whole


def test_a_class_that_is_not_there_is_said_with_the_nearest_name():
    with pytest.raises(ConfigError, match="did you mean  frog"):
        dataset_info(Cifar10(only=("frgo",)), "")


@pytest.mark.parametrize("cfg, file", [
    (Mnist(only=("3", "8")), "MNIST/raw"), (FashionMnist(only=("Shirt",)), "FashionMNIST/raw"),
    pytest.param(Cifar10(only=("frog",)), "CIFAR10", marks=pytest.mark.slow)])  # 60,000 pictures are decoded
def test_the_rows_that_are_promised_are_those_of_the_real_data(cfg, file, real, said):
    source = read(cfg, str(real(file).parents[len(file.split("/")) - 1]), said.append)
    promised = dataset_info(cfg, "")
    assert promised.data_spec == source.data_spec
    assert promised.rows == {"train": len(source.x), "test": len(source.x_test)}


def test_every_row_has_a_class():
    for kind in (Mnist, FashionMnist, Cifar10):
        assert {split: sum(rows) for split, rows in kind.rows_of_class.items()} == kind.known.rows
