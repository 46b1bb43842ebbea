"""`dlrun evaluate` reads what training reads: series, pictures, arrays, texts, numbers, labels, other data sets."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets
from sklearn import metrics as sk

from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.inference.units import of_blocks, of_groups, of_rows, of_windows
from dlrun.record import evaluations
from tests.run.test_evaluate import evaluated, trained


def numbers(row: dict[str, Any]) -> dict[str, float]:
    return {name: found["value"] for name, found in row["metrics"].items()}


def test_numbers_are_measured_in_the_unit_of_the_file(tmp_path: Path) -> None:
    x, y = datasets.load_diabetes(return_X_y=True, scaled=False)
    names = ",".join(f"f{place}" for place in range(10))
    for name, part in (("old", slice(0, 300)), ("new", slice(300, None))):
        lines = [f"{','.join(map(repr, row))},{target}" for row, target in zip(x[part].tolist(), y[part].tolist())]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"{names},progress", *lines]) + "\n")
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={tmp_path / 'old.csv'}", "dataset.target=progress",
                  "dataset.target_scale=standard")
    found = numbers(evaluated(run, tmp_path / "new.csv", "resamples=20"))
    from dlrun.data import preprocessing_state

    loaded = load_run(run)
    told = loaded.predictions(preprocessing_state.of_table(loaded.kept, tmp_path / "new.csv", print)[1])[0].values
    true = y[300:]
    expected = {"mae": sk.mean_absolute_error(true, told), "rmse": sk.mean_squared_error(true, told) ** 0.5,
                "r2": sk.r2_score(true, told), "median_absolute_error": sk.median_absolute_error(true, told),
                "mape": sk.mean_absolute_percentage_error(true, told)}
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_a_series_is_measured_on_every_window_that_has_a_target_and_drawn_in_blocks(tmp_path: Path) -> None:
    steps = np.arange(400)
    wave = np.sin(steps / 5) + np.random.default_rng(0).normal(0, 0.1, 400)
    for name, part in (("old", slice(0, 280)), ("new", slice(280, None))):
        lines = [f"{value:.4f},{place}" for place, value in zip(steps[part], wave[part])]
        (tmp_path / f"{name}.csv").write_text("\n".join(["wave,hour", *lines]) + "\n")
    run = trained(tmp_path / "runs", "dataset=series", f"dataset.path={tmp_path / 'old.csv'}", "dataset.target=wave",
                  "dataset.lookback=8", "dataset.delay=2", "dataset.drop=[hour]")
    row = evaluated(run, tmp_path / "new.csv", "resamples=30")
    loaded = load_run(run)
    told = loaded.predictions(dataclasses.replace(_windows(loaded, wave[280:]), y=None))[0].values
    true = wave[280:][10:].round(4)
    assert row["rows"] == len(true) == 110 and row["over"] == "blocks of 11 windows" and row["units"] == 10
    assert numbers(row)["mae"] == pytest.approx(sk.mean_absolute_error(true, told[:110]), rel=1e-3)
    assert numbers(row)["r2"] == pytest.approx(sk.r2_score(true, told[:110]), abs=1e-3)


def _windows(loaded: Any, wave: np.ndarray) -> Any:
    from dlrun.data.preprocessing_state import of_series

    return of_series(loaded.kept, wave[:, None].round(4))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("digits"), "dataset=digits", "train_size=200")


def test_pictures_lie_in_folders_called_as_the_classes(digits: Path, tmp_path: Path, capsys: Any) -> None:
    images, y = datasets.load_digits(return_X_y=True)
    for place in range(30):
        file = tmp_path / "drawn" / "test" / str(y[place]) / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((images[place].reshape(8, 8) * (255 / 16)).round().astype(np.uint8)).save(file)
    (tmp_path / "drawn" / "train" / "0").mkdir(parents=True)
    row = evaluated(digits, tmp_path / "drawn", "resamples=0")
    assert row["rows"] == 30 and "the pictures of" in capsys.readouterr().err
    np.savez(tmp_path / "drawn.npz", x=images[:30].reshape(-1, 8, 8).astype(np.uint8), y=y[:30])
    with pytest.raises(AssertionError):  # 8-bit white is 255: the same numbers mean other pictures
        assert numbers(evaluated(digits, tmp_path / "drawn.npz", "resamples=0")) == pytest.approx(numbers(row))
    np.savez(tmp_path / "bright.npz", x=(images[:30].reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8), y=y[:30])
    assert numbers(evaluated(digits, tmp_path / "bright.npz", "resamples=0")) == pytest.approx(numbers(row), abs=1e-6)
    (tmp_path / "drawn" / "test" / "ten").mkdir()
    (tmp_path / "drawn" / "test" / "ten" / "0.png").write_bytes(file.read_bytes())
    assert route(["evaluate", str(digits), str(tmp_path / "drawn")]) == 2
    assert "expected folders called as the classes of the run" in capsys.readouterr().err


def test_another_data_set_is_named(digits: Path, capsys: Any) -> None:
    row = evaluated(digits, "digits", "resamples=0", "metrics=accuracy")
    import dlrun

    images, y = datasets.load_digits(return_X_y=True)
    told = dlrun.open(digits).predict(images.reshape(-1, 8, 8).astype(np.uint8))
    assert row["rows"] == 1797 and numbers(row)["accuracy"] == pytest.approx((told == y).mean())
    assert route(["evaluate", str(digits), "iris"]) == 2
    assert "this run was trained on image data; these are table data" in capsys.readouterr().err


def test_more_rows_than_units_have_about_the_interval_of_single_rows(digits: Path) -> None:
    found = evaluated(digits, "digits", "metrics=accuracy")["metrics"]["accuracy"]
    deviation = (found["value"] * (1 - found["value"]) / 1797) ** 0.5
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * deviation, rel=0.15)


def test_arrays_in_python_have_the_same_numbers_and_intervals(digits: Path, tmp_path: Path) -> None:
    import dlrun

    images, y = datasets.load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8).astype(np.uint8)
    found = dlrun.open(digits).evaluation(images, y, resamples=20)
    row = evaluated(digits, "digits", "resamples=20")
    assert found.values == pytest.approx(numbers(row), abs=1e-9)
    assert found.intervals["f1"] == pytest.approx((row["metrics"]["f1"]["low"], row["metrics"]["f1"]["high"]))
    grouped = dlrun.open(digits).evaluation(images, y, groups=y, resamples=20)
    assert grouped.units == 10
    with pytest.raises(dlrun.ConfigError, match="one for each of the 1,797 rows"):
        dlrun.open(digits).evaluation(images, y, groups=[1])


def test_labels_and_several_targets_stand_in_their_columns(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(160, 2))
    lines = [f"{a:.3f},{b:.3f},{int(a > 0)},{'yes' if a + b > 0 else 'no'},{10 * a:.2f},{'up' if b > 0 else 'down'}"
             for a, b in rows]
    for name, part in (("old", lines[:100]), ("new", lines[100:])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,l,m,age,way", *part]) + "\n")
    csv = ("dataset=csv", f"dataset.path={tmp_path / 'old.csv'}", "optimizer.lr=0.02")
    run = trained(tmp_path / "runs", *csv, "dataset.target=[l,m]", "dataset.drop=[age,way]")
    found = numbers(evaluated(run, tmp_path / "new.csv", "resamples=0"))
    p, y = _labels(run, tmp_path / "new.csv", rows[100:])
    assert found["f1"] == pytest.approx(sk.f1_score(y, p > 0.5, average="macro"))
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p))
    run = trained(tmp_path / "runs", *csv, "dataset.target=[age,way]", "dataset.drop=[l,m]",
                  "dataset.target_scale=standard")
    found = numbers(evaluated(run, tmp_path / "new.csv", "resamples=5"))
    assert {"age_mae", "age_r2", "way_accuracy", "way_f1", "way_roc_auc"} <= set(found)
    loaded = load_run(run)
    columns = {column.name: column.values for column in loaded.predictions(_rows(loaded, tmp_path / "new.csv"))}
    true = np.array([float(line.split(",")[4]) for line in lines[100:]])
    ways = np.array([line.split(",")[5] for line in lines[100:]])
    assert found["age_mae"] == pytest.approx(np.abs(columns["age"] - true).mean(), rel=1e-4)
    assert found["way_f1"] == pytest.approx(sk.f1_score(ways, columns["way"], average="macro"))
    import dlrun

    x = np.array([line.split(",")[:2] for line in lines[100:]], float)
    in_python = dlrun.open(run).evaluate(x, [list(row) for row in zip(true, ways)])
    assert in_python == pytest.approx(found, rel=1e-5)
    with pytest.raises(dlrun.ConfigError, match="a column for each of age, way"):
        dlrun.open(run).evaluate(x, true)


def _rows(loaded: Any, file: Path) -> Any:
    from dlrun.data.preprocessing_state import of_table

    return of_table(loaded.kept, file, print)[1]


def _labels(run: Path, file: Path, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    loaded = load_run(run)
    columns = {column.name: column.values for column in loaded.predictions(_rows(loaded, file))}
    return np.stack([columns["p(l)"], columns["p(m)"]], 1), np.stack([rows[:, 0] > 0, rows.sum(1) > 0], 1)


def test_texts_with_a_class_and_running_text(tmp_path: Path, short_passages: None) -> None:
    old = [("good", "a fine day"), ("bad", "an awful film"), ("good", "fine film"), ("bad", "awful awful day")] * 12
    (tmp_path / "old.txt").write_text("".join(f"{label}\t{text} {place % 7}\n" for place, (label, text) in
                                              enumerate(old)))
    (tmp_path / "new.txt").write_text("bad\tawful thing\ngood\ta fine thing\ngood\tawful day\n")
    run = trained(tmp_path / "runs", "dataset=labelled_text", f"dataset.path={tmp_path / 'old.txt'}",
                  "dataset.form=multi_hot", "optimizer.lr=0.05", "epochs=12")
    row = evaluated(run, tmp_path / "new.txt", "resamples=0")
    import dlrun

    (tmp_path / "empty.txt").write_text("\n")
    assert route(["predict", str(run), str(tmp_path / "empty.txt")]) == 2, "a sentence, as for other files without rows"
    told = dlrun.open(run).predict(["awful thing", "a fine thing", "awful day"])
    assert list(told[:2]) == ["bad", "good"]
    assert numbers(row)["accuracy"] == pytest.approx(np.mean(told == ["bad", "good", "good"]))

    (tmp_path / "book.txt").write_text("to be or not to be that is the question " * 30)
    run = trained(tmp_path / "runs", "dataset=text", f"dataset.path={tmp_path / 'book.txt'}", "dataset.length=8",
                  "dataset.form=one_hot", "dataset.stride=1", "epochs=2")
    (tmp_path / "page.txt").write_text("not to be that is the question to be or " * 6)
    row = evaluated(run, tmp_path / "page.txt", "resamples=20")
    assert row["rows"] == 40 * 6 - 8 and row["over"] == "blocks of 9 windows"
    assert "low" in row["metrics"]["loss"] and "low" in row["metrics"]["accuracy"]
    own = evaluated(run, "resamples=0")
    expected = json.loads((run / "result.json").read_text())["test"]
    assert numbers(own) == pytest.approx({name: expected[name] for name in numbers(own)}, abs=1e-5)
    assert len(evaluations.read(run)) == 2


def test_a_tagger_is_measured_by_words_and_has_an_interval_where_a_metric_is_one_of_rows(
        tmp_path: Path, real_data: Path) -> None:
    run = trained(tmp_path / "runs", "dataset=conll2000", "model=bilstm", "model.units=[4]", "train_size=40",
                  "test_size=40", "max_steps=2", "dataset.maxlen=20", "epochs=1")
    row = evaluated(run, "resamples=20")
    expected = json.loads((run / "result.json").read_text())
    assert numbers(row) == pytest.approx(expected["test"], rel=1e-5)
    assert row["per_class"].keys() == expected["test_per_class"].keys()
    from dlrun.assembly.build_run import rows_of

    loaded = load_run(run)
    test = rows_of(loaded.config, lambda said: None).test
    assert test is not None
    import torch

    with torch.no_grad():
        taken = torch.softmax(loaded.model(torch.from_numpy(np.asarray(test.x)).long()), 1).argmax(1).numpy()
    words = np.asarray(test.y) != loaded.data_spec.padding
    per_tag = sk.f1_score(test.y[words], taken[words], average=None, zero_division=0,
                          labels=range(len(loaded.data_spec.classes)))
    names = loaded.data_spec.classes
    assert {name: found["f1"] for name, found in row["per_class"].items()} == pytest.approx(
        {name: per_tag[names.index(name)] for name in row["per_class"]})
    accuracy = row["metrics"]["accuracy"]
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]


def test_rows_without_targets_are_measured_where_the_task_needs_none(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((70, 6)).astype(np.float32)
    np.savez(tmp_path / "old.npz", x=x[:40])
    np.savez(tmp_path / "new.npz", x=x[40:])
    run = trained(tmp_path / "runs", "dataset=npz", f"dataset.path={tmp_path / 'old.npz'}", "model=autoencoder")
    row = evaluated(run, tmp_path / "new.npz", "resamples=20")
    import dlrun

    seen = dlrun.open(run).preprocess(x[40:])
    back = load_run(run).model(seen).detach().numpy()
    assert numbers(row)["mse"] == pytest.approx(sk.mean_squared_error(seen.numpy(), back.reshape(30, 6)), rel=1e-4)
    assert row["rows"] == 30 and "low" in row["metrics"]["mse"]


@pytest.mark.parametrize("units", [of_rows(7), of_rows(2500), of_groups([*"abcabca"], "x"), of_blocks(10, 4, "rows")])
def test_every_row_is_in_one_unit(units: Any) -> None:
    rows = np.concatenate(units.places)
    assert sorted(rows) == list(range(len(rows))) and len(units) in (7, 1000, 3)


def test_the_windows_of_two_blocks_share_hardly_a_step() -> None:
    from dlrun.data.form import Windows

    units = of_windows(100, Windows(length=5, step=2, ahead=12, stride=3))
    assert [len(block) for block in units.places] == [5] * 20, "13 steps of each, one window every 3"


def test_a_folder_of_files_by_class_is_read_as_the_training_was(tmp_path: Path) -> None:
    """Arrays with a file for each class, and drawings whose files name the class of each."""
    rng = np.random.default_rng(0)
    for place, folder in enumerate(("old", "new")):
        for name, low in (("dark", 0), ("light", 128)):
            (tmp_path / folder).mkdir(exist_ok=True)
            np.savez(tmp_path / folder / f"{name}.npz", x=rng.integers(low, low + 128, (30 + place, 16), np.uint8))
    each = {name: str(tmp_path / "old" / f"{name}.npz") for name in ("dark", "light")}
    paths = ", ".join(f"{name}: '{path}'" for name, path in each.items())
    run = trained(tmp_path / "runs", "dataset=npz", f"dataset.path={{{paths}}}", "dataset.shape=[4,4]")
    row = evaluated(run, tmp_path / "new", "resamples=0")
    together = tmp_path / "new.npz"
    x = [np.load(tmp_path / "new" / f"{name}.npz")["x"].reshape(-1, 4, 4) for name in each]
    np.savez(together, x=np.concatenate(x), y=np.array(["dark"] * 31 + ["light"] * 31))
    assert row["rows"] == 62 and numbers(row) == numbers(evaluated(run, together, "resamples=0"))


def test_new_rows_may_all_be_of_one_class(tmp_path: Path, capsys: Any) -> None:
    """Of arrays and of texts; training rows may not, also where the file was measured before."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(60, 3)), np.arange(60) % 3 + 4
    np.savez(tmp_path / "old.npz", x=x, y=y)
    np.savez(tmp_path / "new.npz", x=x[:5], y=np.full(5, 6))
    run = trained(tmp_path / "arrays", "dataset=npz", f"dataset.path={tmp_path / 'old.npz'}")
    import dlrun

    told = dlrun.open(run).predict(x[:5])
    assert numbers(evaluated(run, tmp_path / "new.npz", "resamples=0"))["accuracy"] == pytest.approx((told == 6).mean())
    assert route(["predict", str(run), str(tmp_path / "new.npz")]) == 0
    np.savez(tmp_path / "odd.npz", x=x[:5], y=np.full(5, 9))
    assert route(["evaluate", str(run), str(tmp_path / "odd.npz")]) == 2
    assert '"9" is no class of the run' in capsys.readouterr().err
    with pytest.raises(dlrun.ConfigError, match="has 1 different values; expected 2 to 1,000 classes"):
        trained(tmp_path / "refused", "dataset=npz", f"dataset.path={tmp_path / 'new.npz'}")

    (tmp_path / "old.tsv").write_text("good\ta fine day\nbad\tan awful film\n" * 12)
    (tmp_path / "new.tsv").write_text("bad\tawful\nbad\tfine day\n")
    run = trained(tmp_path / "texts", "dataset=labelled_text", f"dataset.path={tmp_path / 'old.tsv'}",
                  "dataset.form=multi_hot")
    told = dlrun.open(run).predict(["awful", "fine day"])
    assert numbers(evaluated(run, tmp_path / "new.tsv", "resamples=0"))["accuracy"] == (told == "bad").mean()
    with pytest.raises(dlrun.ConfigError, match="expected two classes or more"):
        trained(tmp_path / "refused", "dataset=labelled_text", f"dataset.path={tmp_path / 'new.tsv'}")


def test_several_numbers_may_be_whole_ones_in_new_arrays(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(60, 3)), draw.normal(size=(60, 2)) * 4
    np.savez(tmp_path / "old.npz", x=x, y=y)
    np.savez(tmp_path / "new.npz", x=x, y=y.round().astype(int))
    run = trained(tmp_path / "runs", "dataset=npz", f"dataset.path={tmp_path / 'old.npz'}")
    import dlrun

    told = dlrun.open(run).predict(x)
    found = numbers(evaluated(run, tmp_path / "new.npz", "resamples=0"))
    assert found["y1_mae"] == pytest.approx(np.abs(told[:, 1] - y[:, 1].round()).mean(), rel=1e-4)
