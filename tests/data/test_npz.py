"""A user's own arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.cli.route import route
from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.identity import identity, run_name
from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.npz import Npz

RNG = np.random.default_rng(0)


@pytest.fixture
def arrays(tmp_path):
    def write(cfg=None, **named):
        np.savez(tmp_path / "a.npz", **named)
        return Npz(path=str(tmp_path / "a.npz"), **(cfg or {}))

    return write


@pytest.mark.parametrize("shape, wanted", [
    ((6, 8, 5, 3), (3, 8, 5)), ((6, 8, 5, 1), (1, 8, 5)), ((6, 8, 5), (1, 8, 5)), ((6, 3, 8, 5), (3, 8, 5)),
])
def test_pictures_come_out_channels_first(arrays, shape, wanted):
    x = RNG.integers(0, 256, shape, np.uint8)
    source = read(arrays(x=x, y=np.arange(6) % 2), "", print)
    assert source.data_spec.input_shape == wanted and source.levels == 255
    back = source.x.transpose(0, 2, 3, 1) if shape[-1] in (1, 3) else source.x[:, 0] if len(shape) == 3 else source.x
    assert source.x.dtype == np.uint8 and np.array_equal(back, x)


def test_labels_are_numbered_and_keep_their_names(arrays):
    x = np.zeros((4, 2))
    source = read(arrays(x_train=x, y_train=np.array([7, 3, 7, 3]), x_test=x, y_test=np.array([5, 5, 3, 7])), "", print)
    assert source.data_spec.classes == ("3", "5", "7")
    assert source.y.tolist() == [2, 0, 2, 0] and source.y_test.tolist() == [1, 1, 0, 2]


def test_floats_are_numbers_and_a_column_of_targets_is_flat(arrays):
    source = read(arrays(x=np.zeros((4, 2)), y=np.array([[1.0], [2.5], [1.0], [0.0]])), "", print)
    assert source.data_spec.target_kind == "number" and source.y.tolist() == [1, 2.5, 1, 0]
    as_classes = arrays({"targets": "classes"}, x=np.zeros((4, 2)), y=np.array([1.0, 2.0, 1.0, 2.0]))
    assert dataset_info(as_classes, "").data_spec.classes == ("1", "2")


def test_inputs_alone_have_no_targets(arrays):
    prepared = prepare(arrays(x=np.ones((10, 3))), "", validation=Holdout(), train_size=None, seed=0, say=print)
    assert prepared.data_spec.target_kind == "none" and prepared.train.y is None and prepared.test.y is None
    assert [len(split) for split in (prepared.train, prepared.val, prepared.test)] == [6, 2, 2]


def test_own_parts_are_kept(arrays):
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    cfg = arrays(x_train=x, y_train=y, x_val=x[:4], y_val=y[:4], x_test=x[4:7], y_test=y[4:7])
    assert dataset_info(cfg, "").rows == {"train": 10, "val": 4, "test": 3}
    prepared = prepare(cfg, "", validation=Holdout(), train_size=None, seed=0, say=print)
    assert np.array_equal(prepared.train.x, x) and np.array_equal(prepared.val.x, x[:4])
    assert np.array_equal(prepared.test.x, x[4:7])


@pytest.mark.parametrize("named, words", [
    ({"x_trian": np.zeros((2, 2)), "y": np.zeros(2)}, "did you mean  x_trian"),
    ({"x": np.zeros((3, 2)), "y": np.zeros(2)}, "each of the 3 rows"),
    ({"x": np.zeros((3, 2)), "y": np.zeros((3, 4, 2))}, "one class or number"),
    ({"x": np.zeros((3, 4, 4), np.int32), "y": np.arange(3)}, "uint8"),
    ({"x": np.full((3, 4, 4), 7.5), "y": np.arange(3)}, "from 7.5 to 7.5; expected 0 to 1, or  dataset.scale=standard"),
    ({"images": np.zeros((2, 2)), "labels": np.zeros(2)}, "dataset.x=NAME and dataset.y=NAME choose others"),
    ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "no rows"),
    ({"x": np.array([[1], ["a"]], object), "y": np.arange(2)}, "Python objects"),
    ({"x": np.zeros((4, 2)), "y": np.zeros(4, int)}, "1 different values"),
    ({"x_train": np.zeros((4, 2)), "y_train": np.arange(4), "x_test": np.zeros((4, 3)), "y_test": np.arange(4)},
     "agree"),
    ({"x_train": np.zeros((4, 2)), "y_train": np.arange(4), "x_test": np.zeros((4, 2))}, "y_test is missing"),
])
def test_arrays_that_do_not_fit_are_named(arrays, named, words):
    with pytest.raises(ConfigError, match=words):
        read(arrays(**named), "", print)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.npz").write_text("no zip")
    np.save(tmp_path / "b.npy", np.zeros(3))
    (tmp_path / "b.npy").write_bytes((tmp_path / "b.npy").read_bytes()[:-1])
    for name in ("a.npz", "b.npy"):
        with pytest.raises(ConfigError, match=r"\.npz or \.npy file"):
            dataset_info(Npz(path=str(tmp_path / name)), "")


def test_arrays_of_other_names_are_chosen_and_those_without_a_name_are_x_and_y(arrays, tmp_path):
    x, y = RNG.random((4, 2)), np.array([0, 1, 1, 0])
    source = read(arrays({"x": "rows", "y": "kinds"}, rows=x, kinds=y, more=x), "", print)
    assert np.array_equal(source.x, x.astype(np.float32)) and source.y.tolist() == y.tolist()
    np.savez(tmp_path / "unnamed.npz", x, y)
    assert read(Npz(path=str(tmp_path / "unnamed.npz")), "", print).y.tolist() == y.tolist()
    with pytest.raises(ConfigError, match="dataset.y=kind.*expected one of its arrays: rows, kinds"):
        read(arrays({"x": "rows", "y": "kind"}, rows=x, kinds=y), "", print)


def test_pictures_of_floats_are_taken_as_they_are_or_by_their_scale(arrays):
    unit = RNG.random((6, 4, 5))
    prepared = prepare(arrays(x=unit, y=np.arange(6) % 2), "", validation=None, train_size=None, seed=0, say=print)
    rows = np.concatenate([prepared.train.x, prepared.test.x])[:, 0]
    assert {row.tobytes() for row in rows} == {row.tobytes() for row in unit.astype(np.float32)}
    wide = arrays({"scale": "standard"}, x=unit * 500 - 80, y=np.arange(6) % 2)
    prepared = prepare(wide, "", validation=None, train_size=None, seed=0, say=print)
    seen = prepared.scale(prepared.train.x)
    assert seen.mean() == pytest.approx(0, abs=1e-5) and seen.std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("more", [{}, {"in_memory": False}])
def test_pictures_beyond_their_scale_are_refused_whoever_has_read_them_before(tmp_path, more):
    np.save(tmp_path / "x.npy", (RNG.random((12, 4, 4)) * 255).astype(np.float32))
    np.save(tmp_path / "y.npy", np.arange(12) % 2)
    files = {"path": str(tmp_path / "x.npy"), "targets_path": str(tmp_path / "y.npy"), **more}
    read(Npz(**files, scale="standard"), "", print)
    for scale in ("auto", "unit", "symmetric"):
        with pytest.raises(ConfigError, match="expected 0 to 1, or  dataset.scale=standard"):
            read(Npz(**files, scale=scale), "", print)


def test_a_file_for_each_class_in_any_order_of_their_names(tmp_path):
    counts = {"bicycle": 3, "airplane": 2}
    for name, count in counts.items():
        np.savez(tmp_path / f"{name}.npz", x=np.full((count, 6), len(name), np.uint8))
    paths = {name: str(tmp_path / f"{name}.npz") for name in counts}
    for path in (paths, dict(reversed(paths.items()))):
        cfg = Npz(path=path, shape=(2, 3))
        source = read(cfg, "", print)
        assert source.data_spec.classes == ("airplane", "bicycle") and source.data_spec.input_shape == (1, 2, 3)
        assert source.y.tolist() == [0, 0, 1, 1, 1] and source.x[:, 0, 0, 0].tolist() == [8, 8, 7, 7, 7]
        assert dataset_info(cfg, "").data_spec == source.data_spec
    with pytest.raises(ConfigError, match="it has 8 values, and a row of x 6"):
        read(Npz(path=paths, shape=(2, 4)), "", print)
    np.savez(tmp_path / "airplane.npz", x=np.zeros((3, 5), np.uint8))
    with pytest.raises(ConfigError, match="bicycle.npz  its inputs are|they must agree"):
        read(Npz(path=paths), "", print)


def test_a_folder_of_arrays_is_predicted_file_by_file(go, tmp_path, capsys):
    x = np.eye(3, dtype=np.float32).repeat(20, 0)
    np.savez(tmp_path / "a.npz", x=x, y=np.repeat([0, 1, 2], 20))
    outcome = go("dataset=npz", f"dataset.path={tmp_path}/a.npz", "model=linear", "optimizer.lr=0.1", "epochs=30",
                 "batch_size=10")
    (tmp_path / "new/below").mkdir(parents=True)
    np.save(tmp_path / "new/one.npy", np.eye(3, dtype=np.float32)[[2, 0]])
    np.savez(tmp_path / "new/below/two.npz", x=np.eye(3, dtype=np.float32)[1:2])
    (tmp_path / "new/readme.txt").write_text("no array")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), f"{tmp_path}/new"]) == 0
    assert [line.split(",")[:2] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["one.npy:1", "2"], ["one.npy:2", "0"], ["two.npz:1", "1"]]
    (tmp_path / "empty").mkdir()
    assert route(["predict", str(outcome.folder), f"{tmp_path}/empty"]) == 2
    assert "or arrays (" in capsys.readouterr().err


def test_the_id_of_files_by_class_is_that_of_their_contents_and_names(tmp_path):
    def made(folder: str, **values: int) -> str:
        (tmp_path / folder).mkdir()
        for name, value in values.items():
            np.save(tmp_path / folder / f"{name}.npy", np.full((2, 3), value))
        named = ",".join(f"{name}:{tmp_path / folder / name}.npy" for name in values)
        composition, problems = compose(["dataset=npz", "model=dense", f"dataset.path={{{named}}}"])
        assert composition is not None and not problems
        config = check(composition.plain)
        assert run_name(config) == f"{'_'.join(values)}-dense-adam"
        return identity(config)

    first = made("one", cat=1, dog=2)
    assert made("moved", cat=1, dog=2) == first and made("order", dog=2, cat=1) == first
    assert made("content", cat=1, dog=3) != first and made("name", cat=1, cow=2) != first


@pytest.mark.parametrize("in_memory", (True, False))
def test_a_single_array_has_its_targets_in_a_file_of_their_own(tmp_path, in_memory):
    x, y = RNG.integers(0, 256, (9, 4, 4), np.uint8), np.arange(9) % 3
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    cfg = Npz(path=str(tmp_path / "x.npy"), targets_path=str(tmp_path / "y.npy"), in_memory=in_memory)
    prepared = prepare(cfg, "", validation=None, train_size=None, seed=0, say=print)
    train = prepared.train
    rows = train.x if in_memory else train.stream.at(np.arange(len(train)))[0]
    assert train.held == in_memory and len(train) == 7
    places = [next(place for place, row in enumerate(x) if np.array_equal(row, seen[0])) for seen in rows]
    assert y[places].tolist() == train.y.tolist()


def test_new_arrays_are_predicted_and_scored_where_they_have_their_targets(tmp_path, go, capsys):
    x = np.repeat(np.eye(3), 20, 0)
    np.savez(tmp_path / "a.npz", rows=x, kinds=np.repeat(["a", "b", "c"], 20))
    outcome = go("dataset=npz", f"dataset.path={tmp_path}/a.npz", "dataset.x=rows", "dataset.y=kinds", "model=linear",
                 "epochs=60", "batch_size=8", "optimizer.lr=0.1")
    np.save(tmp_path / "new.npy", np.eye(3)[::-1])
    np.savez(tmp_path / "both.npz", rows=np.eye(3)[:2], kinds=np.array(["a", "c"]))
    np.savez(tmp_path / "wide.npz", x=np.eye(4), y=np.arange(4))
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), f"{tmp_path}/new.npy", f"{tmp_path}/both.npz"]) == 0
    out, err = capsys.readouterr()
    assert [line.split(",")[:2] for line in out.splitlines()[1:]] == [
        ["new.npy:1", "c"], ["new.npy:2", "b"], ["new.npy:3", "a"], ["both.npz:1", "a"], ["both.npz:2", "b"]]
    assert "both.npz: 2 rows with their targets" in err and "accuracy 50.00 %" in err
    assert route(["predict", str(outcome.folder), f"{tmp_path}/wide.npz"]) == 2
    assert "rows" in capsys.readouterr().err


def test_files_without_rows_are_a_sentence(tmp_path):
    np.savez(tmp_path / "none.npz")
    np.save(tmp_path / "one.npy", np.float32(3))
    np.save(tmp_path / "rows.npy", np.zeros(4, np.float32))
    none, one, rows = (str(tmp_path / name) for name in ("none.npz", "one.npy", "rows.npy"))
    for cfg, words in ((Npz(path={"a": none, "b": rows}), "expected one array in none.npz"),
                       (Npz(path={"a": one, "b": rows}), "it holds a single value"),
                       (Npz(path=one, shape=(1,)), "no rows"), (Npz(path=one, in_memory=False), "a single value")):
        with pytest.raises(ConfigError, match=words):
            read(cfg, "", print)


class Touch:
    """Makes a file as it is unpickled."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


def test_no_pickle_is_read_in_training_predicting_or_measuring(tmp_path, go, capsys):
    import pickle

    ran = tmp_path / "ran"
    hostile = np.array([Touch(ran)], object)
    np.save(tmp_path / "a.npy", hostile, allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=hostile, y=np.zeros(1))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Touch(ran)))
    (tmp_path / "a.data").write_bytes(pickle.dumps(Touch(ran), 2))
    torch.save({"x": Touch(ran)}, tmp_path / "a.pt")
    pickle.loads(pickle.dumps(Touch(ran)))
    assert ran.exists(), "it would have run"
    ran.unlink()
    np.savez(tmp_path / "good.npz", x=np.eye(4, dtype=np.float32), y=np.arange(4) % 2)
    folder = str(go("dataset=npz", f"dataset.path={tmp_path}/good.npz", "model=linear", "max_steps=1").folder)
    for name, says in (("a.npy", "it holds Python objects, which can run code"), ("a.pkl", "it is a pickle"),
                       ("a.npz", "x holds Python objects, which can run code"), ("a.data", "it is a pickle"),
                       ("a.pt", "it is a pickle, which can run code as it is read; numpy.savez")):
        with pytest.raises(ConfigError, match=says):
            read(Npz(path=str(tmp_path / name)), "", print)
        for verb in ("predict", "evaluate"):
            capsys.readouterr()
            assert route([verb, folder, str(tmp_path / name)]) == 2, (verb, name)
            out, err = capsys.readouterr()
            assert not out and "1 problem" in err and (name in err or says in err)
    assert not ran.exists()
