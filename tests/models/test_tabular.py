"""``model=tabular`` against networks written out member by member, a hand count, and itself after a kill."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state
from dlrun.inference.load import load_run
from dlrun.models.families.tabular_module import set_edges
from dlrun.models.layers.column_embedding_module import ColumnEmbedding
from dlrun.models.layers.member_dense_module import MemberDense, OwnDense
from dlrun.models.layers.member_mean_module import mean_logits
from dlrun.models.plan import totals
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from tests.engine.make import made
from tests.helpers.runs import last_weights
from tests.run.stops import killed_after, signalled_after
from tests.whole.equal import rows

SMALL = ["model=tabular", "model.hidden=[6,5]", "model.members=4", "model.embed=3", "model.bins=5"]


def drawn(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    for place, weight in enumerate(module.parameters()):
        weight.data = drawn(tuple(weight.shape), place)
    return module


def test_parameters_are_the_hand_count_of_the_paper() -> None:
    """Wine has 13 columns and 3 classes: embeddings 13 * 8 * (16 + 1 + 1), two adapted layers, 32 heads of their own;
    frozen are the edges of 13 columns, and offset and factor of the output."""
    checked = preflight(["dataset=wine", "model=tabular"])
    columns = 13 * 8 * (16 + 2)
    first = 104 * 128 + 32 * (104 + 128 + 128)
    second = 128 * 128 + 32 * (128 + 128 + 128)
    heads = 32 * (128 * 3 + 3)
    assert totals(checked.table() or []) == (columns + first + second + heads, 13 * 17 + 2)


def test_the_module_has_the_parameters_that_its_table_says(tmp_path: Path) -> None:
    model = made(tmp_path, "dataset=wine", *SMALL)[0].model
    trainable, frozen = totals(preflight(["dataset=wine", *SMALL]).table() or [])
    assert sum(weight.numel() for weight in model.parameters()) == trainable
    assert sum(buffer.numel() for buffer in model.buffers()) == frozen


def test_members_are_dense_layers_whose_weights_are_the_common_ones_scaled() -> None:
    layer = randomised(MemberDense(4, 3, 5, "relu"))
    x = drawn((7, 3), 9)
    with torch.no_grad():
        for member in range(4):
            weight = layer.s[member][:, None] * layer.weight * layer.r[member]
            assert torch.allclose(layer(x)[:, member], F.relu(F.linear(x, weight, layer.bias[member])), atol=1e-5)


def test_heads_are_dense_layers_of_their_own() -> None:
    layer = randomised(OwnDense(4, 3, 2, "linear"))
    x = drawn((7, 4, 3), 9)
    with torch.no_grad():
        for member in range(4):
            expected = F.linear(x[:, member], layer.weight[member].T, layer.bias[member])
            assert torch.allclose(layer(x)[:, member], expected, atol=1e-5)


def test_members_begin_alike_but_for_one_drawn_vector_by_column(tmp_path: Path) -> None:
    model = made(tmp_path, "dataset=wine", *SMALL)[0].model
    first, second = model.member_dense_1, model.member_dense_2
    by_column = first.r.detach().view(4, 13, 3)
    assert torch.equal(by_column, by_column[..., :1].expand(-1, -1, 3)) and by_column[..., 0].unique().numel() == 52
    assert all(bool((values == 1).all()) for values in (first.s, second.r, second.s))


def test_a_columns_function_is_piecewise_linear_between_quantiles_of_the_training_rows() -> None:
    train = np.stack([np.arange(101.0), np.r_[np.zeros(60), np.ones(41)], np.full(101, 7.0)], 1).astype(np.float32)
    layer = randomised(ColumnEmbedding(3, 2, 4))
    set_edges(layer, train)
    assert layer.edges[0].tolist() == [0, 25, 50, 75, 100] and layer.edges[1].tolist() == [0, 1, 1, 1, 1]
    x = torch.tensor([[-10.0, 0, 7], [30, 1, 7], [110, 0.5, 8]])
    with torch.no_grad():
        found = layer(x).view(3, 3, 2)
        linear = x[..., None] * layer.slope + layer.bias
        # below and above the outer pieces go on
        parts = torch.tensor([[-0.4, 0, 0, 0], [1, 0.2, 0, 0], [1, 1, 1, 1.4]])
        assert torch.allclose(found[:, 0], linear[:, 0] + parts @ layer.weight[0], atol=1e-4)
        assert torch.allclose(found[:, 1], linear[:, 1] + x[:, 1:2] * layer.weight[1, :1], atol=1e-5)
        assert torch.allclose(found[:, 2], linear[:, 2], atol=1e-5)  # a constant column has no piece


@pytest.mark.parametrize("outputs", [1, 3])
def test_what_is_predicted_has_the_mean_probabilities_of_the_members(outputs: int) -> None:
    logits = 3 * drawn((6, 4, outputs))
    if outputs == 1:
        assert torch.allclose(torch.sigmoid(mean_logits(logits)), torch.sigmoid(logits).mean(1), atol=1e-6)
    else:
        assert torch.allclose(torch.softmax(mean_logits(logits), 1), torch.softmax(logits, 2).mean(1), atol=1e-6)


@pytest.mark.parametrize(("data", "one"), [
    ("wine", lambda outputs, y: F.cross_entropy(outputs, y)),
    ("breast_cancer", lambda outputs, y: F.binary_cross_entropy_with_logits(outputs[:, 0], y.float())),
    ("diabetes", lambda outputs, y: F.mse_loss(outputs[:, 0], y))])
def test_members_are_trained_by_the_mean_of_their_losses_and_measured_by_their_mean(tmp_path: Path, data: str, one
                                                                                    ) -> None:
    components = made(tmp_path, f"dataset={data}", *SMALL, "model.dropout=0")[0]
    x, y = components.train.range(0, 20)
    batch = Batch(x, y, 20)
    outputs = components.model.train()(x)
    assert outputs.shape[:2] == (20, 4)
    loss, mean = components.task.loss("model", components.model, batch)
    assert torch.allclose(loss, torch.stack([one(outputs[:, member], y) for member in range(4)]).mean(), rtol=1e-5)
    measured, found = components.task.loss("model", components.model.eval(), batch)
    assert torch.allclose(measured, one(components.model(x), y), rtol=1e-5) and len(found) == len(mean) == 20


def test_numbers_begin_at_the_mean_of_the_training_targets(tmp_path: Path) -> None:
    components = made(tmp_path, "dataset=diabetes", *SMALL)[0]
    y = components.train.y
    assert components.model.member_mean_1.offset.item() == pytest.approx(y.mean().item(), rel=1e-5)
    assert components.model.member_mean_1.factor.item() == pytest.approx(y.std(correction=0).item(), rel=1e-5)


@pytest.mark.parametrize("stop", [killed_after, signalled_after])
def test_a_run_that_was_stopped_ends_with_the_same_weights(go, tmp_path: Path, stop) -> None:
    words = ["dataset=diabetes", *SMALL, "batch_size=64", "epochs=3", "checkpoint_seconds=0", "seed=1"]
    whole = go(*words, "output_dir=whole")
    with stop(7):
        go(*words, "output_dir=cut")
    cut = go(*words, "output_dir=cut")
    assert cut.result["test"] == whole.result["test"]
    assert rows(cut.folder) == rows(whole.folder)
    weights, others = last_weights(whole.folder), last_weights(cut.folder)
    assert all(torch.equal(weights[name], others[name]) for name in weights) and "column_embedding_1.edges" in weights


@pytest.mark.parametrize(("words", "expected"), [
    (["dataset=digits"], "it is for tables; the data set has image rows"),
    (["dataset=diabetes", "task=quantile"], "model=dense does")])
def test_what_it_is_not_for_is_said(words: list[str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        preflight(["model=tabular", *words])


def test_without_a_data_set_it_is_trained_on_a_table_as_its_paper_has_it() -> None:
    config = preflight(["model=tabular"]).config
    assert (config.dataset.kind, config.optimizer.kind, config.optimizer.lr) == ("wine", "adamw", 0.002)
    assert (config.early_stop.patience, config.epochs, config.batch_size) == (40, 400, 16)


def test_a_column_of_words_becomes_the_vector_of_its_word_and_another_where_it_has_none() -> None:
    layer = randomised(ColumnEmbedding(7, 2, 4, [(1, 3), (5, 2)]))
    numbers, ids = drawn((5, 2)), torch.tensor([[0, 1], [2, 0], [1, 1], [3, 0], [0, 2]])  # the last id is unknown
    words = torch.cat([layer.words[:3], layer.unknown[:1]]), torch.cat([layer.words[3:], layer.unknown[1:]])
    hot = [F.one_hot(ids[:, place], count + 1)[:, :-1] for place, count in enumerate((3, 2))]
    x = torch.cat([numbers[:, :1], hot[0], numbers[:, 1:], hot[1]], 1)
    plain = ColumnEmbedding(2, 2, 4)
    for name in ("slope", "weight", "bias", "edges"):
        getattr(plain, name).data = getattr(layer, name).data
    with torch.no_grad():
        expected = torch.cat([plain(numbers), *(F.embedding(ids[:, place], words[place]) for place in range(2))], 1)
        assert torch.allclose(layer(x), expected, atol=1e-6)
    set_edges(layer, x.numpy())
    set_edges(plain, numbers.numpy())
    assert torch.equal(layer.edges, plain.edges)


@pytest.fixture
def cities(tmp_path: Path) -> list[str]:
    """A table with a number, a column of twelve words, and one of two."""
    lines = [f"{place},c{place % 12},{'rg'[place % 2]},{place * 0.7}" for place in range(72)]
    (tmp_path / "t.csv").write_text("size,city,colour,price\n" + "\n".join(lines) + "\n")
    return ["dataset=csv", f"dataset.path={tmp_path / 't.csv'}", "dataset.target=price", *SMALL]


def test_columns_of_many_words_are_embedded_and_all_others_stay_what_they_were(cities: list[str]) -> None:
    checked = preflight(cities)
    (decision,) = [one for one in checked.decisions if one.key == "model.embed_words"]
    assert (decision.value, decision.reason) == (9, "9 words or more in city")
    # numbers: size, colour=g and colour=r with 3 * (5 + 2) each; 12 words and one for unknown ones
    assert (checked.table() or [])[0].trainable == 3 * 3 * 7 + 13 * 3
    one_hot = preflight([*cities, "model.embed_words=0"])
    assert (one_hot.table() or [])[0].trainable == 15 * 3 * 7
    assert identity(checked.config) != identity(one_hot.config)
    few = [*cities, "dataset.drop=[city]"]
    assert identity(preflight(few).config) == identity(preflight([*few, "model.embed_words=0"]).config)
    assert not [one for one in preflight(few).decisions if one.key == "model.embed_words" and one.value]


def test_a_word_that_was_not_trained_on_is_the_one_unknown_word(go, cities: list[str], tmp_path: Path) -> None:
    run = load_run(go(*cities, "max_steps=3").folder)
    (tmp_path / "new.csv").write_text("size,city,colour\n3,elsewhere,r\n3,,r\n3,nowhere,r\n3,c1,r\n")
    split = preprocessing_state.of_table(run.kept, tmp_path / "new.csv", lambda note: None)[1]
    told = run.predictions(split)[0].values
    assert told[0] == told[1] == told[2] != told[3]
