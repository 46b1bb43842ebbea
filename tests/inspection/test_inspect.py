"""`dlrun inspect`: pictures in the run's folder and in TensorBoard, the run as it was, mistakes in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlrun.assembly.build_run import rows_of
from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.record.events import event_files, read_records
from tests.helpers.runs import files


def test_the_run_stays_as_it_was_and_its_pictures_are_in_tensorboard(digits: Path) -> None:
    before = files(digits)
    assert route(["inspect", str(digits), "activations", "rows=[3]", "layer=[conv_1,dense_2]"]) == 0
    after = files(digits)
    assert {name: after[name] for name in before} == before
    made = ["activations/test_3-conv_1", "activations/test_3-dense_2"]
    (events,) = event_files(digits / "inspect")
    assert set(after) - set(before) == {f"inspect/{name}.png" for name in made} | {f"inspect/{events.name}"}
    shown = {value.tag: value.tensor.string_val[2] for _, event in read_records(events)
             for value in event.summary.value}
    assert shown == {name: (digits / "inspect" / f"{name}.png").read_bytes() for name in made}


def test_a_picture_of_ones_own_is_shown_as_the_same_row_of_the_data(digits: Path) -> None:
    test = rows_of(load_run(digits).config, print).test
    assert test is not None
    Image.fromarray(np.rint(test.x[3, 0] * (255 / 16)).astype(np.uint8)).save("mine.png")
    assert route(["inspect", str(digits), "activations", "rows=[2,3]", "layer=conv_1"]) == 0
    assert route(["inspect", str(digits), "activations", "mine.png", "layer=conv_1"]) == 0
    own, same, other = ((digits / f"inspect/activations/{name}-conv_1.png").read_bytes()
                        for name in ("mine.png", "test_3", "test_2"))
    assert own == same != other


@pytest.mark.parametrize("words, said", [
    ([], "expected a method behind the run: activations"),
    (["activatons"], "no such method; did you mean  activations"),
    (["activations", "layer=conv_9"], "layer=conv_9  no such layer; did you mean  conv_2; there are conv_1, pool_1"),
    (["activations", "layers=conv_1"], "no such option of  dlrun inspect RUN activations; did you mean  layer"),
    (["activations", "rows=360"], "rows=360  expected rows from 0 to 359, of the test part"),
    (["activations", "count=no"], "count=no  expected an integer >= 1"),
    (["activations", "gone.png"], "gone.png  no such file"),
    (["activations", "text.png"], "text.png  it is not recognised as a picture"),
    (["activations", "weights=first"], "weights=first  expected one of measured, best, last"),
])
def test_a_mistake_is_a_sentence_and_nothing_is_written(digits: Path, capsys: pytest.CaptureFixture[str],
                                                        words: list[str], said: str) -> None:
    Path("text.png").write_text("no picture")
    assert route(["inspect", str(digits), *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split(" " * 4)).replace("\n", "")
    assert not (digits / "inspect").exists()
