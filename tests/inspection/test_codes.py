"""``interpolation`` and ``arithmetic``: what plain PyTorch makes of the same codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.inspection.methods.arithmetic import Arithmetic
from dlrun.inspection.methods.interpolation import Interpolation
from dlrun.inspection.subject import Subject
from dlrun.record.pictures import save_batch


def looked_into(folder: Path, place: Path) -> Subject:
    return Subject(load_run(folder), place, (), print)


def rows_of(found: Subject, part: str) -> tuple[torch.Tensor, np.ndarray]:
    """Digits as the network sees them, by hand: 0 to 16 as 0 to 1."""
    split = found.prepared.splits[part]
    return torch.from_numpy(split.x.astype(np.float32) / 16), np.asarray(split.y)


def sheet(path: Path, images: torch.Tensor, **how: Any) -> np.ndarray:
    """What the picture has to be."""
    save_batch(path, images.detach().clamp(0, 1).numpy(), **how)
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("path", [False, True])
def test_pictures_between_two_rows_are_decoded_from_the_straight_way(digits_autoencoder: Path, tmp_path: Path,
                                                                     path: bool) -> None:
    found = looked_into(digits_autoencoder, tmp_path)
    values = Interpolation(rows=(3, 8, 40, 41), steps=5, path=path).inspect(found).values
    x, _ = rows_of(found, "test")
    model, lines = found.run.model, []
    with torch.no_grad():
        pairs = [(3, 8), (8, 40), (40, 41)] if path else [(3, 8), (40, 41)]
        for one, other in pairs:
            a, b = model.encode(x[[one]]), model.encode(x[[other]])
            lines += [x[[one]], *(model.decode((1 - share) * a + share * b) for share in (0, 0.25, 0.5, 0.75, 1)),
                      x[[other]]]
    assert values["pairs"] == [[f"test {one}", f"test {other}"] for one, other in pairs]
    shown = np.asarray(Image.open(tmp_path / "interpolation.png")).astype(int)
    assert np.abs(shown - sheet(tmp_path / "expected.png", torch.cat(lines), columns=7)).max() <= 1  # grey levels


def test_an_attribute_is_the_difference_of_mean_codes_and_is_measured_on_unseen_rows(digits_autoencoder: Path,
                                                                                     tmp_path: Path) -> None:
    found = looked_into(digits_autoencoder, tmp_path)
    values = Arithmetic(attribute="7", rows=(0, 1), strength=(-1.0, 0.0, 2.0)).inspect(found).values
    model, (x, y), (unseen, truth) = found.run.model, rows_of(found, "train"), rows_of(found, "test")
    with torch.no_grad():
        codes, others = model.encode(x), model.encode(unseen)
        direction = codes[y == 7].mean(0) - codes[y != 7].mean(0)
        made = [torch.cat([unseen[[row]], *(model.decode(others[[row]] + share * direction)
                                            for share in (-1, 0, 2))]) for row in (0, 1)]
    assert values["length"] == pytest.approx(float(direction.norm()), rel=1e-4)
    assert (values["having"], values["lacking"]) == ((y == 7).sum(), (y != 7).sum())
    expected = roc_auc_score(truth == 7, (others @ direction).numpy())
    assert values["unseen"] == {"rows": len(truth), "roc_auc": pytest.approx(expected, abs=1e-4)}
    captions = [word for row in (0, 1) for word in (f"test {row}", "-1", "+0", "+2")]
    shown = np.asarray(Image.open(tmp_path / "arithmetic-7.png")).astype(int)
    expected_sheet = sheet(tmp_path / "expected.png", torch.cat(made), labels=captions, columns=4)
    assert np.abs(shown - expected_sheet).max() <= 1


def test_one_class_minus_another_and_rows_that_show_an_attribute(digits_autoencoder: Path, tmp_path: Path) -> None:
    found = looked_into(digits_autoencoder, tmp_path)
    model, (x, y) = found.run.model, rows_of(found, "train")
    with torch.no_grad():
        codes = model.encode(x)
    values = Arithmetic(attribute="7", minus="1", rows=(0,)).inspect(found).values
    assert values["length"] == pytest.approx(float((codes[y == 7].mean(0) - codes[y == 1].mean(0)).norm()), rel=1e-4)
    _, truth = rows_of(found, "test")
    assert values["unseen"]["rows"] == np.isin(truth, (7, 1)).sum()
    values = Arithmetic(having=(2, 5), lacking=(9,), rows=(0,)).inspect(found).values
    assert values["length"] == pytest.approx(float((codes[[2, 5]].mean(0) - codes[9]).norm()), rel=1e-4)
    assert values["unseen"] is None, "nothing says which unseen rows have it"


@pytest.mark.parametrize(("run", "words", "said"), [
    ("digits", ["interpolation"], "this run has no codes; expected an autoencoder or a VAE"),
    ("digits_gan", ["interpolation"], "a GAN has no codes of rows; between its latent vectors goes  dlrun generate"),
    ("digits_autoencoder", ["interpolation", "rows=[1]"], "one row is there; expected two or more"),
    ("digits_autoencoder", ["arithmetic", "attribute=11"], "attribute=11  no such class"),
    ("digits_autoencoder", ["arithmetic"], "expected attribute=CLASS, or having=[ROW,...]"),
    ("digits_autoencoder", ["arithmetic", "having=[99999]"], "having=99999  expected training rows from 0 to"),
    ("digits_autoencoder", ["arithmetic", "attribute=7", "minus=seven"], "minus=seven  no such class"),
])
def test_a_mistake_is_a_sentence(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], run: str,
                                 words: list[str], said: str) -> None:
    assert route(["inspect", str(request.getfixturevalue(run)), *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split(" " * 4)).replace("\n", "")
