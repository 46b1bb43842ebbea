"""A user's table decides what nobody chose: batches, epochs, patience, the scale of its target; each is one key."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.cli.route import route
from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.data.sets import memory
from dlrun.data.sets.csv import Csv
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import preflight, stored
from dlrun.preflight.undecided import batch_size, epochs
from dlrun.record.stored import read_yaml_mapping
from tests.helpers.runs import Notes

OLD = ["epochs=40", "batch_size=128", "early_stop=none"]


@pytest.fixture
def prices(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{9000 + 2000 * a:.1f},{'ab'[int(b > 0)]}" for a, b in rng.normal(size=(50, 2))]
    (tmp_path / "t.csv").write_text("a,b,price,kind\n" + "\n".join(lines) + "\n")
    return ["dataset=csv", f"dataset.path={tmp_path / 't.csv'}", "model=dense", "model.hidden=[4]"]


def decided(checked: Checked) -> dict[str, object]:
    return {decision.key: decision.value for decision in checked.decisions}


def test_it_is_what_the_same_values_typed_are_and_is_stored(prices: list[str], go) -> None:
    words = [*prices, "dataset.target=price", "max_steps=2"]
    found = decided(preflight(words))
    assert found == {"batch_size": 16, "epochs": 400, "early_stop.patience": 40, "dataset.target_scale": "standard",
                     "dataset.scale": "standard"}
    typed = [f"{key}={value}" for key, value in found.items()]
    assert identity(preflight(words).config) == identity(preflight([*words, *typed]).config)
    outcome = go(*words)
    kept = read_yaml_mapping(outcome.folder / "config.yaml")
    assert kept["epochs"] == 400 and kept["dataset"]["target_scale"] == "standard"
    again = stored(kept)
    assert again.decisions == () and identity(again.config) == outcome.folder.name


def test_runs_that_said_what_the_defaults_were_keep_their_ids(prices: list[str]) -> None:
    """Hashed by dlrun of before: these two commands, without `OLD` and target_scale, had these ids.

    Validation rows from the end keep the proportions of classes since then, random ones did so always.
    """
    number = identity(preflight([*prices, "dataset.target=price", *OLD, "dataset.target_scale=none"]).config)
    drawn = "validation={size: 0.2, take: random}"
    classes = identity(preflight([*prices, "dataset.target=kind", *OLD, drawn]).config)
    assert (number, classes) == ("5b502d3f1d", "faf1397184")


def test_the_header_says_what_was_decided_and_why(prices: list[str], go) -> None:
    notes = Notes()
    go(*prices, "dataset.target=price", "max_steps=1", recorders=[notes])
    assert "batch_size=16, epochs=400: 32 training rows" in notes.notes
    assert any(note.startswith("dataset.target_scale=standard: the target is a number") for note in notes.notes)


def test_explain_says_the_reason_beside_the_value(prices: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["explain", *prices, "dataset.target=price"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:5] == ["epochs", "400", "auto:", "32", "training"] for line in lines)


def test_without_anything_to_watch_nothing_is_waited_for(prices: list[str]) -> None:
    assert decided(preflight([*prices, "dataset.target=kind", "validation=0"]))["early_stop.patience"] is None
    kfold = "validation={kind: kfold, k: 3, final: true}"
    assert decided(preflight([*prices, "dataset.target=kind", kfold]))["early_stop.patience"] is None


def test_a_baseline_has_the_plain_defaults(prices: list[str]) -> None:
    majority = decided(preflight([*prices[:2], "dataset.target=kind", "model=majority"]))
    assert [majority[key] for key in ("batch_size", "epochs", "early_stop.patience")] == [128, 40, None]


def test_pictures_texts_and_sequences_of_a_user_get_shorter_trainings_than_tables(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "p.npz", x=rng.integers(0, 255, (400, 8, 8), np.uint8), y=rng.integers(0, 2, 400))
    pictures = ["dataset=npz", f"dataset.path={tmp_path / 'p.npz'}"]
    assert decided(preflight(pictures)) == {  # 256 training rows, 16 steps an epoch
        "batch_size": 16, "epochs": 125, "early_stop.patience": 12, "dataset.target_scale": "none"}
    (tmp_path / "t.txt").write_text("".join(f"{'ab'[place % 2]}\tword {place % 7}\n" for place in range(200)))
    texts = decided(preflight(["dataset=labelled_text", f"dataset.path={tmp_path / 't.txt'}"]))
    assert (texts["model"], texts["batch_size"], texts["epochs"]) == ("lstm", 16, 200)  # two words: too few to pool
    longer = "".join(f"{'ab'[place % 2]}\tone two three four {place % 7}\n" for place in range(200))
    (tmp_path / "t.txt").write_text(longer)
    assert decided(preflight(["dataset=labelled_text", f"dataset.path={tmp_path / 't.txt'}"]))["model"] == "conv1d"
    digits = ["dataset=digits", "model=cnn"]
    assert decided(preflight(digits)) == {} and preflight(digits).config.epochs == 40


def test_a_long_text_among_a_users_does_not_make_all_rows_as_long(tmp_path: Path, go) -> None:
    lines = [f"{'ab'[place % 2]}\tone two three four {place % 7}\n" for place in range(60)]
    (tmp_path / "t.txt").write_text("".join([*lines, "a\t" + "word " * 2000 + "\n"] * 2))
    words = ["dataset=labelled_text", f"dataset.path={tmp_path / 't.txt'}", "model=conv1d", "dataset.test=0"]
    notes = Notes()
    go(*words, "max_steps=1", recorders=[notes])
    assert preflight(words).dataset_info.data_spec.input_shape == (500,)
    assert any("rows have more than 500 tokens (up to 2,000) and are cut to 500" in note for note in notes.notes)
    assert preflight([*words, "dataset.maxlen=null"]).dataset_info.data_spec.input_shape == (2000,)


def test_a_network_with_epochs_of_its_own_keeps_them_on_a_users_data(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", x=np.zeros((200, 28, 28), np.uint8))
    config = preflight(["dataset=npz", f"dataset.path={tmp_path / 'p.npz'}", "model=gan"]).config
    assert (config.epochs, config.batch_size, config.early_stop.patience) == (300, 64, None)


def test_a_rule_about_epochs_is_held_against_the_decided_ones(prices: list[str]) -> None:
    assert preflight([*prices, "dataset.target=kind", "test_at=[300]"]).config.epochs == 400
    with pytest.raises(ConfigError, match="training ends after epoch 400"):
        preflight([*prices, "dataset.target=kind", "test_at=[500]"])


@pytest.mark.parametrize(("rows", "size"), [(1, 16), (113, 16), (400, 32), (1150, 64), (4000, 256), (10**6, 256)])
def test_batches_are_about_a_sixteenth_of_a_small_table(rows: int, size: int) -> None:
    assert batch_size(rows) == size


def test_epochs_make_a_training_about_eight_thousand_steps_long_of_others_two_thousand() -> None:
    assert [epochs(steps) for steps in (1, 20, 100, 400)] == [400, 400, 80, 40]
    assert [epochs(steps, "other") for steps in (1, 20, 100, 400)] == [200, 100, 40, 40]
    assert [batch_size(rows, "other") for rows in (1, 400, 1150, 4000)] == [16, 32, 64, 128]


@pytest.mark.parametrize(("words", "model"), [
    (["dataset=iris"], "tabular"), (["dataset=diabetes", "epochs=2"], "tabular"), (["dataset=moons"], "tabular"),
    (["dataset=digits_rows"], "recurrent"), (["dataset=digits"], "cnn"), (["epochs=2"], "cnn")])
def test_without_a_model_the_data_chooses_one(words: list[str], model: str) -> None:
    checked = preflight(words)
    assert checked.config.model.kind == model
    named = [decision for decision in checked.decisions if decision.key == "model"]
    assert [decision.reason.startswith("the data is") for decision in named] == [True] * (model != "cnn")
    assert identity(preflight([*words, f"model={checked.config.model.name}"]).config) == identity(checked.config)


@pytest.mark.parametrize("typed", [["seed=-1"], ["sede=1"], ["seed=-1", "epochs=0"]])
def test_nothing_is_said_of_a_model_that_nobody_chose_beside_what_is_wrong(prices: list[str], typed: list[str]) -> None:
    own = [word for word in prices if not word.startswith("model")]
    for data in (["dataset=iris"], [*own, "dataset.target=price"]):
        with pytest.raises(ConfigError) as refused:
            preflight([*data, *typed])
        assert [problem.given for problem in refused.value.problems] == typed
    with pytest.raises(ConfigError) as refused:
        preflight(["dataset=iris", "model=cnn", *typed])
    assert len(refused.value.problems) > len(typed) or typed == ["sede=1"]


def test_a_model_its_keys_a_task_and_an_experiment_are_left_as_they_are_typed() -> None:
    for words in (["dataset=iris", "model=cnn"], ["dataset=iris", "model.filters=[8]"], ["dataset=iris", "task=vae"]):
        with pytest.raises(ConfigError) as caught:
            preflight(words)
        assert not any("tabular" in problem.given for problem in caught.value.problems), words


def test_many_columns_are_left_to_dense_layers(tmp_path: Path) -> None:
    lines = [",".join([*(str((row * place) % 7) for place in range(501)), "ab"[row % 2]]) for row in range(20)]
    (tmp_path / "wide.csv").write_text("\n".join(lines) + "\n")
    words = ["dataset=csv", f"dataset.path={tmp_path / 'wide.csv'}", "dataset.target=-1"]
    assert preflight(words).config.model.kind == "dense"


def test_the_header_says_how_the_table_was_read_and_what_is_learned(prices: list[str], tmp_path: Path, go) -> None:
    notes = Notes()
    go(*prices, "dataset.target=kind", "dataset.drop=[price]", "max_steps=1", recorders=[notes])
    assert notes.notes[0] == ("cells between commas, names in the first line, decimal point · "
                              "target kind: 2 classes (a, b) · left out: price")
    lines = ["1,5;2,5;7"] * 20 + ["2,5;1,5;8,5"] * 20
    (tmp_path / "n.csv").write_text("\n".join(lines) + "\n")
    go("dataset=csv", f"dataset.path={tmp_path / 'n.csv'}", "dataset.target=-1", *prices[2:], "max_steps=1",
       recorders=[notes])
    assert notes.notes[0] == ("cells between semicolons, no names: columns are called by their number, decimal comma · "
                              "target column 2: a number")


def test_one_word_is_five_shuffled_folds(prices: list[str]) -> None:
    word, typed = (preflight([*prices, "dataset.target=kind", f"validation={value}"]).config
                   for value in ("kfold", "{kind: kfold, k: 5, shuffle: true}"))
    assert word.validation == typed.validation and identity(word) == identity(typed)


def test_splits_by_the_runs_seed_are_those_of_that_split_seed(prices: list[str]) -> None:
    def test_rows(*words: str) -> list[list[float]]:
        from dlrun.baselines.measure import prepared_rows

        rows = next(prepared_rows(preflight([*prices, "dataset.target=kind", *words]).config, print)).test
        assert rows is not None
        return rows.x.tolist()

    by_seed = [test_rows("dataset.split_seed=seed", f"seed={seed}") for seed in (0, 3)]
    assert by_seed == [test_rows(f"dataset.split_seed={seed}", "seed=9") for seed in (0, 3)]
    assert by_seed[0] != by_seed[1]


@pytest.mark.parametrize("target", ["numbers", "classes"])
def test_arrays_of_a_table_are_trained_as_a_file_of_cells_is(tmp_path: Path, target: str) -> None:
    x = np.arange(100.0).reshape(50, 2)
    np.savez(tmp_path / "a.npz", x=x, y=x[:, 0] if target == "numbers" else np.arange(50) % 2)
    words = ["dataset=npz", f"dataset.path={tmp_path / 'a.npz'}", "model=dense"]
    found = decided(preflight(words))
    assert found == {"batch_size": 16, "epochs": 400, "early_stop.patience": 40,
                     "dataset.target_scale": "standard" if target == "numbers" else "none"}
    held = memory.hold((x, x[:, 0] if target == "numbers" else np.arange(50) % 2))
    assert decided(preflight(["dataset=memory", f"dataset.content={held}", "model=dense"])) == found


def test_a_command_that_says_what_the_defaults_of_pictures_were_has_the_id_that_it_had(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((50, 4, 4), np.uint8), y=np.arange(50) % 2)
    words = ["dataset=npz", f"dataset.path={tmp_path / 'a.npz'}", "model=dense"]
    assert identity(preflight([*words, *OLD]).config) == "3c7666a9e0"  # hashed by dlrun of before, without OLD


class Frame:
    """What dlrun asks of a data frame."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.cells, self.columns = columns, list(columns)

    def __getitem__(self, name: str) -> list[Any]:
        return self.cells[name]


def test_dates_and_missing_cells_of_a_data_frame_become_what_those_of_a_file_do(tmp_path: Path) -> None:
    days = [datetime(2024, 1, 30) + timedelta(days=place) for place in range(8)]
    sizes = [1.0, float("nan"), 2.0, 3.0, 4.0, 5.5, 6.0, 7.0]
    frame = Frame({"size": sizes, "day": days, "y": list("abababab")})
    of_frame = memory.Memory(content=memory.hold(frame, target="y")).read("", print)
    lines = [f"{'' if size != size else size},{day:%Y-%m-%d},{y}" for size, day, y in zip(sizes, days, frame["y"])]
    (tmp_path / "t.csv").write_text("size,day,y\n" + "\n".join(lines) + "\n")
    of_file = Csv(path=str(tmp_path / "t.csv"), target="y").read("", print)
    assert of_frame.data_spec == of_file.data_spec and np.array_equal(of_frame.x, of_file.x, equal_nan=True)
    assert not [note for note in of_frame.notes if "dataset." in note]  # it has no such options
