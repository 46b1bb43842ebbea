"""``next_tokens``: what `dlrun generate` would write next, with the softmax of the network's own outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dlrun.cli.route import route
from dlrun.data import preprocessing_state as preprocessing
from dlrun.inference.load import load_run
from dlrun.inspection.methods.next_tokens import NextTokens
from dlrun.inspection.subject import Subject
from dlrun.record.token_table import Place, save_token_table
from dlrun.tasks._base.generation import GenerateOptions
from tests.inspection.conftest import trained


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A character model of a text in which u follows q."""
    place = tmp_path_factory.mktemp("text")
    (place / "q.txt").write_text("quite a quiet queen quit the quay " * 60)
    return trained(place / "runs", "dataset=text", f"dataset.path={place / 'q.txt'}", "dataset.unit=character",
                   "dataset.length=8", "model=lstm", "model.units=24", "epochs=3", "optimizer.lr=0.02")


def looked_into(run: Path, place: Path) -> Subject:
    return Subject(load_run(run), place, (), print)


def test_each_place_has_the_token_that_would_be_written_there(writer: Path, tmp_path: Path) -> None:
    found = looked_into(writer, tmp_path)
    prompt = "the queen quit"
    places = NextTokens(prompt=prompt, k=3).inspect(found).values["texts"]["prompt"]
    assert [place["after"] for place in places] == list(prompt)
    assert [place["next"] for place in places] == [*prompt[1:], None]
    for end, place in enumerate(places, start=1):
        made = found.run.generate(GenerateOptions(prompt[:end], 1, 0.0))
        assert made == prompt[:end] + place["top"][0]["token"]
        assert place["top"][0]["probability"] >= place["top"][1]["probability"] >= place["top"][2]["probability"]
    assert prompt[-4] == "q" and places[-4]["top"][0]["token"] == "u", "u follows q"
    words = preprocessing.vocabulary(found.run.kept)
    assert words is not None
    with torch.no_grad():
        logits = found.run.model.eval()(torch.tensor([words.encode(prompt[-8:])]))
    logits = logits if logits.ndim == 2 else logits[:, :, -1]
    shares = torch.softmax(logits.double(), 1)[0]
    assert [one["probability"] for one in places[-1]["top"]] == pytest.approx(shares.topk(3).values.tolist(), abs=1e-6)
    assert (tmp_path / "prompt.png").is_file()


def test_rows_of_the_data_and_the_last_places_alone(writer: Path, tmp_path: Path) -> None:
    found = looked_into(writer, tmp_path)
    texts = NextTokens(rows=(0, 2), places=3, k=1).inspect(found).values["texts"]
    assert [len(places) for places in texts.values()] == [3, 3] and len(texts) == 2
    for places in texts.values():
        assert places[0]["probability"] is not None and places[-1]["next"] is None


def test_the_token_that_is_there_has_a_frame_and_the_surest_cell_is_darkest(tmp_path: Path) -> None:
    save_token_table(tmp_path / "table.png", [Place("q", [("u", 0.9), ("a", 0.05)], "a")])
    sheet = np.asarray(Image.open(tmp_path / "table.png")).astype(int)
    cells = [sheet[18, 4 + 120 + place * 128 + 64] for place in (0, 1)]
    assert cells[0].sum() < cells[1].sum()
    edge = [sheet[10, 4 + 120 + place * 128].tolist() for place in (0, 1)]
    assert edge[1] == [0, 0x72, 0xb2] != edge[0]


def test_what_expects_no_token_and_what_it_cannot_read_are_sentences(digits: Path, writer: Path,
                                                                     capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["inspect", str(digits), "next_tokens"]) == 2
    assert "task=classify expects no next token" in capsys.readouterr().err
    assert route(["inspect", str(writer), "next_tokens", "prompt=ZZZ"]) == 2
    assert "no character of it is one that the run knows" in capsys.readouterr().err
    assert route(["inspect", str(writer), "next_tokens", "rows=100000"]) == 2
    assert "rows=100000  expected rows from 0 to" in capsys.readouterr().err
