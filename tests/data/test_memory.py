"""Data that a program holds: what it may be, what it is refused for, and that other processes find it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data import preprocessing_state as state
from dlrun.data import verified_array
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets import memory
from dlrun.data.sets.memory import Memory, hold

X = np.random.RandomState(0).randn(60, 3).astype(np.float32)
Y = (X.sum(1) > 0).astype(np.int64)


def source_of(data, **given):
    return read(Memory(content=hold(data, **given)), "", print)


@pytest.mark.parametrize(("data", "kind", "shape"), [
    ((X, Y), "classes", (3,)),
    ((torch.from_numpy(X), torch.from_numpy(Y)), "classes", (3,)),
    ((X.tolist(), Y.tolist()), "classes", (3,)),
    ((X, Y.astype(np.float32)), "number", (3,)),
    (X, "none", (3,)),
    ((np.zeros((9, 8, 8), np.uint8), np.arange(9) % 3), "classes", (1, 8, 8)),
    ((np.zeros((9, 8, 6, 3), np.float32), np.arange(9) % 3), "classes", (3, 8, 6)),
    (torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), "classes", (3,)),
    ({"x_train": X, "y_train": Y, "x_test": X[:5], "y_test": Y[:5], "classes": ["no", "yes"]}, "classes", (3,)),
])
def test_arrays_tensors_and_datasets_are_taken(data, kind, shape):
    source = source_of(data)
    assert (source.data_spec.target_kind, source.data_spec.input_shape) == (kind, shape)
    seen = dataset_info(Memory(content=hold(data)), "")
    assert seen.data_spec == source.data_spec and seen.rows["train"] == len(source.x)
    prepared = prepare(Memory(content=hold(data), test=0), "", validation=None, train_size=None, seed=0, say=print)
    assert prepared.data_spec == seen.data_spec


def test_the_same_content_is_the_same_data_and_other_content_is_not():
    assert hold((X, Y)) == hold((torch.from_numpy(X.copy()), Y.tolist()))
    assert len({hold((X, Y)), hold((X + 1, Y)), hold((X, 1 - Y)), hold({"x": X, "y": Y, "classes": "ab"})}) == 4


def test_names_of_classes_and_further_parts_are_kept():
    source = source_of({"x": X, "y": Y, "classes": ["no", "yes"], "features": ["a", "b", "c"]})
    assert source.data_spec.classes == ("no", "yes") and source.data_spec.features == ("a", "b", "c")
    source = source_of((X[:40], Y[:40]), validation=(X[40:50], Y[40:50]), test=(X[50:], Y[50:]))
    assert np.array_equal(source.x_val, X[40:50]) and np.array_equal(source.y_test, Y[50:])


def test_another_process_finds_it_in_the_cache_and_says_where_it_is_gone(cache_folder):
    content = hold((X, Y))
    before = read(Memory(content=content), "", print)
    memory._held.clear()
    after = read(Memory(content=content), "", print)
    assert after is not before and np.array_equal(after.x, X) and after.content == before.content
    memory._held.clear()
    with pytest.raises(ConfigError, match="give it again to dlrun.train"):
        read(Memory(content="0" * 16), "", print)


@pytest.mark.parametrize("verified", [verified_array.verified, lambda make, say: make()], ids=["beside", "before"])
@pytest.mark.parametrize("large", [1 << 30, 1], ids=["read whole", "mapped"])
def test_a_damaged_copy_of_what_a_program_held_is_never_learned_from(cache_folder, monkeypatch, large: int, verified):
    monkeypatch.setattr(verified_array, "LARGE", large)
    content = hold((X, Y))
    [file] = cache_folder.rglob("x.npy")
    whole = file.read_bytes()
    for other_process in (memory._held.clear, memory._copies.clear):
        other_process()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ConfigError, match="give it again to dlrun.train"):
        verified(lambda: read(Memory(content=content), "", print), print)
    assert hold((X, Y)) == content
    memory._held.clear()
    assert np.array_equal(verified(lambda: read(Memory(content=content), "", print), print).x, X)


class Drawn(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, place):
        return np.random.default_rng().random(3), place % 2


@pytest.mark.parametrize(("data", "says"), [
    ((X, Y[:-1]), "expected one class or number for each of the 60 rows"),
    ((np.full((4, 2), np.inf), [0, 1, 0, 1]), "row 0 of x is not finite"),
    ((np.full((4, 8, 8), np.nan, np.float32), [0, 1, 0, 1]), "row 0 of x is not finite"),
    ((X, np.where(Y, np.nan, 1.0)), "a target is not a finite number"),
    (({1, 2}, [0, 1]), "expected|holds Python objects"),
    (3, "expected .x, y."),
    ({"x": X, "y": Y + 5, "classes": ["a", "b"]}, "expected targets 0 to 1"),
    (Drawn(), "row 0 is another one each time"),
    ([], "it has no rows"),
])
def test_what_cannot_be_learned_from_is_said(data, says):
    with pytest.raises(ConfigError, match=says):
        hold(data)


def test_a_data_frame_is_a_table_whose_texts_are_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": [1.5, None, 3.0, 4.0] * 5, "town": ["A", "B", "A", "B"] * 5,
                              "good": ["yes", "no", "no", "yes"] * 5})
    source = source_of(frame, target="good")
    assert source.data_spec.features == ("age", "age is missing", "town=A", "town=B")
    assert source.data_spec.classes == ("no", "yes")
    assert np.isnan(source.x[1, 0]) and source.x[:4, 2].tolist() == [1, 0, 1, 0]
    with pytest.raises(ConfigError, match="did you mean  good"):
        hold(frame, target="godo")
    with pytest.raises(ConfigError, match="expected  target="):
        hold(frame)


def test_where_no_copy_can_be_kept_the_data_is_of_this_process_alone(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dlrun.data.cache.store", full)
    content = hold((np.arange(24.0).reshape(12, 2), np.arange(12) % 2))
    source = read(Memory(content=content), "", print)
    assert len(source.x) == 12 and not memory.is_shared(content)
    assert "can't be written (No space left on device); only this process has the data" in source.notes[-1]


def test_pictures_of_floats_are_scaled_by_their_own_mean():
    x = np.random.RandomState(1).rand(50, 6, 6).astype(np.float32)
    prepared = prepare(Memory(content=hold((x, np.arange(50) % 2)), scale="standard", test=0), "", validation=None,
                       train_size=None, seed=0, say=print)
    scaled = prepared.scale(prepared.train.x)
    assert abs(scaled.mean()) < 1e-5 and abs(scaled.std() - 1) < 1e-5


def test_new_inputs_take_the_form_that_a_run_was_trained_on():
    prepared = prepare(Memory(content=hold((X, Y)), test=0), "", validation=None, train_size=None, seed=0, say=print)
    kept = state.plain(prepared)
    assert np.array_equal(state.of_arrays(kept, torch.from_numpy(X)).x, X)
    missing = X[:2].copy()
    missing[0, 1] = np.nan
    assert np.allclose(state.of_arrays(kept, missing).x[0, 1], X[:, 1].mean(), atol=1e-5)
    with pytest.raises(ConfigError, match="this run was trained on table rows of"):
        state.of_arrays(kept, X[:, :2])


def test_a_run_trains_on_it_and_is_found_again(go):
    content = hold((X, Y))
    overrides = ("dataset=memory", f"dataset.content={content}", "model=dense", "epochs=3")
    first = go(*overrides)
    assert first.result["status"] == "finished"
    assert go(*overrides).folder == first.folder
    assert go(overrides[0], f"dataset.content={hold((X, 1 - Y))}", *overrides[2:]).folder != first.folder


class Frame(dict):
    columns = ("a", "who", "day", "y")


WHO = np.arange(60) // 5
FRAME = Frame(a=X[:, 0].tolist(), who=[f"p{number}" for number in WHO], day=np.arange(60)[::-1].tolist(),
              y=["no", "yes"] * 30)


@pytest.mark.parametrize("made", [
    lambda: Memory(content=hold((np.stack([WHO, Y], 1), Y), group=WHO), group="group", scale="none"),
    lambda: Memory(content=hold((np.stack([WHO, Y], 1), Y), group=[f"p{n}" for n in WHO]), group="group", scale="none"),
    lambda: Memory(content=hold(FRAME, target="y", group="who"), group="who", scale="none")])
def test_rows_that_are_said_to_belong_together_are_in_one_part(made):
    cfg = made()
    found = prepare(cfg, "", validation=Holdout(0.2), train_size=None, seed=0, say=print)
    who = {name: {*split.groups.tolist()} for name, split in found.splits.items() if split.groups is not None}
    assert {*who} == {"train", "val", "test"} and sum(map(len, who.values())) == 12 == len(set.union(*who.values()))
    assert found.train.x.shape[1] == 2 and "who" not in found.data_spec.features
    seen = dataset_info(cfg, "", validation=Holdout(0.2)).split
    assert seen == {name: len(split) for name, split in found.splits.items()}


def test_rows_lie_in_the_order_that_is_given():
    days = np.arange(60)[::-1]
    for cfg, place in ((Memory(content=hold((days[:, None], Y), order=days), order="order", scale="none"), 0),
                       (Memory(content=hold(FRAME, target="y", order="day"), order="day", scale="none"), None)):
        found = prepare(cfg, "", validation=Holdout(0.2), train_size=None, seed=0, say=print)
        if place is not None:
            assert [int(split.x[0, place]) for split in found.splits.values()] == [0, 38, 48]
        else:  # of the frame the number of the day is no input: the first rows are the last of the file
            assert np.allclose(found.train.x[:3, 0], X[::-1][:3, 0])


DAYS = [datetime(2024, 3, 1) + timedelta(hours=7 * int(place)) for place in np.random.default_rng(0).permutation(60)]


@pytest.mark.parametrize("given", [
    lambda _: DAYS, lambda _: [day.replace(tzinfo=timezone(timedelta(hours=2))) for day in DAYS],
    lambda _: np.array(DAYS, "datetime64[s]"), lambda pandas: pandas.Series(DAYS, index=range(60, 0, -1)),
    lambda pandas: pandas.DatetimeIndex(DAYS), lambda pandas: pandas.Series(DAYS).dt.tz_localize("UTC"),
    lambda pandas: pandas.Series([(day - DAYS[0]).total_seconds() for day in DAYS])])
def test_an_order_is_dates_in_any_of_their_forms(given):
    pandas = pytest.importorskip("pandas")
    assert np.array_equal(source_of((X, Y), order=given(pandas)).x, X[np.argsort(np.array(DAYS, "datetime64[s]"))])


def test_a_group_is_a_column_of_a_frame():
    pandas = pytest.importorskip("pandas")
    words = [f"p{number}" for number in WHO]
    for given in (pandas.Series(words), pandas.Series(words, dtype="category"), pandas.Series(WHO, dtype="Int64")):
        first = np.unique(source_of((X, Y), group=given).groups, return_index=True)[1]
        assert sorted(first.tolist()) == [*range(0, 60, 5)]


@pytest.mark.parametrize(("given", "expected"), [
    ({"order": [[1], [1, 2]] * 30}, "a number or a date for each of the 60 rows"),
    ({"order": [None, *DAYS[1:]]}, "that of row 0 is missing"),
    ({"order": [DAYS[0].replace(tzinfo=timezone.utc), *DAYS[1:]]}, "a number or a date"),
    ({"group": WHO[:9]}, "for each of the 60 rows"), ({"group": X[:, 0]}, "a text or a whole number"),
    ({"order": [f"p{n}" for n in WHO]}, "a number or a date"),
    ({"order": np.where(WHO > 3, WHO, np.nan)}, "is missing")])
def test_what_cannot_be_said_of_rows_is_refused(given, expected):
    with pytest.raises(ConfigError, match=expected):
        hold((X, Y), **given)
    with pytest.raises(ConfigError, match=r"dlrun\.train\(data=\.\.\., group"):
        read(Memory(content=hold((X, Y)), group="group"), "", print)

def test_test_rows_of_a_frame_are_another_frame():
    later = Frame(a=[0.125, float("nan"), 1234.5], who=["p1", "new", "p2"], day=[60, 61, 62], y=["yes", "no", None],
                  more=[1, 2, 3])
    later.columns = ("more", "y", "day", "who", "a")
    source, alone = source_of(FRAME, target="y", test=later), source_of(FRAME, target="y")
    assert np.array_equal(source.x, alone.x) and source.data_spec == alone.data_spec and source.content != alone.content
    named = dict(zip(source.data_spec.features, source.x_test.T))
    assert named["a"][0] == 0.125 and np.isnan(named["a"][1]) and source.y_test.tolist() == [1, 0]
    words = [name for name in named if name.startswith("who=")]
    assert [name for name in words if named[name][0]] == ["who=p1"] and not any(named[name][1] for name in words)
    assert any("'new'" in note for note in source.notes)
    assert any("1 rows without a target" in note for note in source.notes)
    unlike = Frame(FRAME, who=[f"q{number}" for number in WHO])
    groups = source_of(FRAME, target="y", group="who", test=unlike)
    assert len(set(groups.groups_test.tolist())) == 12 and len(groups.x_test) == 60


@pytest.mark.parametrize(("given", "expected"), [
    ({"test": (X, Y)}, "test +expected a DataFrame with the columns of data, not a tuple"),
    ({"test": "nonsense"}, "test +expected a DataFrame"),
    ({"test": Frame(a=[1.0], who=["p1"], day=[1], y=["maybe"])}, "test +'maybe' in row 0"),
    ({"test": Frame(FRAME, a=["large"] * 60)}, "test +'large' in row 0: the column \"a\" expects a number"),
    ({"test": FRAME, "group": "who"}, "it has rows among those of the training"),
    ({"validation": FRAME}, "validation +rows of one's own"),
    ({"validation": (X, Y)}, "validation +rows of one's own"),
    ({"in_memory": False}, "in_memory=False")])
def test_further_rows_that_do_not_go_with_a_frame_are_refused(given, expected):
    with pytest.raises(ConfigError, match=expected):
        hold(FRAME, target="y", **given)


def test_test_rows_of_a_pandas_frame_are_another_one():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"when": pandas.date_range("2024-01-01", periods=40), "size": np.arange(40) / 8,
                              "town": pandas.Categorical(["A", "B"] * 20), "price": np.arange(40.0)})
    later = pandas.DataFrame({"when": [pandas.Timestamp("2025-03-01")] * 2, "size": [1.375, None], "town": ["B", "C"],
                              "price": [2.5, 1234.5]})
    source = source_of(frame, target="price", test=later)
    assert source.y_test.tolist() == [2.5, 1234.5] and source.data_spec.features[-3:] == ("size", "town=A", "town=B")
    assert np.array_equal(source.x_test[:, -3:], [[1.375, 0, 1], [np.nan, 0, 0]], equal_nan=True)
