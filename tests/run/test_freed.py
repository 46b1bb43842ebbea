"""What a run has held is freed as it ends: a process that trains many holds the rows and weights of one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from dlrun.data.batches import Rows
from dlrun.engine.compiled import compiler

FEW = ("dataset=digits", "train_size=96", "validation=32", "test_size=16", "max_steps=3")


@contextmanager
def kept() -> Iterator[list[object]]:
    """What only Python's collector finds of what was made within the block."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    found: list[object] = []
    try:
        yield found
        gc.collect()
        found += gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def compiles() -> bool:
    try:
        compiler.find()
    except compiler.NoCompiler:
        return False
    return True


@pytest.mark.parametrize("words", [
    ("model=dense",), ("model=cnn", "augment=shift"), ("model=dense", "optimizer=lbfgs"), ("model=gan",),
    ("model=vae",), ("model=dense", "validation={kind: kfold, k: 2}"),
    ("model=dense", "validation={kind: kfold, k: 2}", "pack=2"),
    pytest.param(("model=dense", "model.dropout=0.5", "speed=compiled"),
                 marks=pytest.mark.skipif(not compiles(), reason="no C compiler is here")),
], ids=" ".join)
def test_no_rows_or_tensors_of_a_run_wait_for_the_collector(go, quick_classifier: None, words: tuple[str, ...]) -> None:
    go(*FEW, *words)  # what is loaded once, as Matplotlib is, keeps frames in exceptions of its own
    with kept() as found:
        assert go(*FEW, *words, "seed=1").exit_code == 0
    assert found, "cycles of json's and torch's own are always there"
    assert [type(each) for each in found if isinstance(each, (torch.Tensor, Rows))] == []
