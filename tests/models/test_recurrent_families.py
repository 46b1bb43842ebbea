"""The families for sequences: what a config means for tokens, series, and targets at each position."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.build import build
from dlrun.models.families.conv1d import Conv1d
from dlrun.models.families.recurrent import Recurrent
from dlrun.models.families.sequential import Sequential
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.embedding import Embedding
from dlrun.models.layers.gru import Gru
from dlrun.models.layers.lstm import Lstm
from dlrun.models.layers.spatial_dropout import SpatialDropout
from dlrun.models.layers.time_distributed import TimeDistributed
from dlrun.models.plan import output_shape
from dlrun.models.step_rng import StepRng
from dlrun.registry import find

IMDB = DatasetSpec((500,), "tokens", "classes", ("neg", "pos"), vocabulary=10_000, padding=0)
JENA = DatasetSpec((14, 120), "series", "number")
TAGS = DatasetSpec((25,), "tokens", "tokens", vocabulary=5002, padding=0, target_length=25, target_vocabulary=46)
PAIRS = DatasetSpec((25,), "tokens", "tokens", vocabulary=50, target_length=12, target_vocabulary=46)
FABLES = DatasetSpec((20,), "tokens", "tokens", vocabulary=4169, target_vocabulary=4169, next_token=True)
ROWS = DatasetSpec((8, 8), "series", "classes", tuple("0123456789"))


def kinds(layers: list) -> list[str]:
    return [layer.kind for layer in layers]


def test_tokens_are_embedded_and_a_series_is_read_as_it_is() -> None:
    glorot = {"init": "glorot_uniform"}
    assert Recurrent().network(IMDB, 1) == [Embedding(32, 10_000), Lstm(32, **glorot),
                                              Dense(1, **glorot)]
    assert Recurrent(layer="gru").network(JENA, 1) == [Gru(32, **glorot), Dense(1, **glorot)]
    assert kinds(Recurrent(layer="rnn").network(FABLES, 4169)) == ["embedding", "rnn", "dense"]


def test_dropout_is_the_recurrent_layers_own_and_the_rest_has_layers() -> None:
    model = Recurrent(units=(8, 4), dropout=0.1, recurrent_dropout=0.5, spatial_dropout=0.2, output_dropout=0.3,
                      hidden=(6,), mask=True, freeze=True, vectors="glove.txt", bidirectional="sum", init="he_normal")
    own = {"dropout": 0.1, "recurrent_dropout": 0.5, "bidirectional": "sum", "init": "he_normal"}
    assert model.network(IMDB, 1) == [
        Embedding(32, 10_000, mask_zero=True, frozen=True, vectors="glove.txt"), SpatialDropout(0.2),
        Lstm(8, return_sequences=True, **own), Lstm(4, **own), Dropout(0.3),
        Dense(6, activation="relu", init="he_normal"), Dropout(0.3), Dense(1, init="he_normal")]


def test_targets_at_each_position_get_an_output_at_each() -> None:
    layers = Recurrent(units=(8, 4), hidden=(6,)).network(TAGS, 46)
    assert kinds(layers) == ["embedding", "lstm", "lstm", "time_distributed", "time_distributed"]
    assert output_shape(layers, (25,)) == (46, 25)
    turned = Recurrent(reversed=True).network(TAGS, 46)
    assert kinds(turned) == ["embedding", "lstm", "reverse", "time_distributed"]


def test_through_one_vector_where_asked_or_where_lengths_differ() -> None:
    """Gulli's taggers, ch. 6: encoder, RepeatVector, decoder."""
    expected = ["embedding", "lstm", "repeat", "lstm", "time_distributed"]
    assert kinds(Recurrent(context=True, reversed=True).network(TAGS, 46)) == expected
    layers = Recurrent().network(PAIRS, 46)
    assert kinds(layers) == expected and output_shape(layers, (25,)) == (46, 12)


@pytest.mark.parametrize(("both", "second"), [(True, (0.3, 0.1)), (False, (0.0, 0.0))])
def test_the_decoder_drops_where_it_is_to(both: bool, second: tuple[float, float]) -> None:
    model = Recurrent(context=True, dropout=0.3, recurrent_dropout=0.1, decoder_dropout=both)
    encoder, decoder = [layer for layer in model.network(TAGS, 46) if isinstance(layer, Lstm)]
    assert (encoder.dropout, encoder.recurrent_dropout) == (0.3, 0.1)
    assert (decoder.dropout, decoder.recurrent_dropout) == second


def test_a_position_sees_no_later_token_unless_both_ways_are_read() -> None:
    ids = torch.randint(1, 50, (2, 12), generator=torch.Generator().manual_seed(0))
    later = ids.clone()
    later[:, 7:] = 3
    same = DatasetSpec((12,), "tokens", "tokens", vocabulary=50, target_length=12, target_vocabulary=9)
    for model, seen in ((Recurrent(units=(6, 6)), slice(0, 7)), (Recurrent(units=(6,), reversed=True), slice(0, 0))):
        net = build(model.network(same, 9), (12,), seed=0, rng=StepRng(0, "cpu")).eval()
        changed = (net(ids) != net(later)).any(1).any(0)
        assert not changed[seen].any() and changed[7:].any()
    assert changed[0]  # read from its end, the first position has seen all


def test_convolutions_alternate_with_poolings() -> None:
    layers = Conv1d(padding="valid", embed=128).network(IMDB, 1)
    assert kinds(layers) == ["embedding", "conv1d", "pool", "conv1d", "global_pool", "dense"]
    assert [output_shape(layers[:count], (500,)) for count in range(1, 6)] == [
        (128, 500), (32, 494), (32, 98), (32, 92), (32,)]  # Chollet, figure 7.15
    with_gru = Conv1d(kernel=(5,), pool=3, recurrent=(32,), dropout=0.1, recurrent_dropout=0.5).network(JENA, 1)
    assert kinds(with_gru) == ["conv1d", "pool", "conv1d", "gru", "dense"]
    assert with_gru[3] == Gru(32, dropout=0.1, recurrent_dropout=0.5, init="glorot_uniform")


@pytest.mark.parametrize("model", [Recurrent(), Recurrent(layer="gru"), Recurrent(bidirectional="concat"), Conv1d(),
                                   Conv1d(kernel=(5,), pool=3, recurrent=(32,))])
@pytest.mark.parametrize("data_spec", [IMDB, JENA, ROWS, FABLES])
def test_the_presets_serve_long_and_short_sequences(model: object, data_spec: DatasetSpec) -> None:
    assert output_shape(model.network(data_spec, 10), data_spec.input_shape) == (10,)


def test_a_list_takes_its_vocabulary_and_positions_from_the_data() -> None:
    layers = [{"embedding": 16}, {"gru": {"units": 8, "return_sequences": True}},
              {"time_distributed": {"units": "out", "activation": "softmax"}}]
    found = Sequential(layers=tuple(layers)).network(TAGS, 46)
    assert found[0] == Embedding(16, 5002)
    assert found[2] == TimeDistributed(46, init="glorot_uniform")  # the softmax is left to the loss
    with pytest.raises(ConfigError, match="end with  - time_distributed: out"):
        Sequential(layers=({"embedding": 16}, {"gru": 8}, {"dense": "out"})).network(TAGS, 46)
    with pytest.raises(ConfigError, match="the data set has no tokens"):
        Sequential(layers=({"embedding": 16}, {"gru": 8}, {"dense": "out"})).network(ROWS, 46)


IMAGES = DatasetSpec((1, 8, 8), "image", "classes", tuple("0123456789"))
TABLE = DatasetSpec((4,), "table", "classes", ("a", "b", "c"))


@pytest.mark.parametrize(("model", "data_spec", "said", "wanted"), [
    (Recurrent(name="lstm"), IMAGES, "model=lstm", "images of 8 x 8 x 1; try  model=cnn, or read an image row by row"),
    (Recurrent(name="gru"), TABLE, "model=gru", "a table of 4 features; try  model=dense"),
    (Conv1d(name="conv1d"), TABLE, "model=conv1d", "try  model=dense"),
    (Conv1d(name="conv1d"), TAGS, "model=conv1d", "targets at each position: try  model=lstm"),
    (Conv1d(kernel=(3, 5, 7)), JENA, "model.kernel=[3, 5, 7]", "expected one integer, or 2"),
    (Recurrent(mask=True), JENA, "model.mask=true", "only tokens are embedded"),
    (Recurrent(context=True), JENA, "model.context=true", "targets at each position"),
    (Recurrent(cell="fast", recurrent_dropout=0.2), JENA, "model.recurrent_dropout=0.2", "model.cell=keras has it"),
    (Recurrent(cell="fast", layer="gru", reset_after=False), JENA, "model.reset_after=false",
     "expected true with model.cell=fast"),
])
def test_a_network_that_does_not_fit_is_a_problem(model: object, data_spec: DatasetSpec, said: str,
                                                  wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model.network(data_spec, 2)
    assert [problem.given for problem in caught.value.problems] == [said]
    assert wanted in caught.value.problems[0].expected


def test_each_word_of_configs_names_a_schema_and_only_what_differs_from_it() -> None:
    import yaml

    folder = Path(__file__).parents[2] / "configs" / "model"
    for name in ("lstm", "gru", "rnn", "bilstm", "conv1d_gru"):
        lines = (folder / f"{name}.yaml").read_text().splitlines()
        assert lines[0].startswith("# ") and lines[0].endswith(".")
        given = yaml.safe_load("\n".join(lines))
        schema = find("model", given.pop("kind"))()
        given.pop("root", None)  # words of other groups
        assert all(getattr(schema, key) not in (value, (value,)) for key, value in given.items())


def test_a_plan_of_a_recurrent_net_needs_no_torch() -> None:
    program = (
        "import sys\n"
        "from dlrun.models.families.recurrent import Recurrent\n"
        "from dlrun.data.dataset_spec import DatasetSpec\n"
        "from dlrun.models.plan import plan, totals\n"
        "imdb = DatasetSpec((500,), 'tokens', 'classes', ('neg', 'pos'), vocabulary=10000)\n"
        "assert totals(plan(Recurrent().network(imdb, 1), (500,))) == (328353, 0)\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
