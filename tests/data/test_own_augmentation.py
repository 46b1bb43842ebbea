"""An augmentation of a user's own: the example of the protocol's docstring, registered, trained with and resumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import number
from dlrun.data.augmentations._base import Augmentation
from dlrun.registry import find, register
from dlrun.registry.lookup import _registered


@pytest.fixture
def jitter() -> Iterator[type]:
    doc = Augmentation.__doc__ or ""
    names = {"register": register, "dataclass": dataclass, "Augmentation": Augmentation, "ClassVar": ClassVar,
             "number": number, "__name__": __name__}
    exec(textwrap.dedent(doc[doc.index("        @register"):]), names)
    yield find("augment", "jitter")
    del _registered["augment", "jitter"]


def test_it_changes_each_batch_by_what_the_step_draws(jitter):
    change, x = jitter(size=0.5).build(), torch.zeros(2000, 4)
    one, other = (change(x, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert abs(one.std() - 0.5) < 0.02 and not torch.equal(one, other)
    assert torch.equal(one, change(x, torch.Generator().manual_seed(1)))


def test_a_run_trains_with_it_and_pictures_are_refused(jitter, go):
    overrides = ("dataset=iris", "model=dense", "epochs=3", "early_stop=none")
    plain, changed = go(*overrides), go(*overrides, "augment=jitter")
    assert plain.result["train"]["loss"] != changed.result["train"]["loss"]
    assert go(*overrides, "augment=jitter").folder == changed.folder
    assert go(*overrides, "augment=jitter", "augment.size=0.2").folder != changed.folder
    with pytest.raises(ConfigError, match="only table and series inputs are augmented"):
        go("augment=jitter")
