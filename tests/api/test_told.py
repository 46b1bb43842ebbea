"""Attributes of callbacks and metrics: equal ones have one text in every process, others another one."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import dlrun
from dlrun.api.objects import read_objects
from dlrun.api.told import told
from tests.api.own import StopAfter


@dataclass
class Limits:
    low: Any
    high: float = 1.0


class Pair(NamedTuple):
    one: Any
    other: int


@pytest.mark.parametrize("value", [
    3, 0.1, "a b", None, True, np.float64(0.1), np.int64(3), [1, [2.5, "x"]], (1,), (), {}, {"a": [1], 2: {"b": None}},
    Path("x"), Limits(1), Pair(1, 2), OrderedDict(a=1), deque([1], 3), set(), int, torch.float32, torch.Size([1, 2])])
def test_what_ids_of_runs_hold_on_to_keeps_its_text(value: Any) -> None:
    assert told(value) == repr(value)


def made(last: float) -> list[Any]:
    """Attributes that mostly print alike, whatever `last` is."""
    array = np.arange(2000.0)
    array[1000] = last
    near = torch.tensor([1.0, 1.0 + last * 1e-6], dtype=torch.float64)
    network = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.constant_(network.weight, last)
    return [array, array.astype(object), array.reshape(2, 1000), torch.from_numpy(array), near, network,
            near.requires_grad_(), [array], {"weights": {"a": near}}, (1, array), Limits(array), Pair(array, 1),
            deque([near]), np.ma.masked_array(array, array == last), torch.tensor(last).bfloat16(),
            near.detach().to_sparse(), np.array(["2024", "2025"], "M8[Y]")[int(last) :], np.array(0.1 + last * 1e-12)]


@pytest.mark.parametrize("place", range(len(made(0.0))))
def test_arrays_are_told_apart_by_their_content(place: int) -> None:
    one, other = made(0.0)[place], made(1.0)[place]
    assert told(one) == told(made(0.0)[place]) != told(other)


def test_dtype_shape_and_names_count() -> None:
    array = np.zeros((2, 3), np.int64)
    assert len({told(array), told(array.astype(float)), told(array.T.copy()), told(torch.from_numpy(array))}) == 4
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(array, columns=list("abc"))
    texts = {told(each) for each in (frame, frame.rename(columns={"a": "d"}), frame.set_index([["x", "y"]]), frame["a"],
                                     frame["b"], frame.astype(str))}
    assert len(texts) == 6 and told(frame) == told(frame.copy())


def test_a_set_is_told_alike_in_every_process() -> None:
    code = ("from dlrun.api.told import told; "
            "print(told({'x': [{'b', 'a', 'c', 'd'}, frozenset({('e', 1), ('f', 2)})]}))")
    texts = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout for seed in "123"}
    assert len(texts) == 1


def test_callbacks_with_other_arrays_are_other_callbacks() -> None:
    def name(epochs: Any) -> str:
        return read_objects({"callbacks": [StopAfter(epochs)]}).overrides[0]

    assert name(np.arange(2000)) == name(np.arange(2000)) != name(np.where(np.arange(2000) == 999, 0, np.arange(2000)))
    assert name(3) == "callbacks=[stop_after_50291c7a]"
    for nameless in ([object(), np.zeros(3)], {"a": lambda: 3, "b": {1}}):
        with pytest.raises(dlrun.ConfigError, match="__repr__"):
            name(nameless)


def test_classes_a_list_that_holds_itself_and_conjugates_have_a_text() -> None:
    itself: list[Any] = [1]
    itself.append(itself)
    for value in (np.float32, np.ndarray, torch.Tensor, torch.nn.Linear, itself):
        assert told([value]) == repr([value])
    assert told(torch.tensor([1 + 2j]).conj()) == told(torch.tensor([1 - 2j]))
