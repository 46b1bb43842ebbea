"""All splits of a user's own data keep the proportions of the classes by default, whatever form the data has."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.identity import essence
from dlrun.config.schema.holdout import Holdout
from dlrun.data.prepare import prepare
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.data.sets.jsonl import JsonLines
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.memory import Memory, hold
from dlrun.data.sets.npz import Npz
from dlrun.data.sets.sounds import Sounds

CLASSES = np.repeat(["a", "b", "c"], [50, 30, 20])  # in their order, as files often have them


def _table(place: Path) -> Csv:
    (place / "t.csv").write_text("x,kind\n" + "".join(f"{number},{kind}\n" for number, kind in enumerate(CLASSES)))
    return Csv(path=str(place / "t.csv"), target="kind")


def _json_lines(place: Path) -> JsonLines:
    lines = [f'{{"x": {number}, "kind": "{kind}"}}' for number, kind in enumerate(CLASSES)]
    (place / "t.jsonl").write_text("\n".join(lines))
    return JsonLines(path=str(place / "t.jsonl"), target="kind")


def _arrays(place: Path) -> Npz:
    np.savez(place / "a.npz", x=np.arange(100.0)[:, None], y=CLASSES)
    return Npz(path=str(place / "a.npz"))


def _held(place: Path) -> Memory:
    return Memory(content=hold((np.arange(100.0)[:, None], CLASSES)))


def _pictures(place: Path) -> ImageFolder:
    for number, kind in enumerate(CLASSES):
        (place / "p" / kind).mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2), number).save(place / "p" / kind / f"{number}.png")
    return ImageFolder(path=str(place / "p"), size=(2,), channels=1)


def _sounds(place: Path) -> Sounds:
    for number, kind in enumerate(CLASSES):
        (place / "s" / kind).mkdir(parents=True, exist_ok=True)
        with wave.open(str(place / "s" / kind / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(160))
    return Sounds(path=str(place / "s"), form="wave", seconds=0.01)


def _texts(place: Path) -> LabelledText:
    (place / "t.tsv").write_text("".join(f"{kind}\tword{number}\n" for number, kind in enumerate(CLASSES)))
    return LabelledText(path=str(place / "t.tsv"))


@pytest.mark.parametrize("make", [_table, _json_lines, _arrays, _held, _pictures, _sounds, _texts])
@pytest.mark.parametrize("validation", [Holdout(), Holdout(20, "random"), Holdout(16, "start")], ids=str)
def test_each_part_keeps_the_proportions(tmp_path: Path, make: Callable[[Path], Any], validation: Holdout) -> None:
    found = prepare(make(tmp_path), "", validation=validation, train_size=None, seed=0, say=lambda line: None)
    for name, split in found.splits.items():
        assert split.y is not None
        counts = np.bincount(split.y, minlength=3)
        assert counts == pytest.approx(len(split) * np.array([0.5, 0.3, 0.2]), abs=0.99), name


def test_without_stratify_and_of_numbers_the_last_rows_are_for_validation(tmp_path: Path) -> None:
    cfg = _table(tmp_path)
    plain = Csv(path=cfg.path, target="kind", stratify=False, scale="none")
    found = prepare(plain, "", validation=Holdout(), train_size=None, seed=0, say=lambda line: None)
    whole = prepare(plain, "", validation=None, train_size=None, seed=0, say=lambda line: None)
    assert found.val is not None and np.array_equal(found.val.x, whole.train.x[-16:])


@pytest.mark.parametrize("more, revision", [
    ((), 11), (("validation={size: 0.2, take: random}",), 1), (("dataset.stratify=false",), 1), (("validation=0",), 1),
    (("dataset.target=x", "dataset.targets=number"), 1)])
def test_only_runs_whose_validation_rows_are_others_than_before_have_another_id(
        tmp_path: Path, more: tuple[str, ...], revision: int) -> None:
    cfg = _table(tmp_path)
    composition, _ = compose(["dataset=csv", f"dataset.path={cfg.path}", "dataset.target=kind", "model=dense", *more])
    assert composition is not None
    assert essence(check(composition.plain))["dataset"].get("revision", 1) == revision
