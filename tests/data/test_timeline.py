"""Series and running text: pieces that do not overlap, windows, and what is fitted on the training piece."""

from __future__ import annotations

import gzip
import platform

import numpy as np
import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.batches import Rows
from dlrun.data.dataset_info import dataset_info
from dlrun.data.formats.corpus import without_licence
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.aesop import Aesop
from dlrun.data.sets.air_quality import AirQuality
from dlrun.data.sets.alice import Alice
from dlrun.data.sets.electricity import Electricity
from dlrun.data.sets.jena import Jena
from dlrun.data.sets.nietzsche import Nietzsche
from dlrun.data.sets.python_docs import PythonDocs
from dlrun.data.sets.series import Series
from dlrun.data.sets.text import Text
from dlrun.data.split import pieces, split_rows

torch.set_num_threads(1)
NO = Holdout(size=0)


def _prepare(cfg, data_dir="", validation=NO, train_size=None):
    prepared = prepare(cfg, str(data_dir), validation=validation, train_size=train_size, seed=0, say=lambda line: None)
    seen = dataset_info(cfg, str(data_dir), validation=validation, train_size=train_size)
    assert seen.data_spec == prepared.data_spec
    counts = split_rows(seen.rows, cfg, validation, train_size, seen.without_target)
    assert counts == {name: len(getattr(prepared, name) or ()) for name in ("train", "val", "test")}
    return prepared


def _taken(prepared, split="train"):
    rows = Rows(getattr(prepared, split), prepared.scale, torch.device("cpu"), True)
    return [tensor.numpy() for tensor in rows.range(0, rows.count)]


@pytest.fixture
def series(tmp_path):
    def cfg(rows=100, **given):
        lines = [f"day {t},{t},{10 * t},{'' if t in (3, 7, 8) else t * t}" for t in range(rows)]
        (tmp_path / "s.csv").write_text("when,a,b,c\n" + "\n".join(lines))
        return Series(path=str(tmp_path / "s.csv"), **{"target": "b", "lookback": 6, "step": 2, "delay": 3, **given})

    return cfg


def test_pieces_follow_each_other_and_validation_stands_where_it_is_asked_for():
    cfg = Series(path="x", target="y", test=0.2)
    assert pieces(100, cfg, Holdout(size=0.25), None) == {"train": (0, 60), "val": (60, 80), "test": (80, 100)}
    assert pieces(100, cfg, Holdout(size=20, take="start"), None) == {"train": (20, 80), "val": (0, 20),
                                                                     "test": (80, 100)}
    assert pieces(100, cfg, None, 50) == {"train": (0, 50), "test": (80, 100)}
    with pytest.raises(ConfigError, match="validation.take=random"):
        pieces(100, cfg, Holdout(take="random"), None)


def test_a_window_and_its_target_are_chollets_and_stay_in_their_piece(series):
    prepared = _prepare(series(target_scale="none", scale="none", test=20), validation=Holdout(size=30))
    assert prepared.data_spec.input_shape == (3, 3) and prepared.data_spec.features == ("a", "b", "c")
    for split, start, stop in (("train", 0, 50), ("val", 50, 80), ("test", 80, 100)):
        x, y = _taken(prepared, split)
        begins = range(start, stop - 9)  # 6 back, 3 ahead, and the target itself
        assert x[:, 0].tolist() == [[s, s + 2, s + 4] for s in begins] and y.tolist() == [10 * (s + 9) for s in begins]


def test_a_missing_value_is_the_last_one_before_it(series):
    source = read(series(), "", lambda line: None)
    assert source.x[:10, 2].tolist() == [0, 1, 4, 4, 16, 25, 36, 36, 36, 81]
    assert any("3 missing values" in note for note in source.notes) and any('"when"' in note for note in source.notes)


def test_scales_come_from_the_training_piece_alone(series):
    prepared = _prepare(series(), validation=Holdout(size=20))
    train = prepared.train.x.astype(np.float64)
    assert len(train) == 60
    x, y = _taken(prepared, "test")
    assert x[0, 0, 0] == pytest.approx((80 - train[:, 0].mean()) / train[:, 0].std(), rel=1e-5)
    assert y[0] == pytest.approx((890 - train[:, 1].mean()) / train[:, 1].std(), rel=1e-5)
    assert y[0] / prepared.targets[0].factor + prepared.targets[0].offset == pytest.approx(890)


def test_a_piece_too_short_for_a_window_is_a_problem_that_names_the_numbers(series):
    with pytest.raises(ConfigError) as caught:
        _prepare(series(lookback=20), validation=Holdout(size=20))
    (problem,) = caught.value.problems
    assert problem.given == "dataset.lookback=20"
    assert problem.expected == ("the validation split has 20 steps, and a window with its target spans 24; expected "
                                "16 at most")
    assert len(_prepare(series(lookback=16), validation=Holdout(size=20)).val) == 1


def test_wrong_columns_are_problems(series):
    for given, key in (({"target": "bb"}, "dataset.target=bb"), ({"target": "when"}, "dataset.target=when"),
                       ({"drop": ("b",)}, "dataset.drop=b")):
        with pytest.raises(ConfigError) as caught:
            read(series(**given), "", print)
        assert caught.value.problems[0].given == key


@pytest.fixture
def text(tmp_path):
    def cfg(content, **given):
        (tmp_path / "t.txt").write_bytes(content.encode())
        return Text(path=str(tmp_path / "t.txt"), **{"length": 4, "stride": 3, "test": 0, **given})

    return cfg


def test_windows_of_characters_and_the_next_one(text):
    prepared = _prepare(text("Hello world, hello!\r\n" * 3))
    whole = "hello world, hello!\n" * 3
    x, y = _taken(prepared)
    words = prepared.vocabulary
    assert words.words == tuple(sorted(set(whole))) and words.padding is None and words.unknown is None
    begins = range(0, len(whole) - 4, 3)  # as in the books: range(0, len(text) - maxlen, step)
    assert [words.decode(row) for row in x] == [whole[s : s + 4] for s in begins]
    assert words.decode(y) == "".join(whole[s + 4] for s in begins)
    assert prepared.data_spec.target_kind == "tokens" and prepared.data_spec.next_token


def test_each_position_may_tell_its_next_one(text):
    prepared = _prepare(text("abcdefgh" * 4, every_position=True, form="one_hot"))
    x, y = _taken(prepared)
    assert prepared.data_spec.input_shape == (8, 4) and prepared.data_spec.target_length == 4
    assert x.argmax(1)[1].tolist() == [3, 4, 5, 6] and y[1].tolist() == [4, 5, 6, 7] and x.sum() == x.shape[0] * 4


def test_what_the_training_piece_does_not_hold_is_unknown(text):
    prepared = _prepare(text("abab" * 10 + "abzb" * 5, test=20))
    assert prepared.vocabulary.words == ("a", "b", "<unknown>")
    assert prepared.vocabulary.encode("zebra") == [2, 2, 1, 2, 0]
    assert set(prepared.test.x.tolist()) == {0, 1, 2}


def test_words_are_ids_by_frequency_and_the_rest_is_one_more(text):
    prepared = _prepare(text("the cat, the dog. the end! a dog", unit="word", length=2, stride=1))
    assert prepared.vocabulary.words == ("<pad>", "the", "dog", "cat", "end", "a")
    few = _prepare(text("the cat, the dog. the end! a dog", unit="word", length=2, stride=1, num_words=4))
    assert few.vocabulary.words == ("<pad>", "the", "dog", "<unknown>")
    assert few.train.x.tolist() == [1, 3, 1, 2, 1, 3, 3, 2]


def test_the_embedded_text_is_english_and_needs_no_file(tmp_path, said):
    prepared = prepare(PythonDocs(), str(tmp_path), validation=Holdout(), train_size=None, seed=0, say=said.append)
    assert prepared.label == f"of Python {platform.python_version()}"
    assert list(prepared.files) == ["topics.py"] and len(prepared.train) > 80000
    assert "statement" in prepared.vocabulary.decode(prepared.train.x[:3000])


def test_licences_are_cut_off():
    body = "Down the Rabbit-Hole\n"
    whole = (f"Title\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n\n{body}\nEnd of Project Gutenberg's X\n\n"
             "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\nLicence")
    assert without_licence(whole) == body
    assert without_licence(body) == body


def test_nietzsche_has_chollets_numbers(real):
    prepared = _prepare(Nietzsche(test=0), real("text/nietzsche.txt").parent.parent)
    assert (len(prepared.train.x), len(prepared.train), len(prepared.vocabulary)) == (600893, 200278, 57)


def test_aesop_has_fosters_numbers(real):
    prepared = _prepare(Aesop(test=0), real("text/aesop_11339.txt").parent.parent)
    assert len(prepared.vocabulary) == 4169 and len(prepared.train) == 50416
    words = prepared.vocabulary.ids
    assert [words[word] for word in ("|", ",", "the", "and", ".", "a", "of", "he", "his", "was")] == [
        1, 2, 3, 4, 5, 6, 9, 10, 11, 12]
    assert (words["fox"], words["grapes"], words["hungry"], words["saw"]) == (56, 940, 382, 94)


def test_alice_has_gullis_42_characters_and_no_licence(real):
    prepared = _prepare(Alice(test=0), real("text/alice_in_wonderland.txt").parent.parent)
    whole = prepared.vocabulary.decode(prepared.train.x)
    assert len(prepared.vocabulary) == 42 and "gutenberg" not in whole and whole.endswith("happy summer days. the end")


def test_jena_is_read_and_its_label_says_which_rows(real):
    data_dir = real("jena_climate/mpi_roof_2024-06_2024-10.csv.gz").parent.parent
    prepared = _prepare(Jena(), data_dir, Holdout())
    lines = gzip.decompress(real("jena_climate/mpi_roof_2024-06_2024-10.csv.gz").read_bytes()).decode("latin-1")
    first = [float(cell) for cell in lines.splitlines()[1].split(",")[1:15]]
    assert prepared.train.x[0].tolist() == pytest.approx(first) and prepared.data_spec.input_shape == (14, 240)
    assert prepared.label == "June to October 2024" and prepared.data_spec.unit == "°C"
    assert min(split.x.min() for split in (prepared.train, prepared.val, prepared.test)) > -1000
    early = _prepare(Jena(file=2009, lookback=144), data_dir, Holdout())
    assert early.train.x[0, 1] == pytest.approx(-8.02) and early.label == "first 4,000 rows"
    with pytest.raises(ConfigError, match="lookback=1440"):
        _prepare(Jena(file=2009), data_dir, Holdout())


def test_electricity_is_read(real):
    data_dir = real("electricity/LD_250.npy").parent.parent
    raw = np.load(real("electricity/LD_250.npy"))
    prepared = _prepare(Electricity(client="MT_250", delay=1), data_dir)
    x, y = _taken(prepared)
    low, high = raw[:700].min(), raw[:700].max()
    assert x.shape == (700 - 21, 1, 20) and np.allclose(x[5, 0], (raw[5:25] - low) / (high - low), atol=1e-6)
    assert np.allclose(y, (raw[21:700] - low) / (high - low), atol=1e-6)  # Gulli's data[i + 20 + 1]
    assert len(_prepare(Electricity(), data_dir).train.x) == 24545


def test_benzene_is_told_from_the_other_columns_and_the_last_hours_are_the_test(real):
    prepared = prepare(AirQuality(test=0.3), str(real("air_quality").parent), validation=None, train_size=None, seed=0,
                       say=lambda line: None)
    assert prepared.data_spec == dataset_info(AirQuality(), "").data_spec and prepared.data_spec.input_shape == (12,)
    source = read(AirQuality(), str(real("air_quality").parent), lambda line: None)
    assert np.array_equal(prepared.test.y, source.y[-len(prepared.test.y):]) and len(source.y) == 8991


def test_steps_before_the_first_value_are_left_out_and_never_filled_from_later(tmp_path):
    (tmp_path / "s.csv").write_text("a,b\n" + "".join(f"{'' if t < 5 else t},{10 * t}\n" for t in range(60)))
    cfg, said = Series(path=str(tmp_path / "s.csv"), target="b", lookback=4, target_scale="none"), []
    source = read(cfg, "", said.append)
    assert source.x.tolist() == [[t, 10 * t] for t in range(5, 60)] and source.y is None
    assert said == ['s.csv: the first 5 lines are left out: "a" has no value before; dataset.drop keeps them without '
                    "that column"]
    assert dataset_info(cfg, "").revision == 2 and dataset_info(cfg, "").rows == {"train": 55}
    (tmp_path / "s.csv").write_text("a,b\n" + "".join(f"{t},{10 * t}\n" for t in range(60)))
    assert dataset_info(cfg, "").revision == 1


def test_lines_out_of_the_order_of_time_are_refused_and_times_that_come_twice_counted(tmp_path):
    def told(*days):
        said.clear()
        lines = [f"2020-01-{day:02d},{10 * place}" for place, day in enumerate(days)]
        (tmp_path / "s.csv").write_text("day,a\n" + "\n".join(lines))
        read(Series(path=str(tmp_path / "s.csv"), target="a", lookback=2), "", said.append)
        return said[1:]

    said = []
    assert told(*range(1, 30)) == []
    assert told(1, 2, 2, *range(4, 30)) == ['s.csv: 1 times of "day" are not later than the one before (the first is '
                                            "line 4)"]
    for days in (range(29, 0, -1), (1, 2, 4, 3, *range(5, 30))):
        with pytest.raises(ConfigError, match="stands after 2020.* expected lines in the order of time"):
            told(*days)


@pytest.mark.parametrize("stride", [1, 3])
def test_windows_without_a_target_are_in_no_split_and_counted(tmp_path, stride):
    lost = (3, 20, 21, 22, 41, 47, 58)
    lines = [f"{t},{'' if t in lost else 10 * t}" for t in range(60)]
    (tmp_path / "s.csv").write_text("a,b\n" + "\n".join(lines))
    cfg, said = Series(path=str(tmp_path / "s.csv"), target="b", lookback=4, delay=1, stride=stride,
                       target_scale="none", scale="none"), []
    prepared = _prepare(cfg, validation=Holdout(size=10))  # that info counts the same windows is asserted there
    for split, start, stop in (("train", 0, 38), ("val", 38, 48), ("test", 48, 60)):
        x, y = _taken(prepared, split)
        begins = [s for s in range(start, stop - 5, stride) if s + 5 not in lost]
        assert y.tolist() == [10 * (s + 5) for s in begins] and x[:, 0, 0].tolist() == begins
    there = [10 * t for t in range(38) if t not in lost]
    assert prepared.targets[0].mean == pytest.approx(np.mean(there))
    read(cfg, "", said.append)
    assert any('7 values of the target "b" are missing' in note for note in said)
    assert dataset_info(cfg, "") == dataset_info(cfg, "") and dataset_info(cfg, "").revision == 2
