"""Networks that begin with an embedding, in packs and compiled: they are the runs that they are alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dlrun.preflight.preflight import preflight
from dlrun.preflight.speed import not_compiled
from tests.engine.compiled.test_same_as_plain import apart
from tests.engine.packed.together import alone, distance, in_float64, make, packed, weights_of
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64"]
LISTS = {
    "averages": "[{embedding: 5}, {global_pool: average}, {dense: {units: 6, activation: relu}}, {dense: out}]",
    "places": "[{embedding: 3}, flatten, {dropout: 0.3}, {dense: {units: 6, activation: tanh}}, {dense: out}]",
    "largest": "[{embedding: {dim: 4, zero: true}}, {global_pool: max}, {dense: out}]",
    "single numbers": "[{embedding: 1}, flatten, {dense: out}]",
    "frozen vectors": "[{embedding: {dim: 4, frozen: true}}, flatten, {dense: {units: 6, l2: 0.01}}, {dense: out}]",
}
RATES = {"adam": 0.01, "sgd": 0.3, "rmsprop": 0.003, "adagrad": 0.05}


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts of 3 to 14 words out of 40, of which some say the class; the first words are far more common."""
    path = tmp_path_factory.mktemp("texts") / "reviews.tsv"
    draw = random.Random(0)
    words = [f"word{number}" for number in range(40)]
    with path.open("w") as file:
        for _ in range(300):
            label = draw.choice(["good", "bad"])
            text = [words[min(39, int(draw.expovariate(0.15)))] for _ in range(draw.randint(2, 13))]
            text.insert(draw.randrange(len(text)), f"{label}{draw.randrange(3)}")
            file.write(f"{label}\t{' '.join(text)}\n")
    return path


def command(reviews: Path, layers: str, optimizer: str = "adam") -> list[str]:
    return ["dataset=labelled_text", f"dataset.path={reviews}", "dataset.maxlen=12", "model=sequential",
            f"model.layers={layers}", "batch_size=24", "epochs=60", f"optimizer={optimizer}",
            f"optimizer.lr={RATES[optimizer]}"]


@needs_compiler
@pytest.mark.parametrize("name", LISTS)
def test_compiled_steps_in_float64(name: str, reviews: Path, tmp_path, in_float64) -> None:
    assert apart(tmp_path, [*command(reviews, LISTS[name]), "max_steps=100"], in_float64) < 1e-10


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [name for name in RATES if name != "adam"])
def test_compiled_steps_in_float64_with_other_optimizers(optimizer: str, reviews: Path, tmp_path, in_float64) -> None:
    assert apart(tmp_path, [*command(reviews, LISTS["averages"], optimizer), "max_steps=200"], in_float64) < 1e-10


@pytest.mark.parametrize("name", [name if name == "averages" else pytest.param(name, marks=pytest.mark.slow)
                                  for name in LISTS])
def test_packs_in_float64(name: str, reviews: Path, tmp_path, in_float64) -> None:
    own = [[*command(reviews, LISTS[name]), "max_steps=200", *more]
           for more in ([], ["seed=1"], ["seed=2", "optimizer.lr=0.003"])]
    runs = make(tmp_path / "alone", own, in_float64)
    start = weights_of(runs)
    expected = alone(runs)
    assert distance(expected, start) > 0.01, "nothing has moved"
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10


def test_a_table_that_says_what_is_padding_is_for_recurrent_layers(reviews: Path) -> None:
    masked = "[{embedding: {dim: 4, mask_zero: true}}, {lstm: 3}, {dense: out}]"
    assert not_compiled(preflight(command(reviews, masked))) == "layer embedding"
    assert not_compiled(preflight(command(reviews, LISTS["averages"]))) == ""
