"""Short runs whose rows take minutes to be measured say so before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.preflight.measuring import FEW, TIMES, measuring_note
from dlrun.preflight.preflight import preflight

IMDB = ["dataset=imdb", "model=sentence_autoencoder", "dataset.num_words=10000", "dataset.maxlen=500"]


def test_the_work_of_measuring_is_that_of_the_network_on_each_row() -> None:
    """2 x 512 units of a bidirectional LSTM on 50 values, 500 words long, then 50 units on 512."""
    note = measuring_note(preflight([*IMDB, "max_steps=2"]))
    row = 500 * (2 * 4 * 512 * (50 + 512 + 1) + 2 * 4 * 50 * (512 + 50 + 1))
    training, measured = 3 * row * 2 * 64, row * (5_000 + 25_000)
    assert note.startswith("measuring 5,000 validation and 25,000 test rows takes about "
                           f"{measured / training:,.0f} times the work of 2 training steps")
    assert note.endswith(f"validation={FEW} and test_size={FEW} measure fewer") and measured / training > TIMES


@pytest.mark.parametrize("words", (
    [*IMDB, "max_steps=2", "validation=100", "test_size=100"],  # as it advises
    IMDB, ["dataset=mnist", "model=cnn", "max_steps=1"], ["dataset=mnist", "model=majority", "max_steps=1"]))
def test_others_have_no_note(words: list[str]) -> None:
    assert measuring_note(preflight(words)) == ""


def test_it_stands_among_the_notes_of_the_run(go, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.helpers.runs import Notes

    monkeypatch.setattr("dlrun.preflight.measuring.LONG", 0.0)
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{row},{row % 2}\n" for row in range(400)))
    notes = Notes()
    go("dataset=csv", "dataset.path=t.csv", "dataset.target=b", "model=linear", "max_steps=1", "batch_size=4",
       recorders=[notes])
    assert any("measuring 64 validation and 80 test rows takes about 12 times" in note for note in notes.notes)
