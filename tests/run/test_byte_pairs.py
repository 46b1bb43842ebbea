"""Runs on byte pairs: resumed to the same bits, used with what they learned, and refused where that has changed."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data import byte_pairs
from dlrun.data import preprocessing_state as preprocessing
from dlrun.inference.load import load_run
from tests.data.test_byte_pairs import TEXT
from tests.run.stops import signalled_after
from tests.run.test_evaluate import evaluated
from tests.whole.equal import assert_same_run

pytest.importorskip("tokenizers")
pytestmark = pytest.mark.usefixtures("short_passages")
MINE = ["dataset=text", "dataset.path=t.txt", "dataset.unit=bpe", "dataset.num_words=270", "dataset.length=4",
        "dataset.stride=4", "dataset.lower=false", "model=gru", "model.units=4", "model.embed=3", "batch_size=32",
        "epochs=2"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "t.txt").write_text(TEXT.replace("newest", "Newest, naïve"), encoding="utf-8")
    return tmp_path / "t.txt"


def test_an_interrupted_run_ends_as_one_that_never_was(go, text: Path) -> None:
    whole = go(*MINE, "output_dir=whole")
    with signalled_after(5):
        assert go(*MINE, "output_dir=cut").result["status"] == "interrupted"
    byte_pairs._last.clear()
    cut = go(*MINE, "output_dir=cut").folder
    assert_same_run(whole.folder, cut)
    assert (cut / "fitted.json").read_bytes() == (whole.folder / "fitted.json").read_bytes()
    versions = json.loads((cut / "provenance.json").read_text())["versions"]
    assert versions["tokenizers"] == metadata.version("tokenizers")


def test_a_run_whose_pieces_would_be_others_is_not_resumed(go, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with signalled_after(5):
        assert go(*MINE).result["status"] == "interrupted"
    byte_pairs._last.clear()
    own = byte_pairs.learned
    monkeypatch.setattr(byte_pairs, "learned", lambda texts, size: own([texts[0][::-1]], size))  # as another version
    with pytest.raises(ConfigError, match="the data has changed since this run began"):
        go(*MINE)
    byte_pairs._last.clear()


def test_it_writes_and_is_measured_with_the_pieces_of_its_folder(go, text: Path, monkeypatch: pytest.MonkeyPatch,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    run = go(*MINE).folder

    def learn(texts: object, size: int) -> None:
        raise AssertionError("nothing is learned of a finished run")

    monkeypatch.setattr(byte_pairs, "learned", learn)
    byte_pairs._last.clear()
    capsys.readouterr()
    assert route(["generate", str(run), "prompt=Newest 日本, naïve", "tokens=3"]) == 0
    assert capsys.readouterr().out.strip("\n")
    vocabulary = load_run(run).kept["vocabulary"]
    assert vocabulary["unit"] == "bpe" and len(vocabulary["words"]) == 270 and len(vocabulary["merges"]) == 270 - 257
    (text.parent / "new.txt").write_text("Newest low slow wide " * 9)
    row = evaluated(run, text.parent / "new.txt", "resamples=0")
    words = preprocessing.vocabulary(load_run(run).kept)
    assert words is not None and row["rows"] == (len(words.encode("Newest low slow wide " * 9)) - 5) // 4 + 1
