"""The parameter counts of the books' dense and convolutional networks, printed there or derived from their listings."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.build import build
from dlrun.models.families.cnn import Cnn
from dlrun.models.families.dense import Dense
from dlrun.models.families.sequential import Sequential
from dlrun.models.layer import Layer
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, plan, totals
from dlrun.models.resolve import resolve
from dlrun.models.step_rng import StepRng

DIGIT, CIFAR, LATENT = (1, 28, 28), (3, 32, 32), (100,)


class Book(NamedTuple):
    """A network of a book: `model` is a config or a list as YAML has it; `total` counts the `frozen` too."""

    id: str
    model: Any
    input_shape: tuple[int, ...]
    outputs: int
    total: int
    frozen: int = 0


def conv(filters: int, kernel: Any = 3, stride: int = 1, padding: str = "same", activation: str = "relu") -> dict:
    return {"conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding,
                     "activation": activation}}


def transposed(filters: int, kernel: Any = 3, stride: Any = 1, padding: str = "same") -> dict:
    return {"transposed_conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding}}


def each(*groups: Any) -> list:
    """One flat list of layers from layers and lists of layers."""
    return [layer for group in groups for layer in (group if isinstance(group, list) else [group])]


def vgg(*blocks: tuple[int, int]) -> list:
    return each(*([conv(filters)] * count + [{"pool": 2}] for count, filters in blocks))


VGG16 = vgg((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
GENERATOR_MNIST_ADVERSARIAL = 15_244_418 - 9_707_009 + 100_736  # both players' trainable, less the other, plus frozen


def separable(kind: str) -> list:
    blocks = each(*([{kind: {"filters": filters, "kernel": 3, "activation": "relu"}}, *after] for filters, after in
                    [(32, []), (64, [{"pool": 2}]), (64, []), (128, [{"pool": 2}]), (64, []), (128, [])]))
    return [*blocks, "global_pool", {"dense": 32}, {"dense": "out"}]


def imdb_conv1d(words: int) -> list:
    window = {"conv1d": {"filters": 32, "kernel": 7, "activation": "relu"}}
    return [{"embedding": {"vocabulary": words, "dim": 128}}, window, {"pool": 5}, window, {"global_pool": "max"},
            {"dense": "out"}]


def unet() -> list:
    def down(filters: int) -> list:
        return [conv(filters, 4, 2, activation="linear"), {"instance_norm": {"affine": False}}, "relu"]

    def up(filters: int) -> list:
        return [{"upsample": 2}, conv(filters, 4, activation="linear"), {"instance_norm": {"affine": False}}, "relu"]

    def around(*inner: Any) -> dict:
        return {"parallel": [each(*inner), []]}

    third = around(down(256), up(128))
    second = around(down(128), third, up(64))
    first = around(down(64), second, up(32))
    return each(down(32), first, {"upsample": 2}, conv(3, 4, activation="tanh"))


def foster_encoder(strides: list[int], *after: Any) -> list:
    filters = [32, 64, 64, 64]
    return each(*([conv(count, 3, stride, activation="linear"), *after, "leaky_relu"]
                  for count, stride in zip(filters, strides)), "flatten")


def heads(units: int) -> dict:
    return {"parallel": [[{"dense": units}], [{"dense": units}]]}


BN_RELU = ["batch_norm", "relu"]

BOOKS = [
    # Gulli & Pal
    Book("gulli/ch01-first-dense12", Dense(hidden=(), init="uniform"), (8,), 12, 108),
    Book("gulli/ch01-mnist-softmax", Dense(hidden=()), DIGIT, 10, 7_850),
    Book("gulli/ch01-mnist-2hidden", Dense(), DIGIT, 10, 118_282),
    Book("gulli/ch01-mnist-dropout", Dense(dropout=0.3), DIGIT, 10, 118_282),
    *(Book(f"gulli/C7 width {width}", Dense(hidden=(width, width), dropout=0.3), DIGIT, 10, total) for width, total in
      [(32, 26_506), (64, 55_050), (128, 118_282), (256, 269_322), (512, 669_706), (1024, 1_863_690)]),
    Book("gulli/ch02-mnist-checkpoint", Dense(hidden=(512, 512), dropout=0.2), DIGIT, 10, 669_706),
    Book("gulli/ch03-lenet-mnist-20ep", Cnn(filters=(20, 50), kernel=(5,), hidden=(500,)), DIGIT, 10, 1_256_080),
    Book("gulli/ch03-lenet-mnist-20ep as scanned", Cnn(filters=(20, 50), kernel=(5, 3), hidden=(500,)), DIGIT, 10,
         1_240_080),
    Book("gulli/ch03-cifar10-simple", Cnn(filters=(32,), conv_dropout=0.25, hidden=(512,), dropout=0.5), CIFAR, 10,
         4_200_842),
    Book("gulli/ch03-cifar10-deep",
         [conv(32), conv(32), {"pool": 2}, {"dropout": 0.25}, conv(64), conv(64, padding="valid"), {"pool": 2},
          {"dropout": 0.25}, "flatten", {"dense": {"units": 512, "activation": "relu"}}, {"dropout": 0.5},
          {"dense": {"units": "out", "activation": "softmax"}}], CIFAR, 10, 1_676_842),
    Book("gulli/ch03-vgg16-cat",
         [*VGG16, "flatten", {"dense": 4096}, {"dropout": 0.5}, {"dense": 4096}, {"dropout": 0.5}, {"dense": "out"}],
         (3, 224, 224), 1000, 138_357_544),
    Book("gulli/ch04-dcgan-mnist generator",
         [{"dense": {"units": 1024, "activation": "tanh"}}, {"dense": 128 * 7 * 7}, "batch_norm", "tanh",
          {"reshape": [128, 7, 7]}, {"upsample": 2}, conv(64, 5, activation="tanh"), {"upsample": 2},
          conv(1, 5, activation="tanh")], LATENT, 0, 6_763_777, 12_544),
    Book("gulli/ch04-dcgan-mnist discriminator",
         [conv(64, 5, activation="tanh"), {"pool": 2}, conv(128, 5, padding="valid", activation="tanh"), {"pool": 2},
          "flatten", {"dense": {"units": 1024, "activation": "tanh"}}, {"dense": 1}], DIGIT, 1, 3_485_441),
    Book("gulli/ch04-gan-mnist-adversarial generator",
         each({"dense": {"units": 256 * 14 * 14, "init": "glorot_normal"}}, BN_RELU, {"reshape": [256, 14, 14]},
              {"upsample": 2}, conv(128, activation="linear"), BN_RELU, conv(64, activation="linear"), BN_RELU,
              conv(1, 1, activation="sigmoid")), LATENT, 0, GENERATOR_MNIST_ADVERSARIAL, 100_736),
    Book("gulli/ch04-gan-mnist-adversarial discriminator",
         [conv(256, 5, 2), {"leaky_relu": 0.2}, {"dropout": 0.5}, conv(512, 5, 2), {"leaky_relu": 0.2},
          {"dropout": 0.5}, "flatten", {"dense": 256}, {"leaky_relu": 0.2}, {"dropout": 0.5}, {"dense": 1}],
         DIGIT, 1, 9_707_009),
    Book("gulli/ch04-gan-cifar10 generator",
         each({"dense": {"units": 256 * 4 * 4, "l1": 1e-7, "l2": 1e-7}}, "batch_norm", {"reshape": [256, 4, 4]},
              *([conv(filters, 5, activation="linear"), "batch_norm", {"leaky_relu": 0.2}, {"upsample": 2}]
                for filters in (128, 128, 64)), conv(3, 5, activation="sigmoid")), LATENT, 0, 1_870_083, 8_832),
    Book("gulli/ch04-gan-cifar10 discriminator",
         each(*([conv(filters, 5, activation="linear"), {"spatial_dropout": 0.5}, {"pool": 2}, {"leaky_relu": 0.2}]
                for filters in (64, 128, 256)), conv(1, 5, activation="linear"),
              {"pool": {"size": 4, "take": "average"}}, "flatten"), CIFAR, 1, 1_035_649),
    Book("gulli/ch05-sentiment-dense-lookup", Dense(hidden=(32,), dropout=0.2), (100,), 2, 3_298),
    Book("gulli/ch07-functional-dense", Dense(hidden=(32,), activation="sigmoid"), (784,), 10, 25_450),
    Book("gulli/ch07-benzene-regression", Dense(hidden=(8,)), (12,), 1, 113),
    Book("gulli/ch08-catch-dqn", Cnn(filters=(32, 64, 64), kernel=(8, 4, 3), stride=(4, 2, 1), pool=(0,),
                                     hidden=(512,), init="normal"), (4, 80, 80), 3, 3_356_835),
    # Chollet
    Book("chollet/ch02-mnist-dense", Dense(hidden=(512,)), DIGIT, 10, 407_050),
    Book("chollet/ch03-keras-workflow-mlp", Dense(hidden=(32,)), (784,), 10, 25_450),
    *(Book(f"chollet/ch03-imdb-further {hidden}", Dense(hidden=hidden), (10_000,), 1, total) for hidden, total in
      [((16,), 160_033), ((16, 16), 160_305), ((16, 16, 16), 160_577), ((32, 32), 321_121), ((64, 64), 644_289)]),
    *(Book(f"chollet/ch03-reuters-further {hidden}", Dense(hidden=hidden), (10_000,), 46, total) for hidden, total in
      [((64,), 643_054), ((64, 64), 647_214), ((64, 64, 64), 651_374), ((32, 32), 322_606), ((128, 128), 1_302_574)]),
    Book("chollet/ch03-reuters-bottleneck", Dense(hidden=(64, 4)), (10_000,), 46, 640_554),
    Book("chollet/ch03-boston-kfold-100", Dense(hidden=(64, 64)), (13,), 1, 5_121),
    Book("chollet/ch04-imdb-small", Dense(hidden=(4, 4)), (10_000,), 1, 40_029),
    Book("chollet/ch04-imdb-large", Dense(hidden=(512, 512)), (10_000,), 1, 5_383_681),
    Book("chollet/ch04-imdb-l2", Dense(hidden=(16, 16), l2=0.001), (10_000,), 1, 160_305),
    Book("chollet/ch04-imdb-dropout", Dense(hidden=(16, 16), dropout=0.5), (10_000,), 1, 160_305),
    Book("chollet/ch05-mnist-cnn", Cnn(filters=(32, 64, 64), padding="valid", pool=(2, 2, 0), hidden=(64,)), DIGIT, 10,
         93_322),
    Book("chollet/ch05-mnist-cnn-no-maxpool", [conv(filters, padding="valid") for filters in (32, 64, 64)], DIGIT, 0,
         55_744),
    Book("chollet/ch05-cats-dogs-baseline", Cnn(filters=(32, 64, 128, 128), padding="valid", hidden=(512,)),
         (3, 150, 150), 1, 3_453_121),
    Book("chollet/ch05-vgg16-base", VGG16, (3, 150, 150), 0, 14_714_688),
    Book("chollet/ch05-vgg16-features-fast", Dense(hidden=(256,), dropout=0.5), (8192,), 1, 2_097_665),
    Book("chollet/ch05-vgg16-features-augment", [*VGG16, "flatten", {"dense": 256}, {"dense": "out"}], (3, 150, 150), 1,
         16_812_353),
    Book("chollet/ch06-imdb-embed-flatten", [{"embedding": {"vocabulary": 10_000, "dim": 8}}, "flatten", {"dense": 1}],
         (20,), 1, 80_161),
    Book("chollet/ch06-imdb-embed-scratch-200",
         [{"embedding": {"vocabulary": 10_000, "dim": 100}}, "flatten", {"dense": 32}, {"dense": 1}], (100,), 1,
         1_320_065),
    Book("chollet/ch06-jena-dense", Dense(hidden=(32,)), (14, 240), 1, 107_585),
    Book("chollet/ch06-imdb-conv1d", imdb_conv1d(10_000), (500,), 1, 1_315_937),
    Book("chollet/ch06-jena-conv1d",
         [{"conv1d": {"filters": 32, "kernel": 5}}, {"pool": 3}, {"conv1d": {"filters": 32, "kernel": 5}}, {"pool": 3},
          {"conv1d": {"filters": 32, "kernel": 5}}, {"global_pool": "max"}, {"dense": 1}], (14, 240), 1, 12_609),
    Book("chollet/ch07-functional-mlp", Dense(hidden=(32, 32)), (64,), 10, 3_466),
    Book("chollet/ch07-imdb-conv1d-tensorboard", imdb_conv1d(2_000), (500,), 1, 291_937),
    Book("chollet/ch07-separable-cnn", separable("separable_conv"), (3, 64, 64), 10, 38_949),
    Book("chollet/ch07-separable-cnn with ordinary convolutions", separable("conv"), (3, 64, 64), 10, 282_282),
    Book("chollet/ch08-vae-mnist encoder",
         [conv(32), conv(64, stride=2), conv(64), conv(64), "flatten", {"dense": 32}, heads(2)], DIGIT, 4, 494_244),
    Book("chollet/ch08-vae-mnist decoder",
         [{"dense": 12_544}, {"reshape": [64, 14, 14]}, transposed(32, 3, 2), conv(1)], (2,), 0, 56_385),
    Book("chollet/ch08-dcgan-cifar-frogs generator",
         [{"dense": 128 * 16 * 16}, "leaky_relu", {"reshape": [128, 16, 16]}, conv(256, 5), transposed(256, 4, 2),
          conv(256, 5), conv(256, 5), conv(3, 7, activation="tanh")], (32,), 0, 6_264_579),
    Book("chollet/ch08-dcgan-cifar-frogs discriminator",
         each(conv(128, 3, padding="valid"), *([conv(128, 4, 2, padding="valid")] * 3), "flatten", {"dropout": 0.4},
              {"dense": 1}), CIFAR, 1, 790_913),
    # Foster
    Book("foster/ch02-cifar10-mlp", Dense(hidden=(200, 150)), CIFAR, 10, 646_260),
    Book("foster/ch02-cifar10-conv-small",
         Cnn(filters=(10, 20), kernel=(4, 3), stride=(2,), pool=(0,), activation="linear", hidden=()), CIFAR, 10,
         15_120),
    Book("foster/ch02-cifar10-cnn",
         Cnn(filters=(32, 32, 64, 64), stride=(1, 2, 1, 2), pool=(0,), activation="leaky_relu", batch_norm=True,
             hidden=(128,), dropout=0.5), CIFAR, 10, 592_554, 640),
    Book("foster/ch03-digits-ae encoder", [*foster_encoder([1, 2, 2, 1]), {"dense": 2}], DIGIT, 2, 98_946),
    Book("foster/ch03-digits-ae decoder",
         [{"dense": 3136}, {"reshape": [64, 7, 7]}, transposed(64), "leaky_relu", transposed(64, 3, 2), "leaky_relu",
          transposed(32, 3, 2), "leaky_relu", transposed(1), "sigmoid"], (2,), 0, 102_017),
    Book("foster/ch03-digits-vae encoder", [*foster_encoder([1, 2, 2, 1]), heads(2)], DIGIT, 4, 105_220),
    Book("foster/ch03-celeba-vae encoder", [*foster_encoder([2, 2, 2, 2], "batch_norm"), heads(200)], (3, 128, 128),
         400, 1_732_944, 448),
    Book("foster/ch03-celeba-vae decoder",
         each({"dense": 4096}, {"reshape": [64, 8, 8]},
              *([transposed(filters, 3, 2), "batch_norm", "leaky_relu", {"dropout": 0.25}] for filters in (64, 64, 32)),
              transposed(3, 3, 2), "sigmoid"), (200,), 0, 917_123, 320),
    Book("foster/ch04-quickdraw-gan discriminator",
         each(*([conv(filters, 5, stride), {"dropout": 0.4}] for filters, stride in
                [(64, 2), (64, 2), (128, 2), (128, 1)]), "flatten", {"dense": 1}), DIGIT, 1, 720_833),
    Book("foster/ch04-quickdraw-gan generator",
         each({"dense": 3136}, {"batch_norm": 0.9}, "relu", {"reshape": [64, 7, 7]},
              *([*up, conv(filters, 5, activation="linear"), {"batch_norm": 0.9}, "relu"] for up, filters in
                [([{"upsample": 2}], 128), ([{"upsample": 2}], 64), ([], 64)]), conv(1, 5, activation="tanh")),
         LATENT, 0, 844_161, 6_784),
    Book("foster/ch05-apple2orange-cyclegan generator", unet(), (3, 128, 128), 0, 1_545_411),
    Book("foster/ch05-apple2orange-cyclegan discriminator",
         each(conv(32, 4, 2, activation="leaky_relu"),
              *([conv(filters, 4, stride, activation="linear"), {"instance_norm": {"affine": False}},
                 {"leaky_relu": 0.2}] for filters, stride in [(64, 2), (128, 2), (256, 1)]),
              conv(1, 4, activation="linear")), (3, 128, 128), 0, 694_241),
    Book("foster/ch07-bach-chorales-musegan temporal network",
         each({"reshape": [32, 1, 1]}, transposed(1024, [2, 1], padding="valid"), BN_RELU,
              transposed(32, [1, 1], padding="valid"), BN_RELU, {"reshape": [32, 2]}), (32,), 0, 103_584, 2_112),
    Book("foster/ch07-bach-chorales-musegan bar generator",
         each({"dense": 1024}, BN_RELU, {"reshape": [512, 2, 1]},
              *([transposed(filters, side, side), *BN_RELU] for filters, side in
                [(512, [2, 1]), (256, [2, 1]), (256, [2, 1]), (256, [1, 7])]), transposed(1, [1, 12], [1, 12]), "tanh"),
         (128,), 0, 1_521_921, 4_608),
    Book("foster/ch08-carracing-controller", Dense(hidden=()), (288,), 3, 867),
    # Buduma & Locascio
    Book("buduma/ch02-mnist-784-30-30-10", Dense(hidden=(30, 30)), DIGIT, 10, 24_790),
    Book("buduma/ch03-shared-mlp-784-100-50-10", Dense(hidden=(100, 50), activation="linear", init="unit_uniform"),
         DIGIT, 10, 84_060),
    Book("buduma/ch03-mnist-logreg", Dense(hidden=(), init="zeros"), DIGIT, 10, 7_850),
    Book("buduma/ch03-mnist-mlp", Dense(hidden=(256, 256), init="he_normal"), DIGIT, 10, 269_322),
    Book("buduma/ch05-mnist-cnn", Cnn(kernel=(5,), hidden=(1024,), dropout=0.5, init="he_normal"), DIGIT, 10,
         3_274_634),
    Book("buduma/ch05-cifar10-cnn", Cnn(filters=(64, 64), kernel=(5,), hidden=(384, 192)), (3, 24, 24), 10, 1_068_298),
    Book("buduma/ch05-cifar10-cnn-bn",
         each(*([conv(64, 5, activation="linear"), {"batch_norm": 0.9}, "relu", {"pool": 2}] for _ in range(2)),
              "flatten", *([{"dense": units}, {"batch_norm": 0.9}, "relu"] for units in (384, 192, 10))),
         (3, 24, 24), 10, 1_068_298 + 2 * 1_428, 1_428),
    Book("buduma/ch06-autoencoder-mnist", Dense(hidden=(1000, 500, 250, 2, 250, 500, 1000), activation="sigmoid"),
         DIGIT, 784, 2_823_286),
    Book("buduma/ch07-pos-ngram", Dense(hidden=(512, 256)), (900,), 44, 603_948),
    Book("buduma/ch09-pg-cartpole", Dense(hidden=(16, 16)), (4,), 2, 386),
]


def layers(book: Book) -> list[Layer]:
    """The recipe's layers: through its family where it is a config or a classifier's list, else as they stand."""
    kind = "number" if book.outputs == 1 else "classes"
    data_spec = DatasetSpec(book.input_shape, "image" if len(book.input_shape) == 3 else "table", kind)
    if not isinstance(book.model, list):
        return book.model.network(data_spec, book.outputs)
    if book.outputs:
        return Sequential(layers=tuple(book.model)).network(data_spec, book.outputs)
    return resolve(parse(book.model), 1, "glorot_uniform")


def test_fosters_musegan_generator_is_five_temporal_networks_and_four_bar_generators() -> None:
    found = {book.id: sum(totals(plan(layers(book), book.input_shape))) for book in BOOKS if "musegan" in book.id}
    temporal, bar = found.values()
    assert 5 * temporal + 4 * bar == 6_605_604


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_the_network_has_the_books_number_of_parameters(book: Book) -> None:
    rows = plan(layers(book), book.input_shape)
    assert (sum(totals(rows)), totals(rows)[1]) == (book.total, book.frozen)

    network = build(layers(book), book.input_shape, seed=0, rng=StepRng(0, "cpu"), device="meta").eval()
    assert sum(value.numel() for value in network.parameters()) == book.total - book.frozen
    assert sum(value.numel() for value in network.state_dict().values()) == book.total
    outputs = network(torch.empty(2, *book.input_shape, device="meta"))
    assert outputs.shape[1:] == output_shape(layers(book), book.input_shape)
