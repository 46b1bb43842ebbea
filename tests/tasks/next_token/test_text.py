"""Passages at temperatures, and what is counted in them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from dlrun.data.form import Form
from dlrun.tasks.next_token.text_diversity import TEMPERATURES
from dlrun.tasks.next_token.writing import Passage, write, write_all

SIZE, CPU = 6, torch.device("cpu")


class Table(nn.Module):
    """The logits of the next token by the last one."""

    def __init__(self, logits: torch.Tensor):
        super().__init__()
        self.logits = logits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits[x[:, -1].long()]


def passages(*temperatures: float) -> list[Passage]:
    return [Passage([place], temperature, torch.Generator().manual_seed(place))
            for place, temperature in enumerate(temperatures)]


def test_at_temperature_0_the_most_likely_token_follows() -> None:
    made = passages(0.0, 0.0)
    write_all(Table(torch.eye(SIZE).roll(1, 1)), Form("tokens"), 3, made, 7, CPU)
    assert [passage.made for passage in made] == [[1, 2, 3, 4, 5, 0, 1], [2, 3, 4, 5, 0, 1, 2]]
    assert made[0].entropies == [0.0] * 7


def test_a_passage_in_a_batch_is_the_one_that_is_written_alone() -> None:
    model = Table(torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(0)))
    together = passages(0.5, 1.0, math.inf)
    write_all(model, Form("tokens"), 4, together, 30, CPU)
    for alone in passages(0.5, 1.0, math.inf):
        found = write(model, Form("tokens"), 4, alone.start, 30, alone.temperature, alone.generator, CPU)
        assert found in [passage.made for passage in together]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_entropy_is_that_of_the_softened_distribution(temperature: float) -> None:
    shares = np.array([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125])
    (made,) = passages(temperature)
    write_all(Table(torch.tensor(np.log(shares)).float().expand(SIZE, SIZE)), Form("tokens"), 2, [made], 3, CPU)
    softened = shares ** (1 / temperature) / (shares ** (1 / temperature)).sum()
    assert made.entropies == pytest.approx([-(softened * np.log(softened)).sum()] * 3, rel=1e-6)


def test_an_endless_temperature_takes_any_token_alike() -> None:
    (made,) = passages(math.inf)
    write_all(Table(100 * torch.eye(SIZE)), Form("tokens"), 2, [made], 600, CPU)
    assert made.entropies[0] == pytest.approx(math.log(SIZE))
    assert np.bincount(made.made, minlength=SIZE).min() > 60, "100 each are expected"


def test_a_run_of_the_next_token_says_how_varied_its_text_is(go) -> None:
    measured = go("dataset=python_docs", "model=lstm", "model.units=8", "max_steps=5", "train_size=2000", "epochs=1",
                  "dataset.length=10").result["samples"]
    assert set(measured) == {f"{name}_{temperature:g}" for name in ("words", "real", "grams", "entropy")
                             for temperature in TEMPERATURES}
    entropies = [measured[f"entropy_{temperature:g}"] for temperature in TEMPERATURES]
    assert entropies == sorted(entropies) and entropies[0] == 0
    assert measured["grams_0"] < measured["grams_1"] <= measured["grams_inf"] <= 1
