"""The parameter counts of the books' recurrent networks and one-dimensional convnets, printed or derived.

Keras 2 has one bias for each gate; PyTorch's modules have two.  Where a count is printed it is Keras's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.build import build
from dlrun.models.families.conv1d import Conv1d
from dlrun.models.families.recurrent import Recurrent
from dlrun.models.families.sequential import Sequential
from dlrun.models.layer import Layer
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, plan, totals
from dlrun.models.resolve import resolve
from dlrun.models.step_rng import StepRng

JENA = (14, 240)


class Book(NamedTuple):
    """`model` is a family's config or a list; `shape` of one entry is that of tokens below `vocabulary`."""

    id: str
    model: Any
    shape: tuple[int, ...]
    outputs: int
    total: int
    vocabulary: int = 0
    positions: int = 0
    frozen: int = 0


def words(vocabulary: int, dim: int) -> dict:
    return {"embedding": {"vocabulary": vocabulary, "dim": dim}}


def tagger(layer: str, both: str = "none") -> Recurrent:
    return Recurrent(layer=layer, units=(64,), embed=128, spatial_dropout=0.2, dropout=0.2, recurrent_dropout=0.2,
                     context=True, bidirectional=both)


def social(*filters: int) -> list:
    return [{"conv1d": {"filters": count, "kernel": 5, "activation": "relu"}} for count in filters]


def every(kind: str, units: int, **fields: object) -> dict:
    return {kind: {"units": units, "return_sequences": True, **fields}}


UMICH_CONV = 2314 * 100 + (100 * 3 + 1) * 256 + 256 * 2 + 2  # 2,313 words and padding

BOOKS = [
    # Chollet, ch. 6: summaries printed in 6.2.1, the rest derived from the listings
    Book("chollet/ch06-simplernn-summaries A", [words(10_000, 32), {"rnn": 32}], (500,), 0, 322_080),
    Book("chollet/ch06-simplernn-summaries B", [words(10_000, 32), every("rnn", 32)], (500,), 0, 322_080),
    Book("chollet/ch06-simplernn-summaries C", [words(10_000, 32), *[every("rnn", 32)] * 3, {"rnn": 32}], (500,), 0,
         328_320),
    Book("chollet/ch06-numpy-rnn", [every("rnn", 64)], (32, 100), 0, 64 * (32 + 64 + 1)),
    Book("chollet/ch06-imdb-simplernn", Recurrent(layer="rnn"), (500,), 1, 322_113, 10_000),
    Book("chollet/ch06-imdb-lstm", Recurrent(), (500,), 1, 328_353, 10_000),
    Book("chollet/ch06-imdb-lstm, fast cell", Recurrent(cell="fast"), (500,), 1, 328_353, 10_000),
    Book("chollet/ch06-jena-gru", Recurrent(layer="gru"), JENA, 1, 4_545),
    Book("chollet/ch06-jena-gru in the form of PyTorch and Keras 3", Recurrent(layer="gru", cell="fast"), JENA, 1,
         4_545 + 3 * 32),
    Book("chollet/ch06-jena-gru-dropout", Recurrent(layer="gru", dropout=0.2, recurrent_dropout=0.2), JENA, 1, 4_545),
    Book("chollet/ch06-jena-gru-stacked",
         [every("gru", 32, dropout=0.1, recurrent_dropout=0.5),
          {"gru": {"units": 64, "activation": "relu", "dropout": 0.1, "recurrent_dropout": 0.5}}, {"dense": "out"}],
         JENA, 1, 23_201),
    Book("chollet/ch06-jena-gru-reversed", Recurrent(layer="gru", reversed=True), JENA, 1, 4_545),
    Book("chollet/ch06-imdb-lstm-reversed", Recurrent(embed=128), (500,), 1, 1_300_641, 10_000),
    Book("chollet/ch06-imdb-bilstm", Recurrent(bidirectional="concat"), (500,), 1, 336_705, 10_000),
    Book("chollet/ch06-jena-bigru", Recurrent(layer="gru", bidirectional="concat"), JENA, 1, 9_089),
    Book("chollet/ch06-imdb-conv1d", Conv1d(embed=128, padding="valid"), (500,), 1, 1_315_937, 10_000),
    Book("chollet/ch06-jena-conv1d", Conv1d(filters=(32, 32, 32), kernel=(5,), pool=3, padding="valid"), JENA, 1,
         12_609),
    Book("chollet/ch06-jena-conv1d-gru",
         Conv1d(kernel=(5,), pool=3, padding="valid", recurrent=(32,), dropout=0.1, recurrent_dropout=0.5), JENA, 1,
         13_697),
    Book("chollet/ch06-imdb-glove-frozen-200",
         [{"embedding": {"vocabulary": 10_000, "dim": 100, "frozen": True}}, "flatten", {"dense": 32}, {"dense": 1}],
         (100,), 0, 1_320_065, frozen=1_000_000),
    # Chollet, ch. 7 and 8
    Book("chollet/ch07-qa-two-input, text", [words(10_000, 64), {"lstm": 32}], (100,), 0, 640_000 + 12_416),
    Book("chollet/ch07-qa-two-input, question", [words(10_000, 32), {"lstm": 16}], (100,), 0, 320_000 + 3_136),
    Book("chollet/ch07-qa-two-input, answer", [{"dense": 500}], (48,), 0, 24_500),
    Book("chollet/ch07-social-three-output, its embedding's two arguments the right way round",
         [words(50_000, 256), *social(128), {"pool": 5}, *social(256, 256), {"pool": 5}, *social(256, 256),
          {"global_pool": "max"}, {"dense": 128},
          {"parallel": [[{"dense": 1}], [{"dense": 10}], [{"dense": 1}]]}], (500,), 0, 14_146_316),
    Book("chollet/ch07-siamese-lstm", [{"lstm": 32}, {"parallel": [[], []]}, {"dense": 1}], (128, 40), 0, 20_673),
    Book("chollet/ch07-imdb-conv1d-tensorboard", Conv1d(embed=128, padding="valid"), (500,), 1, 291_937, 2_000),
    Book("chollet/ch08-nietzsche-char-lstm", Recurrent(units=(128,)), (57, 60), 57, 102_585),
    # Gulli & Pal, ch. 5 to 7
    Book("gulli/ch05-sentiment-cnn-scratch",
         Conv1d(filters=(256,), kernel=(3,), embed=100, spatial_dropout=0.2, padding="valid"), (42,), 2, UMICH_CONV,
         2_314),
    Book("gulli/ch06-alice-char-rnn", Recurrent(layer="rnn", units=(128,)), (42, 10), 42, 27_306),
    Book("gulli/ch06-lstm-sentiment",
         Recurrent(units=(64,), embed=128, spatial_dropout=0.2, dropout=0.2, recurrent_dropout=0.2), (40,), 1, 305_729,
         2_002),
    Book("gulli/ch06-pos-gru", tagger("gru"), (250,), 46, 705_070, 5_002, 250),
    Book("gulli/ch06-pos-lstm", tagger("lstm"), (250,), 46, 725_678, 5_002, 250),
    Book("gulli/ch06-pos-bilstm", tagger("lstm", "concat"), (250,), 46, 843_822, 5_002, 250),
    Book("gulli/ch06-electricity-stateful", Recurrent(units=(10,), stateful=True), (1, 20), 1, 491),
    Book("gulli/ch06-electricity-stateless", Recurrent(units=(10,)), (1, 20), 1, 491),
    # The listing's size is lost from the book; its figure has 1024, the English edition 512.
    *(Book(f"gulli/ch07-sentence-autoencoder {units}",
           [{"lstm": {"units": units, "bidirectional": "sum"}}, {"repeat": 50}, every("lstm", 50, bidirectional="sum")],
           (50, 50), 0, total) for units, total in
      [(512, 2_531_248), (1024, 2 * 4 * (1024 * (50 + 1024 + 1) + 50 * (1024 + 50 + 1)))]),
    Book("gulli/ch07-babi-memory-network, story", [words(23, 64)], (14,), 0, 23 * 64),
    Book("gulli/ch07-babi-memory-network, response", [words(23, 4)], (14,), 0, 23 * 4),
    Book("gulli/ch07-babi-memory-network, answer", [{"lstm": 32}, {"dropout": 0.3}, {"dense": 23}], (78, 4), 0,
         4 * 32 * (78 + 32 + 1) + 33 * 23),
    # Foster, ch. 6 to 8
    Book("foster/ch06-aesop-lstm", Recurrent(units=(256,), embed=100, output_dropout=0.2), (20,), 4169, 1_853_901,
         4_169),
    Book("foster/ch06-aesop-lstm, the layer", [{"lstm": 256}], (100, 20), 0, 365_568),
    Book("foster/ch06-aesop-lstm-stacked", Recurrent(units=(256, 256), embed=100, output_dropout=0.2), (20,), 4169,
         2_379_213, 4_169),
    Book("foster/ch06-aesop-lstm-stacked, the second layer", [{"lstm": 256}], (256, 20), 0, 525_312),
    Book("foster/ch06-newsqa-qa, tagger",
         [words(9_984, 100), every("gru", 100, bidirectional="concat"), {"time_distributed": 2}], (40,), 0,
         998_400 + 120_600 + 402),
    Book("foster/ch06-newsqa-qa, encoder", [{"gru": 200}], (200, 10), 0, 240_600),
    Book("foster/ch06-newsqa-qa, decoder", [every("gru", 200), {"time_distributed": {"units": 9_984, "bias": False}}],
         (100, 10), 0, 180_600 + 1_996_800),
    Book("foster/ch07-bach-cello-attention, pitches", [words(387, 100)], (32,), 0, 38_700),
    Book("foster/ch07-bach-cello-attention, durations", [words(18, 100)], (32,), 0, 1_800),
    Book("foster/ch07-bach-cello-attention, attention",
         [every("lstm", 256), every("lstm", 256), {"time_distributed": {"units": 1, "activation": "tanh"}}], (200, 32),
         0, 467_968 + 525_312 + 257),
    Book("foster/ch07-bach-cello-attention, heads", [{"parallel": [[{"dense": 387}], [{"dense": 18}]]}], (256,), 0,
         257 * (387 + 18)),
    Book("foster/ch08-carracing-mdn-rnn", Recurrent(units=(256,)), (36, 100), 481, 300_032 + 123_617, positions=100),
    # Buduma & Locascio
    Book("buduma/ch07-imdb-lstm",
         [words(30_000, 512), {"dropout": 0.5}, {"lstm": 512}, {"dropout": 0.5}, {"dense": 2}, "batch_norm", "relu"],
         (500,), 0, 17_460_230 + 4, frozen=4),  # the moving averages, which are not counted there
]


def layers(book: Book) -> list[Layer]:
    """Through the family where there is a config; a list without outputs of a task as it stands."""
    kind = "tokens" if book.positions else "number" if book.outputs == 1 else "classes"
    data_spec = DatasetSpec(book.shape, "tokens" if len(book.shape) == 1 else "series", kind,
                            vocabulary=book.vocabulary, target_length=book.positions)
    if not isinstance(book.model, list):
        return book.model.network(data_spec, book.outputs)
    if book.outputs:
        return Sequential(layers=tuple(book.model)).network(data_spec, book.outputs)
    return resolve(parse(book.model), 1, "glorot_uniform")


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_the_network_has_the_books_number_of_parameters(book: Book) -> None:
    rows = plan(layers(book), book.shape)
    assert (sum(totals(rows)), totals(rows)[1]) == (book.total, book.frozen)

    network = build(layers(book), book.shape, seed=0, rng=StepRng(0, "cpu"), device="meta").eval()
    assert sum(value.numel() for value in network.parameters()) == book.total - book.frozen
    assert sum(value.numel() for value in network.state_dict().values()) == book.total
    outputs = network.to_empty(device="cpu")(torch.zeros(2, *book.shape))  # hundreds of steps are slow on meta
    assert outputs.shape[1:] == output_shape(layers(book), book.shape)


@pytest.mark.parametrize(("system", "pieces", "total"), [
    ("chollet/ch07-qa-two-input", {"text": 1, "question": 1, "answer": 1}, 1_000_052),
    # Two tables of 64 (story and question), one of 4; the products between them have no parameters.
    ("gulli/ch07-babi-memory-network", {"story": 2, "response": 1, "answer": 1}, 18_003),
    ("foster/ch07-bach-cello-attention", {"pitches": 1, "durations": 1, "attention": 1, "heads": 1}, 1_138_122),
    ("foster/ch06-newsqa-qa", {"tagger": 1, "encoder": 1, "decoder": 1}, 998_400 + 120_600 + 402 + 240_600 + 2_177_400),
])
def test_networks_of_several_inputs_are_counted_by_their_pieces(system: str, pieces: dict[str, int],
                                                                total: int) -> None:
    found = {book.id.removeprefix(f"{system}, "): book for book in BOOKS if book.id.startswith(system)}
    assert found.keys() == pieces.keys()
    counted = {name: sum(totals(plan(layers(book), book.shape))) for name, book in found.items()}
    assert sum(count * counted[name] for name, count in pieces.items()) == total


@pytest.mark.parametrize(("features", "keras", "torchs"), [(100, 365_568, 366_592), (256, 525_312, 526_336)])
def test_fosters_printed_lstms_have_a_bias_less_than_pytorchs(features: int, keras: int, torchs: int) -> None:
    assert totals(plan(parse([{"lstm": 256}]), (features, 20))) == (keras, 0)
    assert sum(value.numel() for value in nn.LSTM(features, 256, device="meta").parameters()) == torchs


@pytest.mark.parametrize(("kind", "theirs", "gates"), [("rnn", nn.RNN, 1), ("lstm", nn.LSTM, 4), ("gru", nn.GRU, 3)])
def test_pytorchs_modules_count_a_second_bias(kind: str, theirs: type[nn.RNNBase], gates: int) -> None:
    ours = totals(plan(parse([{kind: 256}]), (100, 20)))[0]
    torchs = sum(value.numel() for value in theirs(100, 256, device="meta").parameters())
    assert torchs - ours == gates * 256
