"""The parameter counts of the books' autoencoders and GANs, part by part, through the families.

Printed in the books, or derived from their listings (and then written out here).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.families.autoencoder import Autoencoder
from dlrun.models.families.conv_autoencoder import ConvAutoencoder
from dlrun.models.families.conv_vae import ConvVae
from dlrun.models.families.gan import Gan
from tests.helpers.parameters import part_totals

MNIST, CIFAR = (1, 28, 28), (3, 32, 32)


class Book(NamedTuple):
    """`counts` are (all, of them frozen) of the named parts together."""

    id: str
    model: Any
    input_shape: tuple[int, ...]
    counts: dict[tuple[str, ...], tuple[int, int]]


def each(*groups: Any) -> tuple[Any, ...]:
    return tuple(layer for group in groups for layer in (group if isinstance(group, list) else [group]))


def conv(filters: int, kernel: int = 3, stride: int = 1, padding: str = "same", activation: str = "linear") -> dict:
    return {"conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding,
                     "activation": activation}}


def transposed(filters: int, kernel: int, stride: int, padding: str = "same", activation: str = "linear") -> dict:
    return {"transposed_conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding,
                                "activation": activation}}


def dense(units: Any, activation: str = "linear") -> dict:
    return {"dense": {"units": units, "activation": activation}}


ENCODER, DECODER, HEADS = ("encoder",), ("decoder",), ("encoder", "mu", "log_var")
GENERATOR, DISCRIMINATOR = ("generator",), ("discriminator",)
FOSTER: dict[str, Any] = {"filters": (32, 64, 64, 64), "activation": "leaky_relu"}
BN_RELU = ["batch_norm", "relu"]
WIDTHS = (1000, 500, 250, 2, 250, 500, 1000, 784)
NORMED = 2 * sum(WIDTHS)  # scale and shift of each unit; as many moving averages


def normed(*widths: int) -> tuple[Any, ...]:
    return each(*([dense(width), "batch_norm", "sigmoid"] for width in widths))


def camel(*doubled: int) -> tuple[Any, ...]:
    """Foster's generator; `doubled` says before which convolutions the image is doubled."""
    blocks = [[*([{"upsample": 2}] if number in doubled else []), conv(filters, 5), {"batch_norm": 0.9}, "relu"]
              for number, filters in enumerate((128, 64, 64))]
    last = [{"upsample": 2}] if 3 in doubled else []
    return each(dense(3136), {"batch_norm": 0.9}, "relu", {"reshape": [64, 7, 7]}, *blocks, last, conv(1, 5), "tanh")


BOOKS = [
    Book("foster/ch03-digits-ae", ConvAutoencoder(stride=(1, 2, 2, 1), code=2, **FOSTER), MNIST,
         {ENCODER: (98_946, 0), DECODER: (102_017, 0)}),
    Book("foster/ch03-digits-vae", ConvVae(stride=(1, 2, 2, 1), **FOSTER), MNIST,
         {HEADS: (105_220, 0), DECODER: (102_017, 0)}),
    Book("foster/ch03-celeba-vae", ConvVae(stride=(2,), batch_norm=True, dropout=0.25, code=200, **FOSTER),
         (3, 128, 128), {HEADS: (1_732_944, 448), DECODER: (917_123, 320)}),
    Book("foster/ch08-carracing-vae",
         ConvVae(code=32, encoder=each(*(conv(filters, 4, 2, "valid", "relu") for filters in (32, 64, 64, 128)),
                                       "flatten"),
                 decoder=each(dense(1024), {"reshape": [1024, 1, 1]}, transposed(64, 5, 2, "valid", "relu"),
                              transposed(64, 5, 2, "valid", "relu"), transposed(32, 6, 2, "valid", "relu"),
                              transposed(3, 6, 2, "valid", "sigmoid"))), (3, 64, 64),
         {HEADS: (1_568 + 32_832 + 65_600 + 131_200 + 32_832, 0),
          DECODER: (33_792 + 25 * 1024 * 64 + 64 + 25 * 64 * 64 + 64 + 36 * 64 * 32 + 32 + 36 * 32 * 3 + 3, 0)}),
    Book("chollet/ch08-vae-mnist",
         ConvVae(filters=(32, 64, 64, 64), stride=(1, 2, 1, 1), hidden=(32,),
                 decoder=(dense(12_544, "relu"), {"reshape": [64, 14, 14]}, transposed(32, 3, 2, "same", "relu"),
                          conv(1, activation="sigmoid"))), MNIST, {HEADS: (494_244, 0), DECODER: (56_385, 0)}),
    # The page with the sizes is missing from the book; Hinton and Salakhutdinov's are assumed.  Without batch norm:
    Book("buduma/ch06-autoencoder-mnist", Autoencoder(hidden=(1000, 500, 250), code=2, activation="sigmoid"), MNIST,
         {("encoder", "decoder"): (2_823_286, 0)}),
    Book("buduma/ch06-autoencoder-mnist with a code of 30",
         Autoencoder(hidden=(1000, 500, 250), code=30, activation="sigmoid"), MNIST,
         {ENCODER: (785 * 1000 + 1001 * 500 + 501 * 250 + 251 * 30, 0),
          DECODER: (31 * 250 + 251 * 500 + 501 * 1000 + 1001 * 784, 0)}),
    # with it before every sigmoid, the code's and the output's too:
    Book("buduma/ch06-autoencoder-mnist normed",
         Autoencoder(encoder=("flatten", *normed(*WIDTHS[:4])),
                     decoder=(*normed(*WIDTHS[4:-1]), dense(784), "batch_norm", {"reshape": [1, 28, 28]}, "sigmoid")),
         MNIST, {("encoder", "decoder"): (2_823_286 + 2 * NORMED, NORMED)}),
    Book("foster/ch04-quickdraw-gan",
         Gan(generator=camel(0, 1),
             discriminator=each(*([conv(filters, 5, stride, activation="relu"), {"dropout": 0.4}] for filters, stride in
                                  [(64, 2), (64, 2), (128, 2), (128, 1)]), "flatten", dense("out", "sigmoid"))),
         MNIST, {GENERATOR: (844_161, 6_784), DISCRIMINATOR: (720_833, 0)}),
    # The book's call-out says that the generator ends with 1 channel; the listing has 3.
    Book("chollet/ch08-dcgan-cifar-frogs",
         Gan(latent=32,
             generator=each(dense(128 * 16 * 16), "leaky_relu", {"reshape": [128, 16, 16]}, conv(256, 5), "leaky_relu",
                            transposed(256, 4, 2), "leaky_relu", *([conv(256, 5), "leaky_relu"] for _ in range(2)),
                            conv(3, 7, activation="tanh")),
             discriminator=each(conv(128, 3, 1, "valid"), "leaky_relu",
                                *([conv(128, 4, 2, "valid"), "leaky_relu"] for _ in range(3)), "flatten",
                                {"dropout": 0.4}, dense("out", "sigmoid"))),
         CIFAR, {GENERATOR: (6_264_579, 0), DISCRIMINATOR: (790_913, 0)}),
    Book("gulli/ch04-dcgan-mnist",
         Gan(prior="uniform",
             generator=(dense(1024, "tanh"), dense(128 * 7 * 7), "batch_norm", "tanh", {"reshape": [128, 7, 7]},
                        {"upsample": 2}, conv(64, 5, activation="tanh"), {"upsample": 2},
                        conv(1, 5, activation="tanh")),
             discriminator=(conv(64, 5, activation="tanh"), {"pool": 2}, conv(128, 5, 1, "valid", "tanh"), {"pool": 2},
                            "flatten", dense(1024, "tanh"), dense("out", "sigmoid"))),
         MNIST, {GENERATOR: (6_763_777, 12_544), DISCRIMINATOR: (3_485_441, 0)}),
    # The generator's printed summary, 5,637,601, normalises rows by mistake (axis=1 of a channels-last image); with
    # channels it is what the training's screenshot adds up to: 15,244,418 trainable and 100,736 frozen of both.
    Book("gulli/ch04-gan-mnist-adversarial",
         Gan(generator=each({"dense": {"units": 256 * 14 * 14, "init": "glorot_normal"}}, BN_RELU,
                            {"reshape": [256, 14, 14]}, {"upsample": 2}, conv(128), BN_RELU, conv(64), BN_RELU,
                            conv(1, 1, activation="sigmoid")),
             discriminator=each(*([conv(filters, 5, 2, activation="relu"), {"leaky_relu": 0.2}, {"dropout": 0.5}]
                                  for filters in (256, 512)), "flatten", dense(256), {"leaky_relu": 0.2},
                                {"dropout": 0.5}, dense("out", "sigmoid"))),
         MNIST, {DISCRIMINATOR: (9_707_009, 0), ("generator", "discriminator"): (15_244_418 + 100_736, 100_736)}),
    Book("gulli/ch04-gan-cifar10",
         Gan(l1=1e-7, l2=1e-7,
             generator=each({"dense": {"units": 256 * 4 * 4, "l1": 1e-7, "l2": 1e-7}}, "batch_norm",
                            {"reshape": [256, 4, 4]},
                            *([conv(filters, 5), "batch_norm", {"leaky_relu": 0.2}, {"upsample": 2}]
                              for filters in (128, 128, 64)), conv(3, 5), "sigmoid"),
             discriminator=each(*([conv(filters, 5), {"spatial_dropout": 0.5}, {"pool": 2}, {"leaky_relu": 0.2}]
                                  for filters in (64, 128, 256)), conv(1, 5), {"pool": {"size": 4, "take": "average"}},
                                "flatten", "sigmoid")),
         CIFAR, {GENERATOR: (1_870_083, 8_832), DISCRIMINATOR: (1_035_649, 0)}),
]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_the_parts_have_the_books_numbers_of_parameters(book: Book) -> None:
    counts = part_totals(book.model.network(DatasetSpec(book.input_shape, "image", "none"), values="unit"))
    for parts, (total, frozen) in book.counts.items():
        assert (sum(sum(counts[part]) for part in parts), sum(counts[part][1] for part in parts)) == (total, frozen)


def test_gullis_printed_generator_normalises_28_rows_where_it_should_128_and_64_channels() -> None:
    book = next(book for book in BOOKS if book.id == "gulli/ch04-gan-mnist-adversarial")
    trained, frozen = part_totals(book.model.network(DatasetSpec(MNIST, "image", "none"), values="unit"))["generator"]
    assert (trained + frozen, frozen) == (5_638_145, 100_736)
    by_rows = 4 * (128 - 28) + 4 * (64 - 28)  # 4 values, 2 of them frozen, for each thing that is normalised
    assert (5_638_145 - by_rows, 100_736 - by_rows // 2) == (5_637_601, 100_464), "the summary in the book"


def test_fosters_listing_that_doubles_in_every_block_does_not_give_an_image_of_the_datas_size() -> None:
    with pytest.raises(ConfigError, match="gives 112 x 112 x 1, expected 28 x 28 x 1"):
        Gan(generator=camel(0, 1, 2, 3)).network(DatasetSpec(MNIST, "image", "none"), values="unit")
