"""A user's table decides what nobody chose: batches, epochs, patience, the scale of its target; each is one key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route
from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
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
    assert found == {"batch_size": 16, "epochs": 400, "early_stop.patience": 40, "dataset.target_scale": "standard"}
    typed = [f"{key}={value}" for key, value in found.items()]
    assert identity(preflight(words).config) == identity(preflight([*words, *typed]).config)
    outcome = go(*words)
    kept = read_yaml_mapping(outcome.folder / "config.yaml")
    assert kept["epochs"] == 400 and kept["dataset"]["target_scale"] == "standard"
    again = stored(kept)
    assert again.decisions == () and identity(again.config) == outcome.folder.name


def test_runs_that_said_what_the_defaults_were_keep_their_ids(prices: list[str]) -> None:
    """Hashed by dlrun of before: these two commands, without `OLD` and target_scale, had these ids."""
    number = identity(preflight([*prices, "dataset.target=price", *OLD, "dataset.target_scale=none"]).config)
    classes = identity(preflight([*prices, "dataset.target=kind", *OLD]).config)
    assert (number, classes) == ("5b502d3f1d", "ddb641df43")


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


def test_a_baseline_and_other_data_have_the_plain_defaults(prices: list[str]) -> None:
    majority = decided(preflight([*prices[:2], "dataset.target=kind", "model=majority"]))
    digits = decided(preflight(["dataset=digits", "epochs=auto", "batch_size=auto", "early_stop=auto"]))
    assert [majority[key] for key in ("batch_size", "epochs", "early_stop.patience")] == [128, 40, None]
    assert digits == {"batch_size": 128, "epochs": 40, "early_stop.patience": None}
    auto, plain = (identity(preflight(["dataset=digits", *more]).config) for more in (["epochs=auto"], []))
    assert auto == plain


def test_a_rule_about_epochs_is_held_against_the_decided_ones(prices: list[str]) -> None:
    assert preflight([*prices, "dataset.target=kind", "test_at=[300]"]).config.epochs == 400
    with pytest.raises(ConfigError, match="training ends after epoch 400"):
        preflight([*prices, "dataset.target=kind", "test_at=[500]"])


@pytest.mark.parametrize(("rows", "size"), [(1, 16), (113, 16), (400, 32), (1150, 64), (4000, 256), (10**6, 256)])
def test_batches_are_about_a_sixteenth_of_a_small_table(rows: int, size: int) -> None:
    assert batch_size(rows) == size


def test_epochs_make_a_training_about_eight_thousand_steps_long() -> None:
    assert [epochs(steps) for steps in (1, 20, 100, 400)] == [400, 400, 80, 40]
