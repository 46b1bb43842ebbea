"""Which rows of a file, a folder or a run's own data are measured, against which column, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data.formats.class_folders import files_below
from dlrun.data.sets.aesop import Aesop
from dlrun.data.sets.alice import Alice
from dlrun.inference.evaluate_run import Options, evaluate_run
from dlrun.inference.labelled import reader
from dlrun.inference.load import load_run
from tests.run.test_evaluate import HEADER, evaluated, lines_of, trained

MEASURED = Options(resamples=0)


def csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def prices(path: Path, first: str, rows: int = 60, apart: str = ";") -> Path:
    """A table whose target falls in thousands, written with a decimal comma; the first one is as it is given."""
    draw = np.random.default_rng(0)
    sizes = draw.uniform(1, 9, rows)
    cells = [f"{1000 * size:,.2f}".translate(str.maketrans(",.", ".,")) for size in sizes]
    return csv(path, f"size{apart}price", *(f"{size:.3f}".replace(".", ",") + apart + cell
                                            for size, cell in zip(sizes, [first or cells[0], *cells[1:]])))


@pytest.mark.parametrize("kfold", [False, True])
def test_own_test_rows_are_measured_only_while_the_data_is_what_it_was(kfold: bool, tmp_path: Path) -> None:
    file = csv(tmp_path / "old.csv", HEADER, *lines_of(90, 0))
    folds = ["validation={kind: kfold, k: 2, final: true}"] if kfold else []
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={file}", "dataset.target=state", "dataset.test=0.2",
                  "dataset.drop=[patient]", "epochs=1", *folds)
    assert evaluated(run, "resamples=0")["rows"] == 18
    assert route(["inspect", str(run), "nearest", "part=train"]) == 0
    csv(file, HEADER, *lines_of(90, 0), *lines_of(20, 5))
    with pytest.raises(ConfigError, match="dataset=csv.*not those that the run was trained with"):
        evaluate_run(run, "", MEASURED, print)
    assert route(["inspect", str(run), "nearest", "part=train"]) == 2
    assert evaluated(run, file, "resamples=0")["rows"] == 110, "a file that is named is measured as it is"


def test_a_target_that_was_given_by_its_number_is_the_column_of_its_name(tmp_path: Path) -> None:
    lines = [f"{line.rsplit(',', 2)[0]},{number % 2},{line.split(',')[3]}"
             for number, line in enumerate(lines_of(90, 0))]
    file = csv(tmp_path / "old.csv", "x,z,word,alone,state", *lines)
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={file}", "dataset.target=-1", "dataset.drop=[alone]",
                  "epochs=1")
    assert evaluated(run, file, "resamples=0")["rows"] == 90
    without = csv(tmp_path / "without.csv", *(line.rpartition(",")[0] for line in file.read_text().splitlines()))
    with pytest.raises(ConfigError, match='expected the target "state" beside the columns of the training'):
        evaluate_run(run, str(without), MEASURED, print)


@pytest.mark.parametrize("way", ["evaluate", "test_path"])
def test_a_target_that_can_be_read_in_two_ways_is_refused(way: str, tmp_path: Path) -> None:
    old, new = prices(tmp_path / "old.csv", ""), prices(tmp_path / "new.csv", "2.480")
    words = ["dataset=csv", f"dataset.path={old}", "dataset.target=price", "epochs=1", "dataset.target_scale=standard"]
    with pytest.raises(ConfigError, match='column "price": 2.480 is 2.48 with a decimal point and 2480 with a'):
        if way == "test_path":
            trained(tmp_path / "runs", *words, f"dataset.test_path={new}")
        else:
            evaluate_run(trained(tmp_path / "runs", *words), str(new), MEASURED, print)
    assert evaluated(trained(tmp_path / "runs", *words), old, "resamples=0")["rows"] == 60


def test_test_rows_of_a_file_with_training_rows_were_not_trained_on(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(80, 3)).astype(np.float32), np.arange(80) % 2
    np.savez(tmp_path / "both.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    np.savez(tmp_path / "all.npz", x=x, y=y)
    seen = {}
    for name in ("both", "all"):
        run = trained(tmp_path / "runs", "dataset=npz", f"dataset.path={tmp_path / name}.npz", "epochs=1")
        seen[name] = evaluated(run, tmp_path / f"{name}.npz", "resamples=0")["trained_on"]
    assert seen == {"both": False, "all": True}


def test_folders_below_the_run_s_own_were_trained_on_but_for_the_test_rows(tmp_path: Path) -> None:
    from PIL import Image

    draw = np.random.default_rng(0)
    for part in ("train", "test"):
        for kind in ("dark", "light"):
            (tmp_path / "pictures" / part / kind).mkdir(parents=True)
            for number in range(8):
                shade = draw.integers(0, 120, (8, 8)) + (120 if kind == "light" else 0)
                Image.fromarray(shade.astype(np.uint8)).save(tmp_path / f"pictures/{part}/{kind}/{number}.png")
    root = tmp_path / "pictures"
    run = trained(tmp_path / "runs", "dataset=image_folder", f"dataset.path={root}", "dataset.size=8",
                  "dataset.channels=1", "epochs=1")
    assert len(files_below(root, suffixes=(".png",)).files) == 32
    seen = {str(place): evaluated(run, root / place, "resamples=0")["trained_on"] for place in (".", "train", "test")}
    assert seen == {".": False, "train": True, "test": False}


def test_a_data_set_by_its_name_was_trained_on_unless_test_rows_of_its_own_are_measured(tmp_path: Path) -> None:
    run = trained(tmp_path / "runs", "dataset=iris", "epochs=1")
    assert evaluated(run, "iris", "resamples=0")["trained_on"]


def test_a_text_is_read_as_the_corpus_of_the_run_is(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("the fox, the crow.\nthe crow, the fox.\n" * 40)
    words = ("model=lstm", "model.units=4", "epochs=1", "max_steps=2")
    run = load_run(trained(tmp_path / "runs", "dataset=text", f"dataset.path={text}", "dataset.unit=word",
                           "dataset.length=4", "dataset.punctuation=tokens", *words))
    for kind, changed in ((Aesop, {"punctuation": "tokens"}), (Alice, {"newlines": "space", "ascii_only": True})):
        found = reader(run.kept, kind(), text, str(text))
        assert {key: getattr(found, key) for key in changed} == changed and found.kind == "text"


def test_an_inspection_of_a_file_has_the_rows_without_a_target_too(tmp_path: Path,
                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    file = csv(tmp_path / "old.csv", HEADER, *lines_of(90, 0))
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={file}", "dataset.target=state",
                  "dataset.drop=[patient]", "epochs=1", "dataset.test=0", "validation=0")
    lines = file.read_text().splitlines()[:5]
    lines[2] = lines[2].replace("well", "").replace("sick", "")
    new = csv(tmp_path / "new.csv", *lines)
    capsys.readouterr()
    assert route(["inspect", str(run), "nearest", str(new)]) == 0
    said = capsys.readouterr().out
    assert [f"new.csv:{line}" in said for line in (2, 3, 4, 5)] == [True] * 4, said
    nearest = [line for line in said.splitlines() if "new.csv:3" in line or "new.csv:4" in line]
    assert all(" (0)" in line for line in nearest), "each is its own training row"
