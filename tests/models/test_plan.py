"""Shapes before there is a network, against the books' worked examples and hand computation."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlrun.config.problem import ConfigError
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.parallel import Parallel
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, plan
from dlrun.models.summary import summary


def shapes(items: list, input_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [row.output_shape for row in plan(parse(items), input_shape) if row.indent == 0]


def test_the_convolution_arithmetic_of_buduma() -> None:
    """Ch. 5: a 5 x 5 x 3 input, padding 1, stride 2, two 3 x 3 filters."""
    assert Conv(2, (3,), (2,), padding=1).output((3, 5, 5)) == (2, 3, 3)


def test_the_shapes_of_chollets_cats_and_dogs() -> None:
    """Listing 5.5, printed: 150 -> 148 -> 74 -> 72 -> 36 -> 34 -> 17 -> 15 -> 7."""
    items = [layer for filters in (32, 64, 128, 128) for layer in ({"conv": filters}, {"pool": 2})]
    assert [shape[1] for shape in shapes(items, (3, 150, 150))] == [148, 74, 72, 36, 34, 17, 15, 7]


def test_the_shapes_of_fosters_car_racing_autoencoder() -> None:
    """Ch. 8, figures 8.7 and 8.8: kernels of 4, then transposed ones of 5, 5, 6 and 6, stride 2, without padding."""
    down = [{"conv": {"filters": filters, "kernel": 4, "stride": 2}} for filters in (32, 64, 64, 128)]
    assert shapes(down, (3, 64, 64)) == [(32, 31, 31), (64, 14, 14), (64, 6, 6), (128, 2, 2)]
    up = [{"transposed_conv": {"filters": filters, "kernel": kernel, "stride": 2}}
          for filters, kernel in [(64, 5), (64, 5), (32, 6), (3, 6)]]
    assert shapes(up, (1024, 1, 1)) == [(64, 5, 5), (64, 13, 13), (32, 30, 30), (3, 64, 64)]


def test_the_branches_of_an_inception_module_meet_only_with_padding() -> None:
    """Chollet, 7.1.4: on 35 x 35 the printed branches end at 18, 17, 15 and 16; with padding all at 18."""
    def module(padding: str) -> Parallel:
        one, three, end = (Conv(128, (kernel,), (stride,), padding) for kernel, stride in [(1, 1), (3, 1), (3, 2)])
        pooled = Pool((3,), (2,), padding, take="average")
        return Parallel(((Conv(128, (1,), (2,), padding),), (one, end), (pooled, three), (one, three, end)))

    assert module("same").output((64, 35, 35)) == (512, 18, 18)
    with pytest.raises(ValueError, match=r"\(128, 18, 18\), \(128, 17, 17\), \(128, 15, 15\), \(128, 16, 16\)"):
        module("valid").output((64, 35, 35))


@pytest.mark.parametrize(("size", "kernel", "stride"),
                         [(7, 3, 2), (8, 3, 2), (5, 2, 1), (6, 5, 3), (4, 1, 3), (3, 7, 2)])
def test_same_padding_gives_the_ceiling_of_size_over_stride(size: int, kernel: int, stride: int) -> None:
    assert Conv(1, (kernel,), (stride,), "same").output((1, size, size))[1] == -(-size // stride)
    assert TransposedConv(1, (kernel,), (stride,), "same").output((1, size, size))[1] == size * stride


def test_names_are_kinds_with_running_numbers_and_paths() -> None:
    items = [{"conv": {"filters": 4, "padding": "same"}}, {"residual": [{"conv": {"filters": 8, "padding": "same"}}]},
             {"parallel": [["relu"], []]}, {"pool": 2}, {"conv": 4}]
    assert [(row.name, row.indent) for row in plan(parse(items), (1, 8, 8))] == [
        ("conv_1", 0), ("residual_1", 0), ("residual_1.layers.conv_1", 1), ("residual_1.shortcut.conv_1", 1),
        ("parallel_1", 0), ("parallel_1.branch_1.activation_1", 1), ("pool_1", 0), ("conv_2", 0),
    ]


@pytest.mark.parametrize(("items", "shape", "said"), [
    ([{"conv": 8}, {"residual": {"layers": [{"conv": 8}], "shortcut": "identity"}}], (1, 8, 8),
     "residual_1 on 6 x 6 x 8"),
    ([{"residual": [{"dense": 8}]}], (1, 8, 8), "residual_1.layers.dense_1 on 8 x 8 x 1"),
    ([{"reshape": [2, 2]}], (5,), "reshape_1 on 5"),
    ([{"global_pool": "max"}], (5,), "global_pool_1 on 5"),
    ([{"conv1d": 4}], (1, 8, 8), "conv1d_1 on 8 x 8 x 1"),
    ([{"conv": {"filters": 4, "groups": 2}}], (3, 8, 8), "conv_1 on 8 x 8 x 3"),
    ([{"spatial_dropout": 0.5}], (5,), "spatial_dropout_1 on 5"),
])
def test_the_layer_that_does_not_fit_is_named_with_its_input(items: list, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(parse(items), shape)
    assert caught.value.problems[0].given == said


def test_a_plan_and_its_table_need_no_torch() -> None:
    program = (
        "import sys\n"
        "from dlrun.models.families.cnn import Cnn\n"
        "from dlrun.data.dataset_spec import DatasetSpec\n"
        "from dlrun.models.plan import plan\n"
        "from dlrun.models.summary import summary\n"
        "image = DatasetSpec((1, 28, 28), 'image', 'classes', tuple('0123456789'))\n"
        "print(summary(plan(Cnn(batch_norm=True).network(image, 10), (1, 28, 28)), (1, 28, 28)))\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_summary_shows_each_layer_and_the_totals() -> None:
    items = [{"conv": {"filters": 2, "activation": "relu"}}, "batch_norm", "flatten", {"dense": 3}]
    assert summary(plan(parse(items), (1, 4, 4)), (1, 4, 4)) == "\n".join([
        "layer                                     output   parameters",
        "input                                  4 x 4 x 1",
        "conv_1         2 filters 3 x 3, relu   2 x 2 x 2           20",
        "batch_norm_1                           2 x 2 x 2            8",
        "flatten_1                                      8",
        "dense_1        3 units                         3           27",
        "",
        "55 parameters: 51 trainable, 4 frozen",
    ])


def test_the_output_of_a_list_that_ends_with_branches_is_theirs_merged() -> None:
    items = [{"parallel": [[{"dense": 2}], [{"dense": 3}]]}]
    assert output_shape(parse(items), (4,)) == (5,)


def test_the_work_of_a_row_by_hand() -> None:
    """Multiply-adds: a parameter counts once for each position that it is applied at."""
    items = [{"embedding": {"dim": 5, "vocabulary": 100}}, {"conv1d": {"filters": 4, "kernel": 3}},
             {"lstm": {"units": 6}}, {"dense": 2}]
    assert [row.work for row in plan(parse(items), (12,))] == [
        0,                           # vectors are looked up
        (5 * 3 + 1) * 4 * 10,        # at 10 positions, without padding
        4 * 6 * (4 + 6 + 1) * 10,    # at each of these, though one output is left
        (6 + 1) * 2]
