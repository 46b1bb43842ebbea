"""The families: what a config means for a data set."""

from __future__ import annotations

import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.families.cnn import Cnn
from dlrun.models.families.dense import Dense
from dlrun.models.families.sequential import Sequential
from dlrun.models.layer import Weighted
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense as DenseLayer
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.pool import Pool
from dlrun.models.plan import output_shape, plan, totals

MNIST = DatasetSpec((1, 28, 28), "image", "classes", tuple("0123456789"))
DIGITS = DatasetSpec((1, 8, 8), "image", "classes", tuple("0123456789"))
IRIS = DatasetSpec((4,), "table", "classes", ("setosa", "versicolor", "virginica"), ("a", "b", "c", "d"))
BOSTON = DatasetSpec((13,), "table", "number")


@pytest.mark.parametrize("model", [Dense(), Dense(hidden=()), Cnn(), Cnn(filters=(20, 50), kernel=(5,), hidden=(500,)),
                                   Sequential()])
@pytest.mark.parametrize("data_spec", [MNIST, DIGITS])
def test_the_presets_serve_small_and_large_images_alike(model: object, data_spec: DatasetSpec) -> None:
    assert output_shape(model.network(data_spec, 10), data_spec.input_shape) == (10,)


def test_a_dense_hidden_layer_is_dense_norm_activation_dropout() -> None:
    model = Dense(hidden=(8,), batch_norm=True, dropout=0.5, input_dropout=0.2, l2=0.01, max_norm=3.0, init="he_normal")
    assert model.network(MNIST, 10) == [
        Flatten(), Dropout(0.2), DenseLayer(8, init="he_normal", l2=0.01, max_norm=3.0), BatchNorm(),
        Activation("relu"), Dropout(0.5), DenseLayer(10, init="he_normal"),
    ]


def test_a_block_of_a_cnn_is_convolutions_pool_dropout() -> None:
    model = Cnn(filters=(8, 16), kernel=(3, 5), stride=(2, 1), pool=(2, 0), convs=2, conv_dropout=0.25, hidden=(),
                global_pool="max", init="he_normal")
    shared = {"padding": "same", "activation": "relu", "init": "he_normal"}
    assert model.network(MNIST, 10) == [
        Conv(8, (3,), (2,), **shared), Conv(8, (3,), (1,), **shared), Pool((2,)), Dropout(0.25),
        Conv(16, (5,), (1,), **shared), Conv(16, (5,), (1,), **shared), Dropout(0.25),
        GlobalPool("max"), DenseLayer(10, init="he_normal"),
    ]


def test_a_list_gets_its_outputs_and_its_init_from_the_config() -> None:
    layers = ({"residual": [{"dense": 4}]}, {"dense": {"units": 8, "init": "zeros"}}, {"dense": "out"})
    model = Sequential(layers=layers, init="orthogonal")
    residual, inner, out = model.network(IRIS, 3)
    assert residual.layers == (DenseLayer(4, init="orthogonal"),)
    assert (inner.init, out) == ("zeros", DenseLayer(3, init="orthogonal"))


@pytest.mark.parametrize("end", [[{"dense": {"units": "out", "activation": "softmax"}}], [{"dense": "out"}, "softmax"]])
def test_a_classifiers_final_softmax_is_left_out(end: list) -> None:
    assert Sequential(layers=tuple(end)).network(IRIS, 3) == [DenseLayer(3, init="glorot_uniform")]


def test_a_final_sigmoid_is_left_out_of_a_binary_classifier_and_kept_in_a_regression() -> None:
    layers = ({"dense": {"units": "out", "activation": "sigmoid"}},)
    binary = DatasetSpec((4,), "table", "classes", ("no", "yes"))
    assert Sequential(layers=layers).network(binary, 1)[-1].activation == "linear"
    assert Sequential(layers=layers).network(BOSTON, 1)[-1].activation == "sigmoid"


@pytest.mark.parametrize(("model", "data_spec", "said", "wanted"), [
    (Cnn(name="lenet"), IRIS, "model=lenet", "a table of 4 features; try  model=dense"),
    (Cnn(filters=(8, 8, 8), kernel=(3, 5)), MNIST, "model.kernel=[3, 5]", "expected one integer, or 3"),
    (Cnn(filters=(8,) * 5), MNIST, "pool_5 on 1 x 1 x 8", "larger than its input of 1 x 1"),
    (Cnn(padding="valid", kernel=(9,)), DIGITS, "conv_1 on 8 x 8 x 1", "a window of 9 x 9"),
    (Sequential(layers=("flatten", {"dense": 64})), MNIST, "model.layers[1]", "gives 64, the task needs 10"),
    (Sequential(layers=({"dense": "out"},)), MNIST, "dense_1 on 28 x 28 x 1", "put  - flatten  before it"),
    (Sequential(layers=({"dense": "out"}, "sigmoid")), IRIS, "model.layers[1]=sigmoid", "softmax"),
    (Sequential(layers=({"conv": 8}, "flatten")), IRIS, "conv_1 on 4", "expects images"),
])
def test_a_network_that_does_not_fit_is_a_problem(model: object, data_spec: DatasetSpec, said: str,
                                                  wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model.network(data_spec, len(data_spec.classes))
    assert [problem.given for problem in caught.value.problems] == [said]
    assert wanted in caught.value.problems[0].expected


def test_the_l2_of_a_family_is_on_hidden_kernels_only() -> None:
    layers = Cnn(l2=0.01).network(MNIST, 10)
    assert [layer.l2 for layer in layers if isinstance(layer, Weighted)] == [0.01, 0.01, 0.01, 0.0]


def test_the_counts_of_a_network_with_batch_norm_are_split_as_in_keras() -> None:
    layers = Dense(hidden=(5,), batch_norm=True).network(IRIS, 3)
    assert totals(plan(layers, (4,))) == (4 * 5 + 5 + 2 * 5 + 5 * 3 + 3, 2 * 5)


@pytest.mark.parametrize(("data_spec", "end", "kept"), [
    (DatasetSpec((2, 9), "series", "classes", tuple("abc")), {"rnn": {"units": 3, "activation": "sigmoid"}}, "sigmoid"),
    (IRIS, {"dense": {"units": "out", "activation": "softmax"}}, "linear"),
])
def test_only_the_function_of_an_output_is_left_to_the_loss(data_spec: DatasetSpec, end: dict[str, object],
                                                            kept: str) -> None:
    *_, last = Sequential(layers=(end,)).layers_for(data_spec, 3)
    assert last.kind == next(iter(end)) and last.activation == kept  # type: ignore[attr-defined]
