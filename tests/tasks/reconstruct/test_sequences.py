"""`model=lstm_autoencoder` as a run: its task, its pictures, its vectors, and a stop in mid-epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.preflight.preflight import preflight
from dlrun.tasks.reconstruct import Reconstruct
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

SMALL = ["model=lstm_autoencoder", "model.units=12", "batch_size=128"]
ROWS = [*SMALL, "dataset=digits_rows"]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """120 short sentences of two kinds."""
    file = tmp_path / "made.txt"
    words = ["red", "green", "blue", "dogs", "cats", "run", "sleep", "often"]
    rng = np.random.default_rng(0)
    lines = [f"{row % 2}\t{' '.join(rng.choice(words, rng.integers(2, 6)))}" for row in range(120)]
    file.write_text("\n".join(lines))
    return file


@pytest.mark.parametrize(("word", "units", "head"), [
    ("lstm_autoencoder", (64,), True), ("sentence_autoencoder", (512,), False)])
def test_its_word_finds_its_task(word: str, units: tuple[int, ...], head: bool) -> None:
    config = preflight([f"model={word}", "dataset=digits_rows"]).config
    assert config.task == Reconstruct() and config.model.units == units and config.model.head is head
    masked = preflight([f"model={word}", "dataset=digits_rows", "task=denoise"]).config
    assert masked.task == Reconstruct(masked=0.5)


def test_the_lines_of_digits_come_back_and_are_shown(go) -> None:
    outcome = go(*ROWS, "epochs=20", "batch_size=64", "optimizer.lr=0.01")
    from sklearn.datasets import load_digits

    mean_picture = (load_digits().images / 16).var(axis=0).mean()  # what the same answer for each row would reach
    assert outcome.result["test"]["mse"] < 0.6 * mean_picture
    assert load_run(outcome.folder).model.encode(torch.rand(3, 8, 8)).shape == (3, 12)
    with Image.open(outcome.folder / "pictures" / "reconstructions.png") as picture:
        tile = 12 * 8 + 6
        assert picture.size == (16 * tile + 6, 2 * tile + 6), "16 rows of 8 x 8, 12 times as large, and what came back"


def test_a_stop_in_mid_epoch_changes_no_bit(go) -> None:
    words = [*ROWS, "epochs=2", "task=denoise", "model.recurrent_dropout=0.2"]
    whole = go(*words, "output_dir=whole")
    with signalled_after(whole.result["steps"] // 2 + 2):
        assert go(*words, "output_dir=again").result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*words, "output_dir=again").folder)


def test_sentences_come_back_as_words_and_their_vectors_are_left_alone(go, texts: Path, tmp_path: Path,
                                                                       capsys) -> None:
    vectors = tmp_path / "vectors.txt"
    words = ["red", "green", "blue", "dogs", "cats", "run", "sleep", "often"]
    table = np.eye(8, dtype=np.float32)
    vectors.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, table)))
    outcome = go(*SMALL, "dataset=labelled_text", f"dataset.path={texts}", f"model.vectors={vectors}", "model.embed=8",
                 "task=denoise", "epochs=3", "batch_size=16")
    stored = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]
    weight = stored["embedding.embedding_1.weight"]
    zeros = [(0.0,) * 8] * (len(weight) - 8)  # of padding and of the unknown word
    assert sorted(map(tuple, weight.tolist())) == sorted([*map(tuple, table.tolist()), *zeros])
    lines = (outcome.folder / "pictures" / "sentences.txt").read_text().splitlines()
    assert lines[0].endswith("words came back as the nearest vector")
    seen = next(line for line in lines if line.startswith("seen "))
    assert "_" in seen.split() and set(seen.split()[1:]) <= {*words, "_"}
    assert (outcome.folder / "pictures" / "similarity.png").is_file()

    (tmp_path / "new.txt").write_text("red dogs run\nblue cats\n")
    assert route(["predict", str(outcome.folder), str(tmp_path / "new.txt")]) == 0
    head, *told = capsys.readouterr().out.splitlines()
    assert head == "input," + ",".join(f"code {place}" for place in range(1, 13)) and len(told) == 2
    words = load_run(outcome.folder).kept["vocabulary"]["words"]
    ids = torch.tensor([[0] * (5 - 2) + [words.index(word) for word in ("blue", "cats")]])
    code = load_run(outcome.folder).model.encode(ids)[0].tolist()
    assert told[1].split(",")[0] == "blue cats"
    assert [float(value) for value in told[1].split(",")[1:]] == pytest.approx(code, rel=1e-4, abs=1e-6)
